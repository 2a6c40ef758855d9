//go:build cuda

package gpu

import (
	"errors"
	"fmt"

	"github.com/palmal-rl/palmal/gpu/internal/driver"
	"github.com/palmal-rl/palmal/nn"
)

// name is what users select this backend by.
const name = "cuda"

// Backend computes on a CUDA device. Its methods are called one at a time; each is a job or a few on
// the thread that owns the device.
type Backend struct {
	d      *device
	closed bool
	// apart takes one launch for each phase of a value fit, as devices do whose blocks cannot wait for
	// each other.
	apart bool
}

var _ nn.Backend = (*Backend)(nil)

// Open takes hold of a device.
func Open(o Options) (*Backend, error) {
	d, err := openDevice(o)
	if err != nil {
		return nil, err
	}
	return &Backend{d: d, apart: !d.Properties.Cooperative}, nil
}

// Name is "cuda".
func (b *Backend) Name() string { return name }

// Describe tells what the device is.
func (b *Backend) Describe() string { return b.d.Properties.String() }

// Timings lists what the launches of every kernel took, with Options.Sync.
func (b *Backend) Timings() ([]driver.Timing, error) {
	if b.closed {
		return nil, errBackendClosed
	}
	return b.d.Timings()
}

// Close gives the device back. A second Close does nothing.
func (b *Backend) Close() error {
	if b.closed {
		return nil
	}
	b.closed = true
	return b.d.close()
}

var (
	errBackendClosed = errors.New("backend cuda is used after it was closed")
	errHandleClosed  = errors.New("is used after it was closed")
)

// handle is what ensembles, policies, value networks and paths have in common.
type handle struct {
	owner  *Backend
	memory *arena
	closed bool
}

// newHandle makes a handle whose arrays count as memory of that purpose.
func (b *Backend) newHandle(what purpose) handle { return handle{owner: b, memory: b.d.arena(what)} }

// Backend is "cuda".
func (h *handle) Backend() string { return name }

// Close gives the memory back. A second Close does nothing.
func (h *handle) Close() error {
	if h.closed {
		return nil
	}
	h.closed = true
	if h.owner.closed {
		return nil
	}
	return h.memory.close()
}

// usable refuses a handle or backend that was closed.
func (h *handle) usable(what string) error {
	if h.owner.closed {
		return fmt.Errorf("%s: %w", what, errBackendClosed)
	}
	if h.closed {
		return fmt.Errorf("%s %w", what, errHandleClosed)
	}
	return nil
}

// own returns the handle as this backend's own type T, or refuses it. The part that is common to all
// handles is returned by common.
func own[T nn.Handle](b *Backend, what string, given nn.Handle, common func(T) *handle) (T, error) {
	var none T
	if b.closed {
		return none, errBackendClosed
	}
	typed, ok := given.(T)
	if !ok || common(typed).owner != b {
		return none, nn.ForeignHandle(what, given, name)
	}
	return typed, common(typed).usable(what)
}

func (b *Backend) ensemble(given nn.Ensemble) (*ensemble, error) {
	return own(b, "ensemble", given, func(m *ensemble) *handle { return &m.handle })
}

func (b *Backend) policy(given nn.Policy) (*policy, error) {
	return own(b, "policy", given, func(p *policy) *handle { return &p.handle })
}

func (b *Backend) value(given nn.Value) (*value, error) {
	return own(b, "value network", given, func(v *value) *handle { return &v.handle })
}

func (b *Backend) paths(given nn.Paths) (*paths, error) {
	return own(b, "paths", given, func(p *paths) *handle { return &p.handle })
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
