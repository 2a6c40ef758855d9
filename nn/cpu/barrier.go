package cpu

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// barrier makes lanes wait for each other. If every lane has a processor, a wait takes microseconds, so a
// lane spins before it sleeps. It sleeps in the end, so that a late lane gets the processor on a busy
// machine.
type barrier struct {
	lanes    int32
	spins    int // see barrierSpins
	arrived  atomic.Int32
	phase    atomic.Int32
	sleepers atomic.Int32
	mutex    sync.Mutex
	woken    sync.Cond
}

// barrierSpins is the number of spins before a lane sleeps: about 10 µs, a few times the cost of waking a
// thread.
const barrierSpins = 20000

// begin prepares for a number of lanes.
func (b *barrier) begin(lanes int) {
	b.lanes, b.spins = int32(lanes), barrierSpins
	b.woken.L = &b.mutex
}

// crowd says how many lanes compute in all, also at other barriers. Where these are more than processors, a lane that spins
// keeps another from its work, and sleeps at once instead.
func (b *barrier) crowd(lanes int) {
	if lanes > runtime.GOMAXPROCS(0) {
		b.spins = 0
	}
}

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
	for range b.spins {
		if b.phase.Load() != phase {
			return
		}
	}
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.sleepers.Add(1)
	for b.phase.Load() == phase {
		b.woken.Wait()
	}
	b.sleepers.Add(-1)
}
