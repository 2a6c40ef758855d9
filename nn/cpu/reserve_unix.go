//go:build (linux || darwin) && (amd64 || arm64)

package cpu

import (
	"fmt"
	"os"
	"runtime"
	"strings"

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
