package cpu

import (
	"fmt"
	"runtime"

	"github.com/palmal-rl/palmal/nn"
)

// name is the name by which users select this backend.
const name = "cpu"

// Options say how to run the backend.
type Options struct {
	Workers int // number of goroutines that compute; 0: one for each processor that Go may use
}

// Backend computes on the CPU. Its guard checks all arguments; see [nn.Guard].
type Backend struct {
	nn.Guarded
	nn.Differentiator
	machine *machine
}

// machine computes; the workers run inside its methods.
type machine struct {
	workers workers
	library library
	buffers buffers
	cache   activations
	jobs    *jobs
}

// jobs are the descriptions of work, kept so that no step allocates one.
type jobs struct {
	gradient   gradientJob
	fisher     fisherJob
	surrogate  surrogateJob
	values     valuesJob
	advantages advantageJob
	valueFit   valueFit
	pathwise   pathwiseJob
	critics    criticJob
}

var _ nn.Backend = (*Backend)(nil)

// New starts the workers and finds what multiplies matrices. The environment variable PALMAL_BLAS chooses it: empty for this
// package's own products on processors with AVX-512 or AVX2, elsewhere as "system"; "avx512" or "avx2" for own products by these
// instructions; "system" for OpenBLAS if found, on macOS else Accelerate, else gonum; "gonum"; or the path of a library.
func New(options Options) (*Backend, error) {
	if options.Workers < 0 {
		return nil, fmt.Errorf("cpu: %d workers: must not be negative", options.Workers)
	}
	workers := options.Workers
	if workers == 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	library, err := openLibrary(workers)
	if err != nil {
		return nil, fmt.Errorf("cpu: %w", err)
	}
	return newBackendBy(library, workers), nil
}

// newBackendBy starts the workers of a backend that multiplies by a library.
func newBackendBy(library library, workers int) *Backend {
	m := &machine{library: library, jobs: new(jobs)}
	m.workers.start(workers, library.product)
	guarded := nn.Guard[*ensemble, *value, *policy, *paths](name, m)
	return &Backend{guarded, guarded.(nn.Differentiator), m} // the machine has what this needs
}

// Warning says why the backend is slower than it could be; "" if it is not. A missing OpenBLAS gives no
// warning.
func (b *Backend) Warning() string { return b.machine.library.warning }

// Describe names all that bits depend on: processor, BLAS, instructions of bf16 products, element loops; and the number of workers.
func (b *machine) Describe() string {
	halves := ""
	if u := b.library.units; u != nil && u.halves != nil {
		halves = ", bf16 by " + u.halves.name
	}
	return fmt.Sprintf("%s, %d workers, BLAS %s%s, element loops %s",
		Processor(), len(b.workers.all), b.library.name, halves, elementLoops())
}

// Close stops the workers and releases the memory.
func (b *machine) Close() error {
	b.workers.stop()
	b.buffers, b.cache, b.jobs = buffers{}, activations{}, nil
	return nil
}
