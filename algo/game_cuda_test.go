//go:build cuda

package algo_test

import (
	"context"
	"math"
	"testing"

	"github.com/palmal-rl/palmal/algo"
	"github.com/palmal-rl/palmal/gpu"
	"github.com/palmal-rl/palmal/nn"
	"github.com/palmal-rl/palmal/nn/cpu"
)

// backends opens nn/cpu and the GPU or the emulator. Without either of the latter the test is
// skipped, and says so.
func backends(t *testing.T) map[string]nn.Backend {
	t.Helper()
	if err := gpu.Available(); err != nil {
		t.Skipf("NOT TESTED: no CUDA device, and no emulator on LD_LIBRARY_PATH (make test-emulated): %v", err)
	}
	device, err := gpu.Open(gpu.Options{})
	if err != nil {
		t.Fatal(err)
	}
	host, err := cpu.New(cpu.Options{Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	both := map[string]nn.Backend{device.Name(): device, host.Name(): host}
	t.Cleanup(func() {
		for name, b := range both {
			if err := b.Close(); err != nil {
				t.Errorf("close %s: %v", name, err)
			}
		}
	})
	return both
}

// learner is a configuration that balances the pole after a few iterations, within a second on a CPU.
func learner(t *testing.T) algo.Config {
	c := tiny(t, algo.PAL)
	c.Seed, c.Evaluation.Episodes = 2, 10
	c.InitialSamples, c.SamplesPerIteration, c.Samples, c.Buffer = 200, 100, 2000, 1000
	c.Model.Hidden, c.Model.Epochs, c.Model.Batch = []int{32}, 100, 64
	c.Policy.Hidden, c.Value.Hidden = []int{16}, []int{16}
	c.NPG.Steps, c.NPG.StartsPerMember, c.NPG.Horizon, c.NPG.CGIterations = 4, 24, 100, 8
	c.Value.MinSteps, c.Value.Batch = 40, 128
	c.Value.Clip, c.Value.TimeScale, c.Value.RewardScale = 1, 100, 0.05
	return c
}

func iterate(t *testing.T, g *algo.Game, n int) (records []algo.Record) {
	t.Helper()
	for range n {
		record, err := g.Iterate(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		records = append(records, record)
	}
	return records
}

// told are the numbers of a record that hang on the arithmetic of the backend.
func told(r algo.Record) map[string]algo.Number {
	return map[string]algo.Number{
		"sampled return": r.Sampled.Return, "evaluated return": r.Evaluation.Return,
		"first loss": r.Model.LossFirst, "last loss": r.Model.LossLast, "predicted return": r.Model.Predicted,
		"model return": r.Policy.ModelReturn, "terminated": r.Policy.Terminated, "gain": r.Policy.Gain, "KL": r.Policy.KL,
		"entropy": r.Policy.Entropy, "CG residual": r.Policy.CGResidual, "CG steps": r.Policy.CGSteps,
		"value error before": r.Value.Before, "value error after": r.Value.After,
	}
}

// alike compares two records of the same seed.
func alike(t *testing.T, records map[string]algo.Record, bound float64) {
	t.Helper()
	agree(t, records["cpu"].Iteration, told(records["cuda"]), told(records["cpu"]), bound)
}

// agree compares the numbers of two records, by their names.
func agree(t *testing.T, iteration int, got, want map[string]algo.Number, bound float64) {
	t.Helper()
	for name, x := range got {
		y := float64(want[name])
		if !(math.Abs(float64(x)-y) <= bound*math.Max(math.Abs(y), 0.01)) {
			t.Errorf("iteration %d: %s is %g, on the cpu %g", iteration, name, x, y)
		}
	}
}

// Ten minibatches, two policy steps and a few value steps of 1e-7 each, which paths of ten steps and
// CG enlarge a hundredfold: the records of a first iteration are the same up to that.
const roundings = 1e-4

func TestFirstIterationIsThatOfTheCPU(t *testing.T) {
	for _, algorithm := range algo.Algorithms() {
		c := tiny(t, algorithm)
		c.Value.MinSteps = 4
		first := map[string]algo.Record{}
		for name, b := range backends(t) {
			first[name] = iterate(t, newGame(t, c, b, 1), 1)[0]
		}
		alike(t, first, roundings)
	}
}

// TestBothBackendsLearn: over hundreds of Adam steps rounding grows until the paths part, so that one
// backend may need more iterations than the other; but both balance the pole for a good part of an
// episode of 200 steps, which a policy that has learned nothing drops within some 20. Of 24 runs on the
// CPU that differ in the seventh digit of the learning rate, the worst has 146 at its best.
func TestBothBackendsLearn(t *testing.T) {
	if testing.Short() {
		t.Skip("takes half a minute on the emulator")
	}
	for name, b := range backends(t) {
		g, best := newGame(t, learner(t), b, 1), 0.0
		for best < 110 && g.Iteration() < 7 {
			r := iterate(t, g, 1)[0]
			t.Logf("%s: iteration %d: return %g", name, r.Iteration, r.Evaluation.Return)
			best = max(best, float64(r.Evaluation.Return))
		}
		if !(best >= 110) {
			t.Errorf("%s: return %g at best; it did not learn", name, best)
		}
	}
}

// TestSnapshotGoesOnOnTheOtherBackend: what either backend saves after two iterations, both continue
// alike.
func TestSnapshotGoesOnOnTheOtherBackend(t *testing.T) {
	c := tiny(t, algo.PAL)
	c.Value.MinSteps, c.Policy.Normalise = 4, true
	checkGoesOn(t, func(b nn.Backend) *algo.Game { return newGame(t, c, b, 1) }, alike)
}

// checkGoesOn saves a game on either backend after two iterations, and compares what both make of the third.
func checkGoesOn(t *testing.T, open func(nn.Backend) *algo.Game, compare func(t *testing.T, records map[string]algo.Record, bound float64)) {
	t.Helper()
	both := backends(t)
	for from, b := range both {
		g := open(b)
		iterate(t, g, 2)
		snapshot, err := g.Save()
		if err != nil {
			t.Fatal(err)
		}
		next := map[string]algo.Record{}
		for to, b := range both {
			resumed := open(b)
			if err := resumed.Restore(snapshot); err != nil {
				t.Fatalf("from %s to %s: %v", from, to, err)
			}
			next[to] = iterate(t, resumed, 1)[0]
		}
		t.Logf("saved on %s", from)
		compare(t, next, roundings)
	}
}
