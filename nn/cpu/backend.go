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

// Backend computes on the processors of the machine. Its methods are called one at a time; they
// run the workers inside.
type Backend struct {
	owner   *nn.Owner
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
	b := &Backend{owner: nn.NewOwner(name), library: library, jobs: new(jobs)}
	b.crew.start(workers, library.product)
	return b, nil
}

// Name is "cpu".
func (b *Backend) Name() string { return name }

// Warning says why the backend computes slower than it could; "" if there is no such reason. That no
// OpenBLAS is installed is none.
func (b *Backend) Warning() string { return b.library.warning }

// Describe tells which processor, BLAS and vector instructions compute, and how many workers.
func (b *Backend) Describe() string {
	return fmt.Sprintf("%s, %d workers, BLAS %s, element loops %s",
		processor(), len(b.crew.workers), b.library.name, elementLoops())
}

// Close ends the workers and lets the memory go. A second Close does nothing.
func (b *Backend) Close() error {
	if !b.owner.Retire() {
		return nil
	}
	b.crew.stop()
	b.buffers, b.cache, b.jobs = buffers{}, activations{}, nil
	return nil
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
