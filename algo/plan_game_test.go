package algo_test

import (
	"context"
	"encoding/json"
	"math"
	"testing"

	"github.com/palmal-rl/palmal/algo"
	"github.com/palmal-rl/palmal/nn"
	"github.com/palmal-rl/palmal/nn/cpu"
	"github.com/palmal-rl/palmal/physics"
)

// planning is a configuration whose policy player plans, small enough for a test.
func planning(t *testing.T, around string) algo.Config {
	t.Helper()
	c, err := algo.Preset(algo.PresetTuned, algo.PAL, 200, builtin(t, "cartpole").Presets)
	if err != nil {
		t.Fatal(err)
	}
	c.Policy.Player, c.Plan.Around = algo.PlayerPlan, around
	c.Plan.Horizon, c.Plan.Candidates, c.Plan.Rounds, c.Plan.Elites = 20, 24, 2, 6
	c.Evaluation.Episodes = 2
	return c
}

func cpuBackend(t *testing.T) nn.Backend {
	t.Helper()
	backend, err := cpu.New(cpu.Options{Workers: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { backend.Close() })
	return backend
}

// Plans about zero need no policy: a model of 500 samples balances the pole, which a random action
// holds for 20 to 30 of 200 steps.
func TestPlanningAloneBalancesThePole(t *testing.T) {
	g := newGame(t, planning(t, "zero"), cpuBackend(t), 1)
	record, err := g.Iterate(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if got := float64(record.Evaluation.Return); !(got >= 100) {
		t.Errorf("return %g after %d samples, want 100", got, record.Evaluation.Samples)
	}
	if _, err := json.Marshal(record); err != nil || !math.IsNaN(float64(record.Policy.KL)) {
		t.Errorf("a player without a policy records a KL of %g (%v)", record.Policy.KL, err)
	}
}

// Plans about zero reach with seven joints, too: a model of 1,500 samples brings the tip of reacher7dof to less than
// two thirds of the distance that it has at rest.
func TestPlanningAloneReaches(t *testing.T) {
	c, err := algo.Preset(algo.PresetTuned, algo.PAL, 50, builtin(t, "reacher7dof").Presets)
	if err != nil {
		t.Fatal(err)
	}
	c.Policy.Player, c.Plan.Around = algo.PlayerPlan, "zero"
	c.Model.Hidden, c.InitialSamples, c.SamplesPerIteration, c.Evaluation.Episodes = []int{64, 64}, 1500, 50, 3
	world := openWorld(t, "reacher7dof", c, 2)
	g := newGameIn(t, world, c, cpuBackend(t))
	record, err := g.Iterate(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	rest, err := algo.Evaluate(context.Background(), world, world.Task(), still{}, algo.EvaluateOptions{Episodes: 3, Seed: c.Evaluation.Seed})
	if err != nil {
		t.Fatal(err)
	}
	planned, resting := record.Evaluation.Measures["distance"].SecondHalf, rest.Measures["distance"].SecondHalf
	t.Logf("distance in the second half of an episode %g, at rest %g; return %g", planned, resting, record.Evaluation.Return)
	if !(planned < resting*2/3) {
		t.Errorf("distance in the second half of an episode %g, at rest %g", planned, resting)
	}
}

// still is a policy that does nothing.
type still struct{}

func (still) Mean() (func() algo.ActFunc, error) {
	return func() algo.ActFunc { return func(_ uint64, _ int, _, action []float32) { clear(action) } }, nil
}

func (s still) Explore(nn.Key) (func() algo.ActFunc, error) { return s.Mean() }

// A game whose player plans about its policy resumes to the same records, and what it acts by can be opened
// from its snapshot alone.
func TestPlanningGameIsRestored(t *testing.T) {
	c := planning(t, "policy")
	c.InitialSamples, c.SamplesPerIteration, c.NPG.Steps, c.NPG.StartsPerMember, c.NPG.Horizon, c.Plan.Horizon = 100, 40, 1, 4, 10, 3
	backend := cpuBackend(t)
	whole, resumed := newGame(t, c, backend, 2), newGame(t, c, backend, 1)
	snapshot := checkRestored(t, whole, resumed, 1)
	for _, group := range c.ActingGroups() {
		if snapshot.Groups[group] == nil {
			t.Fatalf("the snapshot lacks %s", group)
		}
	}
	world := openWorld(t, "cartpole", c, 1)
	returns := map[string]float64{}
	for _, player := range algo.Players() {
		c.Policy.Player = player
		policy, closer, err := algo.OpenPolicy(c, world.Task(), world.Horizon(), snapshot.Groups, func() (nn.Backend, error) {
			return cpu.New(cpu.Options{Workers: 1})
		})
		if err != nil {
			t.Fatal(err)
		}
		result, err := algo.Evaluate(context.Background(), world, world.Task(), policy, algo.EvaluateOptions{Episodes: 2, Seed: 1})
		if err != nil {
			t.Fatal(err)
		}
		returns[player] = float64(result.Return)
		if err := closer(); err != nil {
			t.Error(err)
		}
	}
	if returns[algo.PlayerNPG] == returns[algo.PlayerPlan] {
		t.Errorf("both players return %g: the test shows nothing", returns[algo.PlayerNPG])
	}
}

// A run and whoever opens its policy later judge the same plans, also where a fall ends model paths.
func TestPlansAreTheSameForWhoeverOpensThem(t *testing.T) {
	one := fallenWhere(t, "abs(next.cart_velocity) > 0.2")
	returns := map[bool]algo.Number{}
	for _, fallen := range []bool{false, true} {
		c := planning(t, "zero")
		c.Fallen = fallen
		world, err := physics.Open(one, physics.Options{Workers: 1})
		if err != nil {
			t.Fatal(err)
		}
		defer world.Close()
		g := newGameOf(t, world, world.Task(), c, cpuBackend(t))
		record := iterateOnce(t, g)
		snapshot, err := g.Save()
		if err != nil {
			t.Fatal(err)
		}
		policy, closer, err := algo.OpenPolicy(c, world.Task(), world.Horizon(), snapshot.Groups, func() (nn.Backend, error) { return cpu.New(cpu.Options{Workers: 1}) })
		if err != nil {
			t.Fatal(err)
		}
		defer closer()
		again, err := algo.Evaluate(context.Background(), world, world.Task(), policy, algo.EvaluateOptions{Episodes: c.Evaluation.Episodes, Seed: c.Evaluation.Seed})
		if err != nil {
			t.Fatal(err)
		}
		if again.Return != record.Evaluation.Return {
			t.Errorf("fallen %v: return %g, in the run %g", fallen, again.Return, record.Evaluation.Return)
		}
		returns[fallen] = record.Evaluation.Return
	}
	if returns[false] == returns[true] {
		t.Errorf("falls change no plan: the test shows nothing")
	}
}

// What a policy was trained with does not keep it from acting by plans: they have one discount, and no V that was not trained.
func TestAnyPolicyMayActByPlans(t *testing.T) {
	for name, c := range map[string]algo.Config{"another discount early": pathwise(t, "pointmass"), "critics": actorCritic(t, "pointmass")} {
		c.NPG.Early, c.NPG.GammaEarly = 300, 0.8
		trained := c.Policy.Player
		c = c.Planning()
		if c.Policy.Player = algo.PlayerPlan; len(c.Validate()) > 0 {
			t.Errorf("%s: %v", name, c.Validate())
		}
		if c.Plan.Value != (trained == algo.PlayerPathwise) {
			t.Errorf("%s: plans end by V: %v", name, c.Plan.Value)
		}
	}
}
