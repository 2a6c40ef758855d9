package cpu

import (
	"errors"
	"sync/atomic"
	"testing"
	"time"
)

// lanes wait at a barrier and check that all others have arrived.
type lanes struct {
	barrier barrier
	steps   [3]atomic.Int32
}

func (l *lanes) run(_ *worker, lane int) error {
	for step := range 2000 {
		l.steps[lane].Store(int32(step + 1))
		l.barrier.wait()
		for other := range l.steps {
			if l.steps[other].Load() < int32(step+1) {
				return errors.New("passed a barrier before all had come")
			}
		}
		l.barrier.wait()
	}
	return nil
}

// TestBarrierHolds: whether lanes spin or sleep at once, none passes before all have come.
func TestBarrierHolds(t *testing.T) {
	for _, crowded := range []bool{false, true} {
		b, job := newBackend(t, 3), &lanes{}
		job.barrier.begin(3)
		job.barrier.crowded = crowded
		must(t, b.machine.workers.each(3, job))
	}
}

// TestPatienceGrowsUntilItHelpsOrDoesNot: a lane that must sleep spins longer the next time; after the longest spin was in vain it
// spins least for a number of sleeps, and then tries again.
func TestPatienceGrowsUntilItHelpsOrDoesNot(t *testing.T) {
	var p patience
	p.begin()
	now := func() time.Duration { return time.Duration(p.now.Load()) }
	for round := range 2 {
		for want := leastPatience; want < mostPatience; want *= 2 {
			if now() != want {
				t.Fatalf("round %d: a lane spins for %v, want %v", round, now(), want)
			}
			p.failed()
		}
		if now() != mostPatience {
			t.Fatalf("round %d: a lane spins for %v at most, want %v", round, now(), mostPatience)
		}
		p.failed()
		for range patienceRest {
			if now() != leastPatience {
				t.Fatalf("round %d: a lane spins for %v although spinning did not help", round, now())
			}
			p.failed()
		}
	}
}
