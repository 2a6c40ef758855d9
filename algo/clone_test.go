package algo_test

import (
	"context"
	"math"
	"strings"
	"testing"

	"github.com/palmal-rl/palmal/algo"
	"github.com/palmal-rl/palmal/nn/nntest"
	"github.com/palmal-rl/palmal/physics"
)

// skilled acts on the cart-pole as no fresh policy does.
func skilled(obs []float32) float32 {
	return float32(0.6 * math.Tanh(float64(3*obs[2]+obs[3]-0.3*obs[0])))
}

// shown are episodes of that demonstrator, with some disturbance so that they see more than one path.
func shown(t *testing.T, world *physics.World, n int) []algo.Episode {
	t.Helper()
	var all []algo.Episode
	if err := world.Sample(context.Background(), 5, 0, func() algo.ActFunc {
		return func(_ uint64, _ int, obs, action []float32) { action[0] = skilled(obs) }
	}, func(e algo.Episode) bool {
		all = append(all, e)
		return len(all) < n
	}); err != nil {
		t.Fatal(err)
	}
	return all
}

// imitating is a configuration that clones and then hardly moves.
func imitating(t *testing.T) algo.Config {
	c := tiny(t, algo.PAL)
	c.Policy.Clone, c.NPG.CGIterations, c.NPG.StepSize, c.Policy.Hidden = 20, 20, 1e-12, []int{8}
	return c
}

// TestClonesActAsTheirDemonstrators: the mean action repeats what the demonstrator would do, also in episodes that it
// did not record; σ stays what it was.
func TestClonesActAsTheirDemonstrators(t *testing.T) {
	c := imitating(t)
	world := openWorld(t, "cartpole", c, 1)
	data := shown(t, world, 6)
	g, err := algo.New(c, nntest.Reference(), world, world.Task(), algo.Options{Data: data[:5]})
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	r := iterateOnce(t, g)
	if r.Clone == nil || r.Clone.Rows != rowsOf(data[:5]) || !(r.Clone.After < 0.1*r.Clone.Before) {
		t.Fatalf("%+v: want a tenth of the error on %d rows at most", r.Clone, rowsOf(data[:5]))
	}
	snapshot, err := g.Save()
	if err != nil {
		t.Fatal(err)
	}
	policy, _, err := algo.OpenPolicy(c, world.Task(), world.Horizon(), snapshot.Groups, nil)
	if err != nil {
		t.Fatal(err)
	}
	act, err := policy.Mean()
	if err != nil {
		t.Fatal(err)
	}
	fresh, actor, worst := data[5], act(), 0.0
	for i := range fresh.Actions {
		var action [1]float32
		obs := fresh.Observations[4*i : 4*i+4]
		actor(0, i, obs, action[:])
		worst = max(worst, math.Abs(float64(action[0]-skilled(obs))))
	}
	if !(worst < 0.1) { // a sixth of the demonstrator's largest action
		t.Errorf("the clone differs by %g from the demonstrator in an episode that it did not see", worst)
	}
	if std := r.Policy.Std[0]; !(math.Abs(float64(std)-math.Exp(-1)) < 1e-3) {
		t.Errorf("σ is %g, want e⁻¹", std)
	}
	if again := iterateOnce(t, g); again.Clone != nil {
		t.Errorf("the second iteration cloned: %+v", again.Clone)
	}
}

// TestClonesAreRefusedWhereNobodyCanBeImitated: without data, and by a player without a policy.
func TestClonesAreRefusedWhereNobodyCanBeImitated(t *testing.T) {
	c := imitating(t)
	world := openWorld(t, "cartpole", c, 1)
	plans := c
	plans.Policy.Player, plans.Plan.Around = algo.PlayerPlan, "zero"
	for want, one := range map[string]struct {
		config algo.Config
		data   []algo.Episode
	}{"no recorded data": {c, nil}, "have no policy": {plans, shown(t, world, 1)}} {
		if _, err := algo.New(one.config, nntest.Reference(), world, world.Task(), algo.Options{Data: one.data}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

// TestOfflineRunsClone: recorded data are all that such a run has, and the policy begins as their author.
func TestOfflineRunsClone(t *testing.T) {
	c := imitating(t)
	c.Samples, c.OfflineIterations, c.Evaluation.Every = 0, 1, 0
	world := openWorld(t, "cartpole", c, 1)
	g, err := algo.New(c, nntest.Reference(), closedWorld{world}, world.Task(), algo.Options{Data: shown(t, world, 3)})
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	if r := iterateOnce(t, g); r.Clone == nil || !(r.Clone.After < 0.2*r.Clone.Before) {
		t.Errorf("%+v: want a fifth of the error at most", r.Clone)
	}
}
