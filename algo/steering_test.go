package algo

import (
	"cmp"
	"context"
	"math"
	"slices"
	"testing"

	"github.com/palmal-rl/palmal/nn"
	"github.com/palmal-rl/palmal/nn/cpu"
	"github.com/palmal-rl/palmal/physics"
	"github.com/palmal-rl/palmal/physics/tasks"
)

// steering plays iterations of pointmass with few paths.
func steering(t *testing.T, preset string, iterations int) *Game {
	t.Helper()
	return steeringIn(t, preset, iterations, func(w World) World { return w })
}

// steeringIn does so in what outside makes of the world.
func steeringIn(t *testing.T, preset string, iterations int, outside func(World) World) *Game {
	t.Helper()
	one, err := tasks.Get("pointmass")
	if err != nil {
		t.Fatal(err)
	}
	c, err := Preset(preset, PAL, one.Horizon, one.Presets)
	if err != nil {
		t.Fatal(err)
	}
	c.InitialSamples, c.SamplesPerIteration, c.Samples = 100, 200, 2000
	c.Model.Members, c.Model.Hidden, c.Model.MinSteps, c.Model.MaxSteps, c.Model.Batch = 2, []int{16}, 50, 50, 64
	c.Policy.Hidden, c.Value.Hidden, c.Value.Batch = []int{8}, []int{8}, 256
	c.NPG.Steps, c.NPG.Horizon, c.NPG.Gamma = 3, 30, 0.9
	c.Pathwise.Starts, c.Pathwise.Horizon, c.Pathwise.ValueRolls, c.Pathwise.ValueStarts, c.Pathwise.ValueHorizon = 40, 6, 1, 20, 10
	c.ActorCritic.Hidden, c.ActorCritic.Rows, c.ActorCritic.CriticFirst, c.ActorCritic.CriticUpdates, c.ActorCritic.SpreadStarts = []int{8}, 16, 3, 3, 16
	c.Evaluation.Episodes, c.Diagnostics = 2, 2
	backend, err := cpu.New(cpu.Options{Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	world, err := physics.Open(one, physics.Options{Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	g, err := New(c, backend, outside(world), world.Task(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cmp.Or(g.Close(), world.Close(), backend.Close()); err != nil {
			t.Error(err)
		}
	})
	for range iterations {
		if _, err := g.Iterate(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	return g
}

// core is the part of a player that holds its networks.
func core(t *testing.T, g *Game) *naturalGradient {
	t.Helper()
	switch p := g.policy.(type) {
	case *naturalGradient:
		return p
	case *pathwisePlayer:
		return p.naturalGradient
	case *actorCriticPlayer:
		return p.naturalGradient
	}
	t.Fatalf("no network in %T", g.policy)
	return nil
}

// states are the observations of a game's episodes, [O] each.
func states(g *Game) (all [][]float32) {
	for _, e := range g.data.replay.episodes {
		all = slices.AppendSeq(all, slices.Chunk(e.observations, g.data.replay.observation))
	}
	return all
}

// apart is the largest difference of the mean actions of two policies in some states.
func apart(t *testing.T, a, b GaussianPolicy, in [][]float32) float64 {
	t.Helper()
	means := func(p GaussianPolicy) (all []float32) {
		actor, err := nn.NewActor(p.Shape, p.Parameters, p.Shift, p.Scale)
		if err != nil {
			t.Fatal(err)
		}
		for _, obs := range in {
			action := make([]float32, p.Shape.Action)
			actor.Mean(obs, action)
			all = append(all, action...)
		}
		return all
	}
	most, other := 0.0, means(b)
	for i, x := range means(a) {
		most = max(most, math.Abs(float64(x)-float64(other[i])))
	}
	return most
}

// A step that is shortened to nothing leaves the policy that acted before, however its observations are scaled since.
func TestAnImprovementOfNoLengthLeavesThePolicyAsItWas(t *testing.T) {
	for _, preset := range []string{PresetPaper, PresetPathwise, PresetActorCritic} {
		g := steering(t, preset, 1)
		player := core(t, g)
		before, scale := player.gaussian(), slices.Clone(player.scale)
		if _, err := g.Iterate(context.Background()); err != nil {
			t.Fatal(err)
		}
		if preset != PresetPaper && slices.Equal(scale, player.scale) {
			t.Errorf("%s: the observations are scaled as before: the test shows nothing", preset)
		}
		if moved := apart(t, before, player.gaussian(), states(g)); !(moved > 0.01) {
			t.Errorf("%s: the improvement moves the mean action by %g: the test shows nothing", preset, moved)
		}
		steered := g.policy.(steered)
		if err := steered.moveTo(steered.departed()); err != nil {
			t.Fatal(err)
		}
		// Rewritten weights are rounded to 32 bits.
		if moved := apart(t, before, player.gaussian(), states(g)); !(moved <= 1e-5) {
			t.Errorf("%s: a step of no length moves the mean action by %g", preset, moved)
		}
	}
}

// watchedRollout keeps the parameters of the policy that it rolls out.
type watchedRollout struct {
	nn.Backend
	parameters []float32
}

func (w *watchedRollout) Rollout(p nn.Policy, m nn.Ensemble, task nn.Task, starts nn.Starts, o nn.RolloutOptions) (_ nn.Paths, err error) {
	if w.parameters, err = p.Parameters(); err != nil {
		return nil, err
	}
	return w.Backend.Rollout(p, m, task, starts, o)
}

// The ensemble foresees the policy that collects, and leaves the player its latest one.
func TestTheForeseenPolicyIsTheOneThatCollects(t *testing.T) {
	for _, collect := range []string{collectAverage, collectLatest} {
		g := steering(t, PresetActorCritic, 2)
		player := g.policy.(*actorCriticPlayer)
		player.config.ActorCritic.Collect = collect
		if slices.Equal(player.theta, player.average) {
			t.Fatal("the average is the latest policy: the test shows nothing")
		}
		watched := &watchedRollout{Backend: g.model.backend}
		g.model.backend = watched
		starts := g.data.initial.draw(3, nn.Key{Seed: 1, Stream: nn.StreamStarts}, 0)
		paths, _, err := player.rollOut(&g.model, starts)
		if err != nil {
			t.Fatal(err)
		}
		acting, err := player.acting()
		if err := cmp.Or(err, paths.Close()); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(watched.parameters, acting.(GaussianPolicy).Parameters) {
			t.Errorf("collect %s: another policy is foreseen than acts", collect)
		}
		if now, err := player.policy.Parameters(); err != nil || !slices.Equal(now, player.theta) {
			t.Errorf("collect %s: the player goes on with another policy, error %v", collect, err)
		}
	}
}

// V of an actor-critic player, which does not learn, is the same function before and after its checkpoint.
func TestTheValueThatRestsIsTheSameInACheckpoint(t *testing.T) {
	g := steering(t, PresetActorCritic, 1)
	worth := func(g *Game) (all []float64) {
		value := core(t, g).value
		state, err := value.Save()
		if err != nil {
			t.Fatal(err)
		}
		parameters, err := state.Float32s(nn.StateParameters, value.Shape().MLP().Parameters())
		if err != nil {
			t.Fatal(err)
		}
		critic, err := nn.NewCritic(value.Shape(), parameters)
		if err != nil {
			t.Fatal(err)
		}
		for _, obs := range states(g) {
			all = append(all, critic.Value(obs, 3))
		}
		return all
	}
	if _, err := g.Iterate(context.Background()); err != nil {
		t.Fatal(err)
	}
	snapshot, err := g.Save()
	if err != nil {
		t.Fatal(err)
	}
	again := steering(t, PresetActorCritic, 0)
	if err := again.Restore(snapshot); err != nil {
		t.Fatal(err)
	}
	restored := worth(again)
	for i, x := range worth(g) {
		// Rewritten weights are rounded to 32 bits.
		if !(math.Abs(x-restored[i]) <= 1e-5*(1+math.Abs(x))) {
			t.Fatalf("V is %g in state %d, and %g after a restore", x, i, restored[i])
		}
	}
}

// robotic is a world outside this program.
type robotic struct {
	World
	handed *[]Handout
}

func (r robotic) Hand(h Handout) error { *r.handed = append(*r.handed, h); return nil }
func (r robotic) Missed() uint64       { return 0 }

// A robot is judged by the policy that reports name, the averaged one, and the samples that judge a policy have not produced it.
func TestRobotsJudgeThePolicyThatReportsName(t *testing.T) {
	var handed []Handout
	g := steeringIn(t, PresetPathwise, 1, func(w World) World { return robotic{w, &handed} })
	reported, err := g.policy.reporting()
	if err != nil {
		t.Fatal(err)
	}
	if slices.Equal(reported.(GaussianPolicy).Parameters, core(t, g).theta) {
		t.Fatal("the reported policy is the latest one: the test shows nothing")
	}
	judged := slices.IndexFunc(handed, func(h Handout) bool { return h.Mean })
	if judged < 0 || !slices.Equal(handed[judged].Policy.(GaussianPolicy).Parameters, reported.(GaussianPolicy).Parameters) {
		t.Errorf("handout %d of %d is judged, and is not the reported policy", judged, len(handed))
	}
	snapshot, err := g.Save()
	if err != nil {
		t.Fatal(err)
	}
	if r := g.record; r.Evaluation == nil || r.Sampled.Samples != snapshot.Trained || r.Evaluation.Samples != snapshot.Trained {
		t.Errorf("sampled by %d samples and judged by %+v, produced by %d", r.Sampled.Samples, r.Evaluation, snapshot.Trained)
	}
}
