//go:build cuda

package gpu

import (
	"github.com/palmal-rl/palmal/gpu/internal/driver"
	"github.com/palmal-rl/palmal/nn"
)

// name is what users select this backend by.
const name = "cuda"

// Backend computes on a CUDA device. Its methods are called one at a time; each is a job or a few on
// the thread that owns the device.
type Backend struct {
	d     *device
	owner *nn.Owner
	// apart takes one launch for each phase of a value fit, as devices do whose blocks cannot wait for
	// each other.
	apart bool
	// partials is how many sums over samples a pass leaves at most; tests take few, so that each has several tiles.
	partials int
}

var _ nn.Backend = (*Backend)(nil)

// Open takes hold of a device.
func Open(o Options) (*Backend, error) {
	d, err := openDevice(o)
	if err != nil {
		return nil, err
	}
	return &Backend{d: d, owner: nn.NewOwner(name), apart: !d.Properties.Cooperative, partials: mostPartials}, nil
}

// Name is "cuda".
func (b *Backend) Name() string { return name }

// Describe tells what the device is.
func (b *Backend) Describe() string { return b.d.Properties.String() }

// Timings lists what the launches of every kernel took, with Options.Sync.
func (b *Backend) Timings() ([]driver.Timing, error) {
	if err := b.owner.Usable(); err != nil {
		return nil, err
	}
	return b.d.Timings()
}

// Device says which device this is.
func (b *Backend) Device() driver.Properties { return b.d.Properties }

// PeakMemory is the most device memory, in bytes, that was taken at a time, in use or kept for the next taker.
func (b *Backend) PeakMemory() int64 {
	peak := int64(0)
	if b.d.Do(func(*driver.Queue) { peak = b.d.memory.peak }) != nil {
		return 0
	}
	return peak
}

// Close gives the device back. A second Close does nothing.
func (b *Backend) Close() error {
	if !b.owner.Retire() {
		return nil
	}
	return b.d.close()
}

// handle is what ensembles, policies, value networks and paths have in common.
type handle struct {
	nn.Owned
	owner  *Backend
	memory *arena
}

// newHandle makes a handle whose arrays count as memory of that purpose.
func (b *Backend) newHandle(kind nn.HandleKind, what purpose) handle {
	return handle{Owned: b.owner.Handle(kind), owner: b, memory: b.d.arena(what)}
}

// Close gives the memory back. A second Close does nothing.
func (h *handle) Close() error {
	if !h.Retire() || h.Orphaned() {
		return nil
	}
	return h.memory.close()
}

func (b *Backend) ensemble(given nn.Ensemble) (*ensemble, error) {
	return nn.Mine[*ensemble](b.owner, nn.EnsembleHandle, given)
}

func (b *Backend) policy(given nn.Policy) (*policy, error) {
	return nn.Mine[*policy](b.owner, nn.PolicyHandle, given)
}

func (b *Backend) value(given nn.Value) (*value, error) {
	return nn.Mine[*value](b.owner, nn.ValueHandle, given)
}

func (b *Backend) paths(given nn.Paths) (*paths, error) {
	return nn.Mine[*paths](b.owner, nn.PathsHandle, given)
}

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
