//go:build cuda

package gpu

import (
	"errors"
	"math"
	"testing"
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
