//go:build cuda

package gpu

import (
	"github.com/palmal-rl/palmal/gpu/internal/driver"
	"github.com/palmal-rl/palmal/nn"
)

// name is what users select this backend by.
const name = "cuda"

// Backend computes on a CUDA device. Its guard checks what it is given; see [nn.Guard].
type Backend struct {
	nn.Guarded
	nn.FisherSolver
	d       *device
	machine *machine
}

// machine is what computes. Each of its methods is a job or a few on the thread that owns the device.
type machine struct {
	d *device
	// apart takes one launch for each phase of a value fit, as devices do whose blocks cannot wait for
	// each other.
	apart bool
	// partials is how many sums over samples a pass leaves at most; tests take few, so that each has several tiles.
	partials int
}

// Open takes hold of a device.
func Open(o Options) (*Backend, error) {
	d, err := openDevice(o)
	if err != nil {
		return nil, err
	}
	m := &machine{d: d, apart: !d.Properties.Cooperative, partials: mostPartials}
	guard := nn.Guard[*ensemble, *value, *policy, *paths](name, m)
	return &Backend{guard, guard.(nn.FisherSolver), d, m}, nil
}

// Describe tells what the device is.
func (b *machine) Describe() string { return b.d.Properties.String() }

// Timings lists what the launches of every kernel took, with Options.Sync.
func (b *Backend) Timings() (timings []driver.Timing, err error) {
	err = b.Exclusively(func() error {
		timings, err = b.d.Timings()
		return err
	})
	return timings, err
}

// Device says which device this is.
func (b *Backend) Device() driver.Properties { return b.d.Properties }

// ScoredOnHost returns why a task is not scored on this device, nil if it is.
func (b *Backend) ScoredOnHost(t nn.Task) error { return b.machine.ScoredOnHost(t) }

// PeakMemory is the most device memory, in bytes, that was taken at a time, in use or kept for the next taker.
func (b *Backend) PeakMemory() int64 {
	peak := int64(0)
	if b.d.Do(func(*driver.Queue) { peak = b.d.memory.peak }) != nil {
		return 0
	}
	return peak
}

// Close gives the device back.
func (b *machine) Close() error { return b.d.close() }

// handle is what ensembles, policies, value networks and paths have in common.
type handle struct {
	machine *machine
	memory  *arena
}

// newHandle makes a handle whose arrays count as memory of that purpose.
func (b *machine) newHandle(what purpose) handle { return handle{machine: b, memory: b.d.arena(what)} }

// Close gives the memory back.
func (h *handle) Close() error { return h.memory.close() }

// uploaded takes an array of the arena and fills it.
func uploaded[T any](q *driver.Queue, a *arena, numbers []T) array[T] {
	on := take[T](a, len(numbers))
	driver.Upload(q, on.Ptr, numbers)
	return on
}

// downloaded fetches all of an array.
func downloaded[T any](q *driver.Queue, from array[T]) []T {
	numbers := make([]T, from.n)
	driver.Download(q, numbers, from.Ptr)
	return numbers
}
