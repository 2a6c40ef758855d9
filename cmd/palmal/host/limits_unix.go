//go:build unix

package host

import (
	"fmt"
	"math"

	"golang.org/x/sys/unix"
)

// resource is a limit of setrlimit(2) on memory.
type resource struct {
	number int
	name   string
	used   string // line of /proc/self/status that shows its use
}

func resources() []resource {
	return []resource{
		{unix.RLIMIT_AS, "the limit of address space (ulimit -v)", "VmSize"},
		{unix.RLIMIT_DATA, "the limit of data (ulimit -d)", "VmData"},
	}
}

// resourceLimits reads the limits of this process. Systems without /proc do not say what is used of them.
func resourceLimits() []Limit {
	var limits []Limit
	touched := kibibytes("/proc/self/status", "VmRSS")
	for _, r := range resources() {
		if soft, finite := softLimit(r.number); finite {
			left := soft - kibibytes("/proc/self/status", r.used)
			limits = append(limits, Limit{max(0, left+touched), r.name})
		}
	}
	return limits
}

// softLimit reads a resource limit, and whether there is one.
func softLimit(number int) (int64, bool) {
	var limit unix.Rlimit
	if unix.Getrlimit(number, &limit) != nil || uint64(limit.Cur) >= unlimited {
		return math.MaxInt64, false
	}
	return int64(limit.Cur), true
}

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
