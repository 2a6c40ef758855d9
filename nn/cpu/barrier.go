package cpu

import (
	"sync"
	"sync/atomic"
)

// barrier makes lanes wait for each other. Waits are of microseconds where every lane has a
// processor, so a lane looks for a while before it sleeps; it does sleep, so that on a machine
// with other work the one that is late gets the processor.
type barrier struct {
	lanes    int32
	arrived  atomic.Int32
	phase    atomic.Int32
	sleepers atomic.Int32
	mutex    sync.Mutex
	woken    sync.Cond
}

// barrierSpins is how often a lane looks before it sleeps: some 10 µs, a few times what waking a
// thread costs.
const barrierSpins = 20000

func (b *barrier) begin(lanes int) {
	b.lanes = int32(lanes)
	b.woken.L = &b.mutex
}

// wait returns once every lane has called it as often as this one.
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
	for range barrierSpins {
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
