//go:build cuda

package gpu

import (
	"github.com/palmal-rl/palmal/gpu/internal/driver"
	"github.com/palmal-rl/palmal/nn"
)

// name is the name by which users select this backend.
const name = "cuda"

// Backend computes on a CUDA device. Its guard checks all arguments; see [nn.Guard].
type Backend struct {
	nn.Guarded
	nn.FisherSolver
	nn.Differentiator
	d       *device
	machine *machine
}

// machine computes. Each method runs one or a few jobs on the thread that owns the device.
type machine struct {
	d *device
	// apart uses a separate launch for each phase of a value fit, as on devices whose blocks cannot wait for
	// each other.
	apart bool
	// partials is the largest number of partial sums of a pass; tests set it small, so that each sum has several tiles.
	partials int
}

// Open opens a device.
func Open(o Options) (*Backend, error) {
	d, err := openDevice(o)
	if err != nil {
		return nil, err
	}
	m := &machine{d: d, apart: !d.Properties.Cooperative, partials: mostPartials}
	guard := nn.Guard[*ensemble, *value, *policy, *paths](name, m)
	return &Backend{guard, guard.(nn.FisherSolver), guard.(nn.Differentiator), d, m}, nil
}

// Describe describes the device.
func (b *machine) Describe() string { return b.d.Properties.String() }

// Timings lists the times of the launches of every kernel, with Options.Sync.
func (b *Backend) Timings() (timings []driver.Timing, err error) {
	err = b.Exclusively(func() error {
		timings, err = b.d.Timings()
		return err
	})
	return timings, err
}

// Device describes this device.
func (b *Backend) Device() driver.Properties { return b.d.Properties }

// ScoredOnHost returns the reason why the host scores a task, nil if this device scores it.
func (b *Backend) ScoredOnHost(t nn.Task) error { return b.machine.ScoredOnHost(t) }

// PeakMemory is the largest amount of device memory, in bytes, that was in use or kept at one time.
func (b *Backend) PeakMemory() int64 {
	peak := int64(0)
	if b.d.Do(func(*driver.Queue) { peak = b.d.memory.peak }) != nil {
		return 0
	}
	return peak
}

// Close releases the device.
func (b *machine) Close() error { return b.d.close() }

// handle is the common part of ensembles, policies, value networks, critics and paths.
type handle struct {
	machine *machine
	memory  *arena
}

// newHandle makes a handle whose arrays count as memory of the given purpose.
func (b *machine) newHandle(what purpose) handle { return handle{machine: b, memory: b.d.arena(what)} }

// Close releases the memory.
func (h *handle) Close() error { return h.memory.close() }

// uploaded takes an array from the arena and fills it.
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
