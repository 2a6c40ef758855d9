//go:build (linux || darwin) && (amd64 || arm64)

package cpu

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/palmal-rl/palmal/nn"
)

// OpenBLAS maps a buffer for each of its own threads, one per core, when it is loaded, and a buffer for
// each product that runs. If a mapping fails, versions up to 0.3.21 at least retry for ever inside the
// product (OpenBLAS issue 5289), and only a signal ends them. Therefore this package tries the mappings
// first.
const (
	openBLASBuffer = 128 << 20 // bytes; largest BUFFER_SIZE, the one of builds that choose among processors
	openBLASRest   = 192 << 20 // bytes; code of the library, stacks of its threads, and some for the rest of the program
)

// roomForOpenBLAS returns nn.ErrMemory if a limit leaves less address space than the library maps for this
// number of workers. It maps nothing if no limit is set.
func roomForOpenBLAS(workers int) error {
	if !mappingsLimited() {
		return nil
	}
	sizes := []int{openBLASRest}
	for range workers + runtime.NumCPU() {
		sizes = append(sizes, openBLASBuffer)
	}
	var held [][]byte
	defer func() {
		for _, memory := range held {
			_ = unix.Munmap(memory) // cannot fail: the mapping exists
		}
	}()
	for _, size := range sizes {
		memory, err := unix.Mmap(-1, 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
		if err != nil {
			return fmt.Errorf("its buffers need %d MiB of address space for %d workers, which a limit (ulimit -v, ulimit -d) does not leave: %w",
				(openBLASRest+(len(sizes)-1)*openBLASBuffer)>>20, workers, nn.ErrMemory)
		}
		held = append(held, memory)
	}
	return nil
}

// mappingsLimited reports whether mapping memory may fail before the memory is touched.
func mappingsLimited() bool {
	for _, number := range []int{unix.RLIMIT_AS, unix.RLIMIT_DATA} {
		var limit unix.Rlimit
		if unix.Getrlimit(number, &limit) == nil && uint64(limit.Cur) < 1<<60 {
			return true
		}
	}
	strict, _ := os.ReadFile("/proc/sys/vm/overcommit_memory") // 2: mapped memory counts as if it were touched
	return strings.TrimSpace(string(strict)) == "2"
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
