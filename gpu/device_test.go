//go:build cuda

package gpu

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/palmal-rl/palmal/gpu/internal/driver"
	"github.com/palmal-rl/palmal/nn"
)

// TestLimitMustBeWithinTheDevice: a limit that no device can keep is refused, one that it can is kept.
func TestLimitMustBeWithinTheDevice(t *testing.T) {
	b := open(t)
	has := b.Device().Memory
	shut(t, b)
	for _, limit := range []int64{-1, has + 1, math.MaxInt64} {
		if b, err := Open(Options{Limit: limit}); !errors.Is(err, ErrLimit) {
			t.Errorf("limit %d of a device of %d bytes: %v", limit, has, err)
			if err == nil {
				shut(t, b)
			}
		}
	}
	b, err := Open(Options{Limit: has})
	if err != nil {
		t.Fatal(err)
	}
	shut(t, b)
}

// TestPeakIsTheMostMemoryTaken: it counts what is in use and what is kept, and does not fall.
func TestPeakIsTheMostMemoryTaken(t *testing.T) {
	if err := Available(); err != nil {
		t.Skipf("NOT TESTED: %v", err)
	}
	b, err := Open(Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer shut(t, b)
	before := b.PeakMemory()
	for range 2 { // the second array is the first one's memory
		a := b.d.arena(forScratch)
		take[byte](a, 1<<20)
		if err := a.close(); err != nil || a.err != nil {
			t.Fatal(err, a.err)
		}
	}
	if peak := b.PeakMemory(); peak != before+1<<20 {
		t.Errorf("peak %d, want %d", peak, before+1<<20)
	}
}

// TestDevicesAreListed: the device that opens is among those listed, with code of this build for it.
func TestDevicesAreListed(t *testing.T) {
	b := open(t)
	here := b.Device()
	shut(t, b)
	all, err := Devices()
	if err != nil || len(all) == 0 {
		t.Fatal(all, err)
	}
	first := all[0]
	if first.UUID != here.UUID || !first.Support.Runs || first.Free <= 0 || first.Free > first.Memory {
		t.Errorf("%+v", first)
	}
	opened, err := Open(Options{Device: first.UUID})
	if err != nil {
		t.Fatal(err)
	}
	shut(t, opened)
}

// TestMemoryIsLeftToOthers: without a limit a tenth of what is free stays free, at most 4 GiB; a limit is taken as it is.
func TestMemoryIsLeftToOthers(t *testing.T) {
	for free, want := range map[int64]int64{0: 0, 10 << 20: 1 << 20, 8 << 30: (8 << 30) / 10, 40 << 30: 4 << 30, 141 << 30: 4 << 30} {
		if got := headroom(free); got != want {
			t.Errorf("of %s free, %s are left; want %s", size(free), size(got), size(want))
		}
	}
	d := openTest(t, Options{})
	free := int64(0)
	err := d.do("test", func(q *driver.Queue) { free, _ = q.MemoryInfo() })
	a := d.arena(forScratch)
	take[uint8](a, int(free-headroom(free)/2))
	if !errors.Is(a.err, nn.ErrMemory) {
		t.Errorf("of %s free all but %s could be taken: %v", size(free), size(headroom(free)/2), a.err)
	}
	if err := errors.Join(err, a.close(), d.close()); err != nil {
		t.Error(err)
	}
	d = openTest(t, Options{Limit: 3 << 20})
	if d.memory.limit != 3<<20 {
		t.Errorf("a limit of 3 MiB became %s", size(d.memory.limit))
	}
	if err := d.close(); err != nil {
		t.Error(err)
	}
}

// TestNoImageForTheDeviceIsSaidInWords: which device it is, what the program holds, and what to do. Devices for which
// the driver can take another image or compile the text are opened.
func TestNoImageForTheDeviceIsSaidInWords(t *testing.T) {
	b := open(t)
	emulator := emulated(b)
	shut(t, b)
	if !emulator {
		t.Skip("NOT TESTED: only the emulator pretends to be another device")
	}
	t.Setenv("PALMAL_EMU_COMPUTE", "61")
	_, err := Open(Options{})
	for _, want := range []string{"sm_61", "sm_80", "sm_90", "PTX for compute_90", "compute capability 7.0 or later", "cuda/build.sh"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not say %q", err, want)
		}
	}
	for _, capability := range []string{"80", "86", "89", "90", "100", "120"} {
		t.Setenv("PALMAL_EMU_COMPUTE", capability)
		b, err := Open(Options{})
		if err != nil {
			t.Errorf("capability %s: %v", capability, err)
			continue
		}
		shut(t, b)
	}
}
