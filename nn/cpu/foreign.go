//go:build (linux || darwin || windows) && (amd64 || arm64)

package cpu

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync"
	"unsafe"

	"github.com/ebitengine/purego"
)

// openForeign loads the BLAS at the path, or for an empty path the first that is found, if OpenBLAS's buffers
// fit in memory.
func openForeign(path string, workers int) (library, error) {
	if err := roomForOpenBLAS(workers); err != nil {
		return library{}, fmt.Errorf("OpenBLAS: %w", err)
	}
	if path != "" {
		found, err := loadForeign(path, true)
		if err != nil {
			return library{}, fmt.Errorf("PALMAL_BLAS=%s: %w", path, err)
		}
		return found.settled(workers), nil
	}
	var failure error
	for _, name := range libraryNames() {
		found, err := loadForeign(name, false)
		if err == nil {
			return found.settled(workers), nil
		}
		if failure == nil {
			failure = err
		}
	}
	return library{}, fmt.Errorf("OpenBLAS: %w", failure)
}

// loadForeign loads a BLAS, has it compute with one thread, and checks its products. A library that no user
// named must be one whose threads this package can limit.
func loadForeign(path string, named bool) (_ library, err error) {
	if named {
		for _, variable := range []string{"OMP_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS"} {
			defer setForC(variable, "1")() // read when the library is loaded or first used, here
		}
	}
	if runtime.GOOS == "darwin" {
		defer setForC("VECLIB_MAXIMUM_THREADS", "1")() // Accelerate has no call for it
	}
	file, err := openShared(path)
	if err != nil {
		return library{}, err
	}
	defer func() {
		if err != nil && file != 0 {
			err = errors.Join(err, file.close())
		}
	}()
	if _, err := file.symbol("sgemm_"); err != nil {
		return library{}, fmt.Errorf("no BLAS with the usual names of Fortran: %w", err)
	}
	k := kindOf(file)
	if !named && !k.searched {
		return library{}, fmt.Errorf("%s is not OpenBLAS", path)
	}
	var reason string
	var poor bool
	if k.name == openBLASName {
		if file, reason, poor, err = fastKernels(path, file, abilitiesHere()); err != nil {
			return library{}, err
		}
	}
	k.limit(file)
	text, concurrent := k.describe(file)
	found := library{name: fmt.Sprintf("%s%s (%s)", k.name, text, path), file: path, reason: reason, product: products(file, concurrent)}
	if poor {
		found.warning = reason + "; a fit takes several times as long"
	}
	if err := probe(found.product()); err != nil {
		return library{}, fmt.Errorf("%s: %w", found.name, err)
	}
	return found, nil
}

// settled has the library take its memory now, where memory may be short later.
func (l library) settled(workers int) library {
	if mappingsLimited() {
		l.warm(workers)
	}
	return l
}

// warm makes a library map its buffers before something else uses the free address space: all workers
// multiply at the same time.
func (l library) warm(workers int) {
	const size, rounds = 300, 3 // large enough for every kernel to use its buffer, and to overlap
	var ready, done sync.WaitGroup
	ready.Add(workers)
	for range workers {
		done.Go(func() {
			p := l.product()
			a, b, c := make([]float32, size*size), make([]float32, size*size), make([]float32, size*size)
			ready.Done()
			ready.Wait()
			for range rounds {
				p.gemm(false, false, size, size, size, a, b, 0, c)
			}
		})
	}
	done.Wait()
}

// products makes the product of each worker; without concurrency they share a turn.
func products(s shared, concurrent bool) func() product {
	var turn *sync.Mutex
	if !concurrent {
		turn = new(sync.Mutex)
	}
	return func() product {
		p := newForeign(s)
		p.turn = turn
		return p
	}
}

// foreign calls sgemm through the Fortran interface. All its arguments are pointers, so a call costs
// 0.15 µs and no allocation; the C interface has two float arguments, which need reflection. The arguments
// lie in the struct, on the heap, because Go does not move objects there. The integers have 64 bits: a
// library for 32 reads the lower half, which comes first on the processors of this file.
type foreign struct {
	sgemm                  uintptr
	turn                   *sync.Mutex // held during a call; nil: calls may overlap
	transA, transB         byte
	m, n, k, lda, ldb, ldc int64
	alpha, beta            float32
	arguments              [15]uintptr // the last two are the lengths of the texts
}

// newForeign multiplies by a library that has sgemm_.
func newForeign(s shared) *foreign {
	sgemm, err := s.symbol("sgemm_")
	if err != nil {
		panic(fmt.Sprintf("cpu: sgemm_ vanished: %v", err))
	}
	return &foreign{sgemm: sgemm}
}

// gemm asks the column-major routine for cᵀ = op(b)ᵀ·op(a)ᵀ, which has the same layout in memory.
func (p *foreign) gemm(transA, transB bool, m, n, k int, a, b []float32, beta float32, c []float32) {
	_, _, _ = a[m*k-1], b[k*n-1], c[m*n-1] // C does not check bounds
	p.m, p.n, p.k, p.ldc = int64(n), int64(m), int64(k), int64(n)
	p.transA, p.lda = 'N', int64(n)
	if transB {
		p.transA, p.lda = 'T', int64(k)
	}
	p.transB, p.ldb = 'N', int64(k)
	if transA {
		p.transB, p.ldb = 'T', int64(m)
	}
	p.alpha, p.beta = 1, beta
	p.arguments = [15]uintptr{
		address(&p.transA), address(&p.transB), address(&p.m), address(&p.n), address(&p.k),
		address(&p.alpha), address(&b[0]), address(&p.lda), address(&a[0]), address(&p.ldb),
		address(&p.beta), address(&c[0]), address(&p.ldc), 1, 1,
	}
	if p.turn != nil {
		p.turn.Lock()
		defer p.turn.Unlock()
	}
	purego.SyscallN(p.sgemm, p.arguments[:]...)
	runtime.KeepAlive(a)
	runtime.KeepAlive(b)
	runtime.KeepAlive(c)
	runtime.KeepAlive(p)
}

func address[T any](x *T) uintptr { return uintptr(unsafe.Pointer(x)) }

// userCore is the user's choice of OpenBLAS's kernels.
func userCore() string { return os.Getenv(coreVariable) }
