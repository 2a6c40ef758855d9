package cpu

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// barrier makes lanes wait for each other. If every lane has a processor, a wait takes microseconds, so a
// lane spins before it sleeps. It sleeps in the end, so that a late lane gets the processor on a busy
// machine.
type barrier struct {
	lanes    int32
	crowded  bool // a lane that spins keeps another from its work
	patience patience
	arrived  atomic.Int32
	phase    atomic.Int32
	sleepers atomic.Int32
	mutex    sync.Mutex
	woken    sync.Cond
}

// begin prepares for a number of lanes.
func (b *barrier) begin(lanes int) {
	b.lanes, b.crowded = int32(lanes), false
	b.patience.begin()
	b.woken.L = &b.mutex
}

// crowd says how many lanes compute in all, also at other barriers. Where these are more than processors, lanes sleep at once.
func (b *barrier) crowd(lanes int) { b.crowded = lanes > runtime.GOMAXPROCS(0) }

// wait returns after every lane has called it as often as the calling lane.
func (b *barrier) wait() {
	if b.lanes == 1 {
		return
	}
	phase := b.phase.Load()
	if b.arrived.Add(1) == b.lanes {
		b.arrived.Store(0)
		b.phase.Add(1)
		if b.sleepers.Load() > 0 {
			b.mutex.Lock()
			b.woken.Broadcast()
			b.mutex.Unlock()
		}
		return
	}
	if !b.crowded && b.spin(phase) {
		return
	}
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.patience.failed()
	b.sleepers.Add(1)
	for b.phase.Load() == phase {
		b.woken.Wait()
	}
	b.sleepers.Add(-1)
}

// spinsPerLook is the number of spins between two looks at the clock, less than a microsecond.
const spinsPerLook = 1000

// spin reports whether the phase ended before patience did.
func (b *barrier) spin(phase int32) bool {
	start, most := time.Now(), time.Duration(b.patience.now.Load())
	for {
		for range spinsPerLook {
			if b.phase.Load() != phase {
				return true
			}
		}
		if time.Since(start) > most {
			return false
		}
	}
}

// patience is how long a lane spins. A thread wakes within microseconds on a bare machine, but within a tenth of a millisecond on a
// virtual one whose processor has halted, and a lane that wakes late makes the others sleep in turn. So patience grows until no lane
// sleeps. Where the largest does not help, another program has the processor of a lane, which spinning keeps it from: then patience is
// least for many sleeps.
type patience struct {
	now  atomic.Int64 // ns
	rest int          // sleeps until it may grow again
}

// Bounds of patience, and the sleeps after it did not help: they take a hundred times as long as growing did.
const (
	leastPatience = 10 * time.Microsecond
	mostPatience  = 320 * time.Microsecond
	patienceRest  = 200
)

func (p *patience) begin() {
	p.now.Store(int64(leastPatience))
	p.rest = 0
}

// failed follows a spin after which the lane must sleep; one lane at a time calls it.
func (p *patience) failed() {
	switch now := time.Duration(p.now.Load()); {
	case p.rest > 0:
		p.rest--
	case now < mostPatience:
		p.now.Store(int64(min(2*now, mostPatience)))
	default:
		p.now.Store(int64(leastPatience))
		p.rest = patienceRest
	}
}
