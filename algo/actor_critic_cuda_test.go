//go:build cuda

package algo_test

import (
	"math"
	"testing"

	"github.com/palmal-rl/palmal/algo"
	"github.com/palmal-rl/palmal/nn"
)

// shortActorCritic is a configuration of the player whose first iteration takes a moment on the emulator.
func shortActorCritic(t *testing.T) algo.Config {
	c := briefActorCritic(t)
	c.Model.MinSteps, c.Model.MaxSteps = 10, 10
	c.ActorCritic.Ratio, c.ActorCritic.First, c.ActorCritic.CriticFirst = 0.1, 1, 3
	c.ActorCritic.Rows, c.ActorCritic.SpreadStarts, c.ActorCritic.SpreadHorizon, c.ActorCritic.Refill = 21, 13, 5, 3
	return c
}

// alikeCritics compares two records of the same seed. The player takes no natural steps and fits no V.
func alikeCritics(t *testing.T, records map[string]algo.Record, bound float64) {
	t.Helper()
	both := map[string]map[string]algo.Number{}
	for name, r := range records {
		numbers, c := told(r), r.Critic
		for _, none := range []string{"gain", "KL", "CG residual", "CG steps", "value error before", "value error after"} {
			delete(numbers, none)
		}
		for what, x := range map[string]algo.Number{"updates": algo.Number(c.Updates), "loss of critics": c.Loss, "target": c.Target, "value": c.Value,
			"norm of the gradient": c.Gradient, "price of entropy": c.Alpha, "low": c.Low, "high": c.High} {
			numbers[what] = x
		}
		both[name] = numbers
	}
	agree(t, records["cpu"].Iteration, both["cuda"], both["cpu"], bound)
}

// TestFirstIterationOfActorCriticIsThatOfTheCPU: paths in drawn members, steps of critics and policy, the range of returns.
func TestFirstIterationOfActorCriticIsThatOfTheCPU(t *testing.T) {
	for _, draw := range []string{"step", "path"} {
		c := shortActorCritic(t)
		c.Pathwise.Draw = draw
		first := map[string]algo.Record{}
		for name, b := range backends(t) {
			first[name] = iterate(t, newGameIn(t, openWorld(t, "pointmass", c, 1), c, b), 1)[0]
		}
		alikeCritics(t, first, roundings)
	}
}

// TestActorCriticContinuesOnTheOtherBackend: what either backend saves after two iterations, with rewritten first layers and slow
// copies of critics, both continue alike.
func TestActorCriticContinuesOnTheOtherBackend(t *testing.T) {
	c := shortActorCritic(t)
	checkGoesOn(t, func(b nn.Backend) *algo.Game { return newGameIn(t, openWorld(t, "pointmass", c, 1), c, b) }, alikeCritics)
}

// TestActorCriticOnTheDeviceIsRestored: the same seed gives the same bits, and so does a game that was restored.
func TestActorCriticOnTheDeviceIsRestored(t *testing.T) {
	c := shortActorCritic(t)
	b := backends(t)["cuda"]
	whole, resumed := newGameIn(t, openWorld(t, "pointmass", c, 2), c, b), newGameIn(t, openWorld(t, "pointmass", c, 1), c, b)
	checkRestored(t, whole, resumed, 2)
}

// TestActorCriticLearnsOnTheDevice: fewer, larger steps than TestActorCriticMovesTheMass, on shorter paths. Three seeds reach -8 to
// -14 on the CPU.
func TestActorCriticLearnsOnTheDevice(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a minute on the emulator")
	}
	c := actorCritic(t, "pointmass")
	c.Seed, c.Policy.Average = 2, 0.98
	c.ActorCritic.Rows, c.ActorCritic.SpreadStarts, c.ActorCritic.Horizon = 16, 16, 5
	c.ActorCritic.Ratio, c.ActorCritic.LearningRate = 0.5, 0.01
	g := newGameIn(t, openWorld(t, "pointmass", c, 1), c, backends(t)["cuda"])
	best := math.Inf(-1)
	for best < -14 && g.Iteration() < 3 {
		r := iterate(t, g, 1)[0]
		t.Logf("iteration %d: return %g", r.Iteration, r.Evaluation.Return)
		best = max(best, float64(r.Evaluation.Return))
	}
	if !(best >= -14) {
		t.Errorf("return %g at best, want -14", best)
	}
}
