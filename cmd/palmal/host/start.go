package host

import (
	"fmt"
	"math"
	"os"
	"runtime/debug"

	"golang.org/x/sys/unix"
)

// Memory of the program in addition to its data. Go's runtime and C's threads reserve address space that
// they hardly touch: up to 0.2 GiB between the start of main and a small run's work on two cores, mostly
// arenas of 64 MiB that the C library reserves for each thread.
const (
	startAddresses = 288 << 20
	startData      = 128 << 20
)

// ReadyToStart refuses a limit of address space or data under which threads cannot start: the runtime would
// end the program later, with a misleading exit code.
func ReadyToStart() error {
	for _, probe := range []struct{ number, size, protection int }{
		{unix.RLIMIT_AS, startAddresses, unix.PROT_NONE},
		{unix.RLIMIT_DATA, startData, unix.PROT_READ | unix.PROT_WRITE},
	} {
		limit, finite := softLimit(probe.number)
		if !finite {
			continue
		}
		memory, err := unix.Mmap(-1, 0, probe.size, probe.protection, unix.MAP_PRIVATE|unix.MAP_ANON)
		if err != nil {
			return fmt.Errorf("%s of %d MiB does not leave the %d MiB that this program needs to start", nameOf(probe.number), limit>>20, probe.size>>20)
		}
		if err := unix.Munmap(memory); err != nil {
			return err
		}
	}
	return nil
}

func nameOf(number int) string {
	for _, r := range resources() {
		if r.number == number {
			return r.name
		}
	}
	return ""
}

// HoldHeap makes the garbage collector work harder before the heap reaches the limit. By default the heap
// may grow to twice its live size, beyond a limit that would kill the process. It changes no result. A
// user's own GOMEMLIMIT stays.
func HoldHeap(least Limit) {
	const share = 0.8 // share of the limit; the rest is for code, C libraries and pages of files
	if least.Bytes > 0 && os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(int64(math.Min(share*float64(least.Bytes), math.MaxInt64/2)))
	}
}
