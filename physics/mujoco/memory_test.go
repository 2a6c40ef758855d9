package mujoco

import (
	"errors"
	"fmt"
	"math"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
)

func TestModelOutlivesItsData(t *testing.T) {
	needsLibrary(t)
	m, d := open(t, ball)
	if err := m.Close(); err == nil {
		t.Fatal("a model in use was closed")
	}
	for range 2 {
		if err := errors.Join(d.Close(), m.Close()); err != nil {
			t.Errorf("close: %v", err)
		}
	}
}

// A ball's mjData reserves 4 MB here, so 200 that leaked would be 800 MB.
func TestCloseFreesMemory(t *testing.T) {
	needsLibrary(t)
	large := strings.Replace(ball, "<worldbody>", `<size nstack="500000"/><worldbody>`, 1)
	once := func() {
		m, d := open(t, large)
		d.Qvel[0] = math.NaN()
		if err := d.Step(1); err == nil {
			t.Error("no error to leak the text of")
		}
		if err := errors.Join(d.Close(), m.Close()); err != nil {
			t.Fatal(err)
		}
		if _, err := Load([]byte("<mujoco><bad/></mujoco>"), nil); err == nil {
			t.Fatal("bad model: no error")
		}
	}
	for range 10 {
		once()
	}
	before := virtualMemory(t)
	for range 200 {
		once()
	}
	if grown := virtualMemory(t) - before; grown > 100<<20 {
		t.Errorf("address space grew by %d MiB over 200 models", grown>>20)
	}
}

// A step is called a million times a minute.
func TestStepsAllocateNothing(t *testing.T) {
	needsLibrary(t)
	_, d := load(t, ball)
	if n := testing.AllocsPerRun(100, func() {
		if err := errors.Join(d.Step(2), d.Forward()); err != nil {
			t.Fatal(err)
		}
	}); n > 0 {
		t.Errorf("%v allocations per step", n)
	}
}

// Ten thousand opens leak nothing. C's allocator takes some MiB at a time when a thread is new to it, and keeps them; what
// leaks grows in every quarter of the opens, by 2.4 MiB at a kibibyte each.
func TestTenThousandOpensLeakNothing(t *testing.T) {
	needsLibrary(t)
	if testing.Short() {
		t.Skip("10,000 opens take a while")
	}
	once := func() {
		m, d := open(t, ball)
		if err := errors.Join(d.Step(1), d.Reset(), d.Forward(), d.Reset(), d.Close(), m.Close()); err != nil {
			t.Fatal(err)
		}
	}
	for range 1000 {
		once()
	}
	const quarter = 2500
	var grown []int
	for before := residentMemory(t); len(grown) < 4; {
		for range quarter {
			once()
		}
		now := residentMemory(t)
		grown = append(grown, now-before)
		before = now
	}
	if slices.Min(grown) > 1<<20 {
		t.Errorf("memory grew by %d bytes in each %d opens and resets", grown, quarter)
	}
}

// residentMemory returns the memory in use in bytes, after collecting Go's.
func residentMemory(t *testing.T) int {
	t.Helper()
	debug.FreeOSMemory()
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Skip("no /proc/self/statm on this system")
	}
	var all, resident int
	if _, err := fmt.Sscan(string(text), &all, &resident); err != nil {
		t.Fatal(err)
	}
	return resident * os.Getpagesize()
}

// virtualMemory returns the size of the address space in bytes: memory that was
// reserved and never touched, as MuJoCo's stack, counts.
func virtualMemory(t *testing.T) int {
	t.Helper()
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Skip("no /proc/self/statm on this system")
	}
	var pages int
	if _, err := fmt.Sscan(string(text), &pages); err != nil {
		t.Fatal(err)
	}
	return pages * os.Getpagesize()
}
