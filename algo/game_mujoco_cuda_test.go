//go:build cuda

package algo_test

import (
	"context"
	"errors"
	"math"
	"testing"

	"github.com/palmal-rl/palmal/algo"
	"github.com/palmal-rl/palmal/nn"
	"github.com/palmal-rl/palmal/physics"
)

// These tests play in MuJoCo what game_cuda_test.go plays in a world in Go.

const (
	pendulum        = "inverted_pendulum"
	pendulumHorizon = 1000
)

func TestFirstIterationInMuJoCoIsThatOfTheCPU(t *testing.T) {
	c := tinyOn(t, algo.PAL, pendulum, pendulumHorizon)
	c.Value.MinSteps = 4
	first := map[string]algo.Record{}
	for name, b := range backends(t) {
		first[name] = iterate(t, newGameIn(t, openWorld(t, pendulum, c, 1), c, b), 1)[0]
	}
	alike(t, first, roundings)
}

// swinger is a configuration that learns to balance the pendulum for a good while within three
// iterations, of 300 Adam steps in all.
func swinger(t *testing.T) algo.Config {
	c := tinyOn(t, algo.PAL, pendulum, pendulumHorizon)
	c.Seed, c.Evaluation.Episodes = 4, 4
	c.InitialSamples, c.SamplesPerIteration, c.Samples, c.Buffer = 150, 60, 2000, 1000
	c.Model.Hidden, c.Model.Epochs, c.Model.Batch, c.Model.LearningRate = []int{32}, 40, 128, 5e-3
	c.Policy.Hidden, c.Value.Hidden = []int{16}, []int{16}
	c.NPG.Steps, c.NPG.StepSize, c.NPG.StartsPerMember, c.NPG.Horizon, c.NPG.CGIterations = 8, 0.1, 16, 100, 5
	c.Value.MinSteps, c.Value.Batch = 10, 128
	return c
}

// TestBothBackendsLearnInMuJoCo: from the same data both backends fit the same model, and the policy
// of either holds the pole far longer than one that learned nothing. The pendulum is unstable: over
// paths of a hundred steps its model enlarges any rounding e-fold every few steps, so that curves
// part within the first iteration. Of 28 runs on the CPU that differ in the eighth digit of the
// learning rate, the worst holds the pole 3.1 times as long.
func TestBothBackendsLearnInMuJoCo(t *testing.T) {
	if testing.Short() {
		t.Skip("takes some seconds on the emulator")
	}
	const rise, iterations = 2.5, 3
	c, fits := swinger(t), map[string]algo.ModelRecord{}
	for name, b := range backends(t) {
		world := openWorld(t, pendulum, c, 1)
		g := newGameIn(t, world, c, b)
		untrained, best := returnOf(t, g, world, c), 0.0
		records := iterate(t, g, iterations)
		fits[name] = records[0].Model
		for _, r := range records {
			t.Logf("%s: iteration %d: return %g, untrained %g", name, r.Iteration, r.Evaluation.Return, untrained)
			best = max(best, float64(r.Evaluation.Return))
		}
		if !(best >= rise*untrained) {
			t.Errorf("%s: return %g at best, untrained %g; it did not learn", name, best, untrained)
		}
	}
	got, want := fits["cuda"], fits["cpu"]
	near := func(x, y algo.Number) bool { return math.Abs(float64(x-y)) <= roundings*math.Abs(float64(y)) }
	if !near(got.LossFirst, want.LossFirst) || !near(got.LossLast, want.LossLast) || got.Rows != want.Rows || got.Steps != want.Steps {
		t.Errorf("the first fit is %+v, on the cpu %+v", got, want)
	}
}

// returnOf is the return of a game's policy as it is.
func returnOf(t *testing.T, g *algo.Game, world *physics.World, c algo.Config) float64 {
	t.Helper()
	snapshot, err := g.Save()
	if err != nil {
		t.Fatal(err)
	}
	policy, closer, err := algo.OpenPolicy(c, world.Task(), world.Horizon(), snapshot.Groups,
		func() (nn.Backend, error) { return nil, errors.New("a policy network acts without a backend") })
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := closer(); err != nil {
			t.Error(err)
		}
	}()
	result, err := algo.Evaluate(context.Background(), world, world.Task(), policy,
		algo.EvaluateOptions{Episodes: c.Evaluation.Episodes, Seed: c.Evaluation.Seed})
	if err != nil {
		t.Fatal(err)
	}
	return float64(result.Return)
}
