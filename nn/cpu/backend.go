package cpu

import (
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

// Backend computes on the processors of the machine. Its guard checks what it is given; see [nn.Guard].
type Backend struct {
	nn.Guarded
	machine *machine
}

// machine is what computes. It runs the workers inside its methods.
type machine struct {
	crew    crew
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
}

var _ nn.Backend = (*Backend)(nil)

// New starts the workers and finds the BLAS. The environment variable PALMAL_BLAS chooses it:
// empty for OpenBLAS if found, "gonum", or the path of a library.
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
	m := &machine{library: library, jobs: new(jobs)}
	m.crew.start(workers, library.product)
	return &Backend{nn.Guard[*ensemble, *value, *policy, *paths](name, m), m}, nil
}

// Warning says why the backend computes slower than it could; "" if there is no such reason. That no
// OpenBLAS is installed is none.
func (b *Backend) Warning() string { return b.machine.library.warning }

// Describe tells which processor, BLAS and vector instructions compute, and how many workers.
func (b *machine) Describe() string {
	return fmt.Sprintf("%s, %d workers, BLAS %s, element loops %s",
		processor(), len(b.crew.workers), b.library.name, elementLoops())
}

// Close ends the workers and lets the memory go.
func (b *machine) Close() error {
	b.crew.stop()
	b.buffers, b.cache, b.jobs = buffers{}, activations{}, nil
	return nil
}
