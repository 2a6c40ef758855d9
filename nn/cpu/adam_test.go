package cpu

import "testing"

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
