package algo_test

import (
	"context"
	"strings"
	"testing"

	"github.com/palmal-rl/palmal/algo"
	"github.com/palmal-rl/palmal/nn/nntest"
)

// actorCritic is a configuration of the player for a world of some hundred samples.
func actorCritic(t *testing.T, task string) algo.Config {
	t.Helper()
	one := builtin(t, task)
	c, err := algo.Preset(algo.PresetActorCritic, algo.PAL, one.Horizon, one.Presets)
	if err != nil {
		t.Fatal(err)
	}
	c.InitialSamples, c.SamplesPerIteration, c.Samples = 500, 250, 2000
	c.Model.Members, c.Model.Hidden, c.Model.MinSteps, c.Model.MaxSteps, c.Model.Batch, c.Model.FirstFit = 3, []int{32, 32}, 200, 200, 64, 2
	c.Policy.Hidden, c.ActorCritic.Hidden, c.Value.Hidden = []int{32}, []int{32, 32}, []int{4}
	c.NPG.Horizon, c.NPG.Gamma = 50, 0.95
	c.ActorCritic.Rows, c.ActorCritic.SpreadStarts, c.ActorCritic.SpreadHorizon = 32, 32, 10
	c.ActorCritic.LearningRate, c.ActorCritic.Slow = 0.003, 0.02
	c.Evaluation.Episodes, c.Diagnostics = 10, 2
	return c
}

// Two iterations bring the mass near its goal: at rest the return is -38 on average, and noise alone drifts away.
func TestActorCriticMovesTheMass(t *testing.T) {
	c := actorCritic(t, "pointmass")
	g := newGameIn(t, openWorld(t, "pointmass", c, 1), c, cpuBackend(t))
	var last algo.Record
	for range 3 {
		var err error
		if last, err = g.Iterate(context.Background()); err != nil {
			t.Fatal(err)
		}
		t.Logf("%+v %+v %+v %v", last.Evaluation.Return, *last.Critic, last.Policy.Std, last.Timing.Iteration)
	}
	if got := float64(last.Evaluation.Return); !(got >= -14) {
		t.Errorf("return %g after %d samples, want -14", got, last.Evaluation.Samples)
	}
}

// A game with critics resumes to the same records.
func TestActorCriticGameIsRestored(t *testing.T) {
	c := briefActorCritic(t)
	backend := cpuBackend(t)
	whole, resumed := newGameIn(t, openWorld(t, "pointmass", c, 2), c, backend), newGameIn(t, openWorld(t, "pointmass", c, 1), c, backend)
	checkRestored(t, whole, resumed, 2)
}

func briefActorCritic(t *testing.T) algo.Config {
	c := actorCritic(t, "pointmass")
	c.InitialSamples, c.SamplesPerIteration, c.Model.MaxSteps, c.Model.MinSteps = 100, 50, 20, 20
	c.ActorCritic.CriticFirst, c.ActorCritic.CriticUpdates = 5, 2
	c.Evaluation.Episodes = 2
	return c
}

func TestActorCriticNamesTheBackendWithoutCritics(t *testing.T) {
	c := actorCritic(t, "pointmass")
	world := openWorld(t, "pointmass", c, 1)
	g, err := algo.New(c, plodder{nntest.Reference()}, world, world.Task(), algo.Options{})
	if err == nil {
		g.Close()
	}
	if err == nil || !strings.Contains(err.Error(), "plodder") {
		t.Errorf("error %v, want one that names the backend and the player", err)
	}
}
