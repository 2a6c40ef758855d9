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

// OpenBLAS maps a buffer for each of its own threads when it is loaded, one a core, and one for each
// product under way. Where that fails, versions up to 0.3.21 at least try again for ever, inside the
// product (OpenBLAS issue 5289): nothing can end that but a signal. Hence the buffers are tried first.
const (
	openBLASBuffer = 128 << 20 // bytes; BUFFER_SIZE of builds that choose among processors, the largest there is
	openBLASRest   = 192 << 20 // its code, stacks of its threads, and something for the rest of the program
)

// roomForOpenBLAS returns nn.ErrMemory where a limit does not leave what the library will map for so
// many workers. Where nothing limits what can be mapped, it asks for nothing.
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
			_ = unix.Munmap(memory) // of a mapping that exists it cannot fail
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

// mappingsLimited reports whether mapping memory that nobody touches yet may fail.
func mappingsLimited() bool {
	for _, number := range []int{unix.RLIMIT_AS, unix.RLIMIT_DATA} {
		var limit unix.Rlimit
		if unix.Getrlimit(number, &limit) == nil && uint64(limit.Cur) < 1<<60 {
			return true
		}
	}
	strict, _ := os.ReadFile("/proc/sys/vm/overcommit_memory") // 2: what is mapped counts as if it were touched
	return strings.TrimSpace(string(strict)) == "2"
}

// warm makes a library map its buffers, before something else takes the room that was found: each worker
// multiplies at the same time as the others.
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
