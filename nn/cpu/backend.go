package cpu

import (
	"errors"
	"fmt"
	"runtime"

	"github.com/palmal-rl/palmal/nn"
)

// name is what users select this backend by.
const name = "cpu"

// Options say how to run the backend.
type Options struct {
	Workers int // goroutines that compute; 0: one for each processor that Go may use
}

// Backend computes on the processors of the machine. Its methods are called one at a time; they
// run the workers inside.
type Backend struct {
	crew    crew
	library library
	buffers buffers
	cache   activations
	jobs    *jobs
	closed  bool
}

// jobs are the descriptions of work, kept so that no step allocates one.
type jobs struct {
	gradient   gradientJob
	fisher     fisherJob
	surrogate  surrogateJob
	values     valuesJob
	advantages advantageJob
	valueFit   valueFit
}

var _ nn.Backend = (*Backend)(nil)

// New starts the workers and finds the BLAS. The environment variable PALMAL_BLAS chooses it:
// empty for OpenBLAS if found, "gonum", or the path of a library.
func New(options Options) (*Backend, error) {
	if options.Workers < 0 {
		return nil, fmt.Errorf("cpu: %d workers: must not be negative", options.Workers)
	}
	library, err := openLibrary()
	if err != nil {
		return nil, fmt.Errorf("cpu: %w", err)
	}
	workers := options.Workers
	if workers == 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	b := &Backend{library: library, jobs: new(jobs)}
	b.crew.start(workers, library.product)
	return b, nil
}

// Name is "cpu".
func (b *Backend) Name() string { return name }

// Describe tells which processor, BLAS and vector instructions compute, and how many workers.
func (b *Backend) Describe() string {
	return fmt.Sprintf("%s, %d workers, BLAS %s, element loops %s",
		processor(), len(b.crew.workers), b.library.name, elementLoops())
}

// Close ends the workers and lets the memory go. A second Close does nothing.
func (b *Backend) Close() error {
	if b.closed {
		return nil
	}
	b.closed = true
	b.crew.stop()
	b.buffers, b.cache, b.jobs = buffers{}, activations{}, nil
	return nil
}

var (
	errBackendClosed = errors.New("backend cpu is used after it was closed")
	errHandleClosed  = errors.New("is used after it was closed")
)

// handle is what ensembles, policies, value networks and paths have in common.
type handle struct {
	owner  *Backend
	closed bool
}

// Backend is "cpu".
func (h *handle) Backend() string { return name }

// Close gives the handle up. A second Close does nothing.
func (h *handle) Close() error {
	h.closed = true
	return nil
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

// own returns the handle as this backend's own type T, or refuses it. The part that is common to
// all handles is returned by common.
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
