//go:build cuda

package algo_test

import (
	"math"
	"testing"

	"github.com/palmal-rl/palmal/algo"
	"github.com/palmal-rl/palmal/nn"
)

// brief is a configuration of the player whose iteration takes a moment on the emulator: short fits, two policy steps,
// and long paths for V. The damping keeps CG from enlarging the directions that rounding decides.
func brief(t *testing.T, task string) algo.Config {
	c := pathwise(t, task)
	c.InitialSamples, c.SamplesPerIteration = 100, 50
	c.NPG.Steps, c.NPG.CGDamping, c.NPG.CGIterations, c.Model.MinSteps, c.Model.MaxSteps = 2, 10, 4, 10, 10
	c.Pathwise.Starts, c.Pathwise.Horizon = 31, 7
	c.Pathwise.ValueRolls, c.Pathwise.ValueStarts, c.Pathwise.ValueHorizon, c.Pathwise.ValueFirst = 1, 13, 40, 2
	c.Evaluation.Episodes, c.Diagnostics = 2, 2
	return c
}

// TestFirstIterationOfPathwiseIsThatOfTheCPU: drawn members for each decision and for each path.
func TestFirstIterationOfPathwiseIsThatOfTheCPU(t *testing.T) {
	for _, task := range []string{"pointmass", "cartpole"} {
		for _, draw := range []string{"step", "path"} {
			c := brief(t, task)
			c.Pathwise.Draw, c.Pathwise.Smooth = draw, 0.1
			first := map[string]algo.Record{}
			for name, b := range backends(t) {
				first[name] = iterate(t, newGameIn(t, openWorld(t, task, c, 1), c, b), 1)[0]
			}
			alike(t, first, roundings)
		}
	}
}

// TestFirstIterationOfGaussianMembersIsThatOfTheCPU: members of both kinds of noise, with all care that a fit may take: the
// same rows are held out, the same units left out, and paths get the same noise.
func TestFirstIterationOfGaussianMembersIsThatOfTheCPU(t *testing.T) {
	for _, byState := range []bool{false, true} {
		c := brief(t, "cartpole")
		c.Model.Kind, c.Model.LayerNorm, c.Model.StateNoise, c.Model.Noise = "gaussian", !byState, byState, 1
		c.Model.HoldOut, c.Model.WeighRows, c.Model.LayerDecay, c.Model.Restart = 0.2, true, 0.001, true
		c.Model.Dropout, c.Model.WarmUp, c.Model.AnnealFloor = 0.05, 3, 0.1
		if byState {
			c.Model.Beta = 0.5
		}
		first := map[string]algo.Record{}
		for name, b := range backends(t) {
			first[name] = iterate(t, newGameIn(t, openWorld(t, "cartpole", c, 1), c, b), 1)[0]
			if held := first[name].Model.Held; held == nil || held.Rows == 0 {
				t.Errorf("%s held no rows out", name)
			}
		}
		alike(t, first, roundings)
	}
}

// TestPathwiseContinuesOnTheOtherBackend: what either backend saves after two iterations, with rewritten first layers and a slow
// copy of V, both continue alike. Second steps take the fewest paths, which is so whatever the last bits of the cosine.
func TestPathwiseContinuesOnTheOtherBackend(t *testing.T) {
	c := brief(t, "pointmass")
	c.Pathwise.EnoughCosine = 0.001
	checkGoesOn(t, func(b nn.Backend) *algo.Game { return newGameIn(t, openWorld(t, "pointmass", c, 1), c, b) }, alike)
}

// TestPathwiseLearnsOnTheDevice: a few iterations bring the mass near its goal, as on the CPU.
func TestPathwiseLearnsOnTheDevice(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a minute on the emulator")
	}
	c := pathwise(t, "pointmass")
	c.Policy.Average = 0 // TestPathwiseMovesTheMass does the same
	g := newGameIn(t, openWorld(t, "pointmass", c, 1), c, backends(t)["cuda"])
	best := math.Inf(-1)
	for best < -14 && g.Iteration() < 4 {
		r := iterate(t, g, 1)[0]
		t.Logf("iteration %d: return %g, cosine %g", r.Iteration, r.Evaluation.Return, r.Policy.Cosine)
		best = max(best, float64(r.Evaluation.Return))
	}
	if !(best >= -14) {
		t.Errorf("return %g at best, want -14", best)
	}
}

// TestPathwiseLearnsTheSameTwice: the same seed gives the same bits.
func TestPathwiseLearnsTheSameTwice(t *testing.T) {
	c := brief(t, "pointmass")
	b := backends(t)["cuda"]
	first, second := newGameIn(t, openWorld(t, "pointmass", c, 1), c, b), newGameIn(t, openWorld(t, "pointmass", c, 2), c, b)
	for range 3 {
		if want, got := record(t, first), record(t, second); want != got {
			t.Fatalf("first\n%s\nsecond\n%s", want, got)
		}
	}
}
