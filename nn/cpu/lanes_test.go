package cpu

import (
	"fmt"
	"math"
	"runtime"
	"testing"
	"time"

	"github.com/palmal-rl/palmal/nn"
)

// shares are the times of each lane's share of both halves of a step, in seconds.
type shares struct{ forth, back []float64 }

// measure times the shares of lanes one after another, so that it needs no processor for each: the fastest of a few turns.
func (s *shares) measure(t *trainer, p *own, lanes, batch, turns int) {
	s.forth, s.back = make([]float64, lanes), make([]float64, lanes)
	for lane := range lanes {
		s.forth[lane], s.back[lane] = math.Inf(1), math.Inf(1)
	}
	t.lanes = lanes
	for range turns {
		for lane := range lanes {
			start := time.Now()
			t.differentiate(p, t.rows(lane, batch), still{t.layers[0].In})
			s.forth[lane] = min(s.forth[lane], time.Since(start).Seconds())
		}
		for lane := range lanes {
			start := time.Now()
			t.update(p, lane, batch, 1, nn.DefaultAdam())
			s.back[lane] = min(s.back[lane], time.Since(start).Seconds())
		}
	}
}

// step is the time of a step on a processor for each lane: the slowest share of each half, and both waits.
func (s *shares) step() float64 {
	const wait = 1e-6 // of lanes that spin, on two processors of a Xeon: 0.3 to 1 µs
	slowest := func(x []float64) float64 {
		most := 0.0
		for _, y := range x {
			most = max(most, y)
		}
		return most
	}
	if len(s.forth) == 1 {
		return s.forth[0] + s.back[0]
	}
	return slowest(s.forth) + slowest(s.back) + 2*wait
}

// TestSharesOfAStepAreEven simulates a schedule from the measured times of all shares, on as many processors as workers: 16 workers train four members
// at 0.7 of 16 times the speed of one, at least, and 4 lanes a value network. What the simulation leaves out is that
// processors share a memory and a clock.
func TestSharesOfAStepAreEven(t *testing.T) {
	if testing.Short() || raced {
		t.Skip("the race detector and a hurry make times meaningless")
	}
	all := allUnits()
	if len(all) == 0 {
		t.Skip("NOT TESTED: no own products on this processor")
	}
	for _, c := range []struct {
		name    string
		shape   nn.MLP
		batch   int
		workers map[int]float64 // and their least efficiency; 0: to be seen in the log
		members int
	}{
		{"model", nn.NewMLP(15, []int{512, 512}, 12, nn.ReLU), 200, map[int]float64{8: 0.7, 16: 0.7, 32: 0}, 4},
		{"value", nn.NewMLP(16, []int{128, 128}, 1, nn.ReLU), 256, map[int]float64{2: 0.7, 4: 0.7, 8: 0}, 1},
	} {
		n, u := newNetwork(c.shape), all[0]
		var tr trainer
		tr.begin(&n, &u, c.batch, 1, make([]float32, tr.need(&n, &u, c.batch)))
		o := newOptimiser(n.parameters())
		tr.load(probeNumbers(n.parameters(), 1), &o, 0)
		p := newOwn(&u)
		for workers, least := range c.workers {
			groups, lanes := spread(c.members, workers, c.batch)
			efficiency := 0.0
			for range 5 { // another program may run during a turn
				var one, many shares
				one.measure(&tr, p, 1, c.batch, 20)
				many.measure(&tr, p, lanes, c.batch, 20)
				rounds := (c.members + groups - 1) / groups
				efficiency = max(efficiency, float64(c.members)*one.step()/(float64(workers)*float64(rounds)*many.step()))
				if efficiency >= least+0.05 {
					break
				}
			}
			t.Logf("%s: %d workers, %d groups of %d lanes: efficiency %.2f", c.name, workers, groups, lanes, efficiency)
			if !(efficiency >= least) {
				t.Errorf("%s: %d workers reach %.2f of their speed, want %.2f", c.name, workers, efficiency, least)
			}
		}
	}
}

// TestLanesGetWorkersForEveryMember: workers beyond the members share them, no group has a lane without a worker, and
// no lane less than a tile of rows.
func TestLanesGetWorkersForEveryMember(t *testing.T) {
	for _, c := range []struct{ members, workers, batch, groups, lanes int }{
		{4, 1, 200, 1, 1}, {4, 2, 200, 2, 1}, {4, 4, 200, 4, 1}, {4, 8, 200, 4, 2}, {4, 16, 200, 4, 4}, {4, 32, 200, 4, 8},
		{5, 4, 200, 1, 4}, {1, 16, 20, 1, 2}, {1, 3, 5, 1, 1},
	} {
		groups, lanes := spread(c.members, c.workers, c.batch)
		if groups != c.groups || lanes != c.lanes {
			t.Errorf("%d members on %d workers: %d groups of %d lanes, want %d of %d", c.members, c.workers, groups, lanes, c.groups, c.lanes)
		}
	}
	for members := 1; members < 9; members++ {
		for workers := 1; workers < 70; workers++ {
			if groups, lanes := spread(members, workers, 200); groups < 1 || lanes < 1 || groups > members || groups*lanes > workers {
				t.Errorf("%d members on %d workers: %d groups of %d lanes", members, workers, groups, lanes)
			}
		}
	}
}

// BenchmarkCrowdedFit times the same steps of a fit on as many workers as processors and on eight times as many: the same bits,
// and the same time.
func BenchmarkCrowdedFit(b *testing.B) {
	for _, workers := range []int{runtime.GOMAXPROCS(0), 8 * runtime.GOMAXPROCS(0)} {
		b.Run(fmt.Sprint(workers), func(b *testing.B) {
			w := newWorld(b, workers, hopper())
			w.fit.Epochs, w.fit.MaxSteps = 30, 30
			for range b.N {
				_, err := w.Fit(w.model, w.data, w.fit)
				must(b, err)
			}
		})
	}
}
