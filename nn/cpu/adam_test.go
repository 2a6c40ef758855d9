package cpu

import (
	"math"
	"slices"
	"testing"
)

func TestGroupsKeepWorkersBusy(t *testing.T) {
	for _, c := range []struct{ members, workers, groups, lanes int }{
		{4, 1, 4, 1},
		{4, 2, 4, 1}, // two rounds, all busy
		{5, 2, 1, 2}, // five half rounds instead of three whole ones
		{1, 2, 1, 2},
		{4, 4, 4, 1},
		{4, 8, 4, 2},
		{4, 64, 4, 2},
		{7, 4, 7, 1},
	} {
		groups, lanes := groups(c.members, c.workers)
		if groups != c.groups || lanes != c.lanes {
			t.Errorf("%d members on %d workers: %d groups of %d lanes, want %d of %d",
				c.members, c.workers, groups, lanes, c.groups, c.lanes)
		}
		if lanes > 1 && groups*lanes > c.workers {
			t.Errorf("%d members on %d workers: %d lanes would wait for each other", c.members, c.workers, groups*lanes)
		}
	}
}

func TestLanesShareAllParameters(t *testing.T) {
	for size := 1; size < 70; size++ {
		d, next := descent{lanes: descentParts, parameters: make([]float32, size)}, 0
		for lane := range d.lanes {
			first, end := d.share(lane)
			if first != next || end < first {
				t.Fatalf("%d parameters: lane %d takes %d to %d, the one before ended at %d", size, lane, first, end, next)
			}
			next = end
		}
		if next != size {
			t.Fatalf("%d parameters: lanes take %d", size, next)
		}
	}
}

// TestDecayedParametersBecomeZero: a fit begins without numbers that only weight decay has shaped, since processors are slow
// where they are denormal. Those that matter stay to the last bit, and so does a NaN, which is to be noticed.
func TestDecayedParametersBecomeZero(t *testing.T) {
	nan := float32(math.NaN())
	o := &optimiser{moment1: []float32{1e-42, -1e-38, 1e-42, nan, 1e-3}, moment2: []float32{1e-42, 1, 1, 1, 1}}
	parameters := []float32{1e-38, -1e-42, -1e-19, 0, 1e-42}
	var d descent
	d.begin(1, parameters, o, 0)
	if want := []float32{0, 0, -1e-19, 0, 1e-42}; !slices.Equal(parameters, want) { // the last one is about to move
		t.Errorf("parameters %v, want %v", parameters, want)
	}
	if m := o.moment1; m[0] != 0 || m[1] != 0 || m[2] != 1e-42 || m[3] == m[3] || m[4] != 1e-3 {
		t.Errorf("first moments %v, want 0, 0, 1e-42, NaN, 1e-3", m)
	}
}
