//go:build (linux || darwin) && (amd64 || arm64)

package cpu

import (
	"fmt"
	"runtime"
	"sync"
	"unsafe"

	"github.com/ebitengine/purego"
)

// openBLASNames lists the names of OpenBLAS in the order of the search. On macOS they are the library
// path and Homebrew. On Linux they are the build with threads, where a distribution has several builds,
// then the usual names, then the name of the system's BLAS; another BLAS of that name is refused.
func openBLASNames() []string {
	if runtime.GOOS == "darwin" {
		return []string{
			"libopenblas.dylib",
			"/opt/homebrew/opt/openblas/lib/libopenblas.dylib",
			"/usr/local/opt/openblas/lib/libopenblas.dylib",
		}
	}
	return []string{"libopenblasp.so.0", "libopenblas.so.0", "libopenblas.so", "libblas.so.3"}
}

// openOpenBLAS loads the library at the path, or for an empty path the first found, if its buffers fit in memory.
func openOpenBLAS(path string, workers int) (library, error) {
	if err := roomForOpenBLAS(workers); err != nil {
		return library{}, fmt.Errorf("OpenBLAS: %w", err)
	}
	names := openBLASNames()
	if path != "" {
		names = []string{path}
	}
	var failure error
	for _, name := range names {
		found, err := loadOpenBLAS(name)
		if err == nil {
			if mappingsLimited() {
				found.warm(workers)
			}
			return found, nil
		}
		if failure == nil {
			failure = err
		}
	}
	return library{}, fmt.Errorf("OpenBLAS: %w", failure)
}

func loadOpenBLAS(path string) (library, error) {
	handle, err := purego.Dlopen(path, purego.RTLD_NOW|purego.RTLD_LOCAL)
	if err != nil {
		return library{}, err
	}
	sgemm, err := purego.Dlsym(handle, "sgemm_")
	if err != nil {
		return library{}, err
	}
	setThreads, err := purego.Dlsym(handle, "openblas_set_num_threads")
	if err != nil {
		return library{}, err
	}
	purego.SyscallN(setThreads, 1)
	build := describeBuild(handle)
	var turn *sync.Mutex
	if !build.concurrent {
		turn = new(sync.Mutex)
	}
	return library{
		name:    fmt.Sprintf("OpenBLAS%s (%s)", build.text, path),
		product: func() product { return &openBLAS{sgemm: sgemm, turn: turn} },
	}, nil
}

// build describes how a library was built.
type build struct {
	text       string
	concurrent bool // several threads may call it at once
}

// describeBuild asks for the kernels in use and the kind of threads. Only builds with POSIX threads
// lock their memory for all callers: a serial build need not, and a build for OpenMP locks it for threads
// of OpenMP only.
func describeBuild(handle uintptr) build {
	const posixThreads = 1
	var b build
	if core, err := purego.Dlsym(handle, "openblas_get_corename"); err == nil {
		var name func() string
		purego.RegisterFunc(&name, core)
		b.text = " " + name()
	}
	if parallel, err := purego.Dlsym(handle, "openblas_get_parallel"); err == nil {
		kind, _, _ := purego.SyscallN(parallel)
		b.concurrent = int32(kind) == posixThreads
	}
	if !b.concurrent {
		b.text += ", not built with threads, so one product at a time"
	}
	return b
}

// openBLAS calls sgemm through the Fortran interface. All its arguments are pointers, so a call costs
// 0.15 µs and no allocation; the C interface has two float arguments, which need reflection. The arguments
// lie in the struct, on the heap, because Go does not move objects there.
type openBLAS struct {
	sgemm                  uintptr
	turn                   *sync.Mutex // held during a call; nil: calls may overlap
	transA, transB         byte
	m, n, k, lda, ldb, ldc int32
	alpha, beta            float32
	arguments              [13]uintptr
}

// gemm asks the column-major routine for cᵀ = op(b)ᵀ·op(a)ᵀ, which has the same layout in memory.
func (p *openBLAS) gemm(transA, transB bool, m, n, k int, a, b []float32, beta float32, c []float32) {
	_, _, _ = a[m*k-1], b[k*n-1], c[m*n-1] // C does not check bounds
	p.m, p.n, p.k, p.ldc = int32(n), int32(m), int32(k), int32(n)
	p.transA, p.lda = 'N', int32(n)
	if transB {
		p.transA, p.lda = 'T', int32(k)
	}
	p.transB, p.ldb = 'N', int32(k)
	if transA {
		p.transB, p.ldb = 'T', int32(m)
	}
	p.alpha, p.beta = 1, beta
	p.arguments = [13]uintptr{
		address(&p.transA), address(&p.transB), address(&p.m), address(&p.n), address(&p.k),
		address(&p.alpha), address(&b[0]), address(&p.lda), address(&a[0]), address(&p.ldb),
		address(&p.beta), address(&c[0]), address(&p.ldc),
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
