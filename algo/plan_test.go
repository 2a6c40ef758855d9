package algo

import (
	"math"
	"testing"

	"gorgonia.org/tensor"

	"github.com/palmal-rl/palmal/nn"
)

// exactPlans is a policy that plans about zero on a line whose model is right.
func exactPlans(t *testing.T, change func(*Config)) (PlanningPolicy, *line) {
	t.Helper()
	c, err := Preset(PresetPaper, PAL, 8, nil)
	if err != nil {
		t.Fatal(err)
	}
	c.Policy.Player, c.Plan.Around, c.Plan.Horizon, c.NPG.Gamma = PlayerPlan, aroundZero, 4, 1
	if change != nil {
		change(&c)
	}
	w := &line{lengths: []int{8}, end: math.Inf(1)}
	g := &guess{wrong: func(int, float32) float32 { return 0 }}
	return newPlanningPolicy(c, w, g, shaped{members: 2}, 8), w
}

// acted is the action of a fresh actor at decision t in state x.
func acted(t *testing.T, policy Policy, episode uint64, at int, x float32) float64 {
	t.Helper()
	newActor, err := policy.Mean()
	if err != nil {
		t.Fatal(err)
	}
	action := []float32{9}
	newActor()(episode, at, []float32{x}, action)
	return float64(action[0])
}

// The reward is -|x'| and an action moves x by at most 1: the best plan from 0.6 is to move by -0.6 at once.
// Four rounds of 64 candidates, the first with σ = 0.5, find it within 0.1.
func TestPlansSolveWhatTheModelKnows(t *testing.T) {
	policy, _ := exactPlans(t, nil)
	for _, x := range []float32{0.6, -0.6, 0} {
		if a := acted(t, policy, 1, 0, x); !(math.Abs(a+float64(x)) <= 0.1) {
			t.Errorf("from %g the plan moves by %g, want %g", x, a, -x)
		}
	}
}

// A policy whose mean lies far outside of the box acts at its edge. Plans about it must come away from there; offsets
// from the mean itself (-20 here) would all be clipped to the same action.
func TestPlansLeaveAPolicyOutsideTheBox(t *testing.T) {
	policy, _ := exactPlans(t, nil)
	shape := nn.PolicyShape{Observation: 1, Action: 1, Hidden: []int{1}}
	parameters := make([]float32, shape.Parameters())
	parameters[shape.LogStd()-1] = -20 // the bias of the mean action
	policy.around = &GaussianPolicy{Shape: shape, Parameters: parameters, Shift: []float32{0}, Scale: []float32{1}}
	// The best action, 0.6, is three first σ from the edge at -1: four rounds come nearer to it than to the edge.
	if a := acted(t, policy, 1, 0, -0.6); !(a > -0.2 && a <= 0.6) {
		t.Errorf("the plan moves by %g from -0.6, want 0.6", a)
	}
}

// Only two rewards are left at the last decision but one; a plan must not look beyond the limit, where the
// model of this test would fail.
func TestPlansEndWithTheEpisode(t *testing.T) {
	policy, _ := exactPlans(t, nil)
	g := policy.backend.(*guess)
	acted(t, policy, 1, 6, 0.5)
	if want := 2 * policy.config.Plan.Rounds; len(g.asked) != want {
		t.Errorf("%d predictions at the last decision but one, want %d", len(g.asked), want)
	}
}

func TestPlansKeepAwayFromTermination(t *testing.T) {
	// Moving up earns more until x passes 1, which ends the episode: without a future, staying below is better.
	policy, w := exactPlans(t, func(c *Config) { c.Plan.Horizon = 6 })
	w.end = 1
	policy.task = climb{w}
	if a := acted(t, policy, 1, 0, 0.9); !(a <= 0.1) {
		t.Errorf("the plan moves by %g from 0.9, over the end at 1", a)
	}
	w.end = math.Inf(1)
	// 0.1 is the distance from 0.9 to the end.
	if a := acted(t, policy, 1, 0, 0.9); !(a > 0.1) {
		t.Errorf("without an end the plan moves by %g: the test shows nothing", a)
	}
}

// climb pays for height.
type climb struct{ *line }

func (climb) Rewards(terms, _, _, next []float64) { terms[0] = math.Max(0, next[0]) }

// A plan is a function of seed, episode, decision and observations: neither of the actor nor of others
// that play meanwhile.
func TestPlansDependOnTheEpisodeAlone(t *testing.T) {
	policy, _ := exactPlans(t, nil)
	newActor, err := policy.Mean()
	if err != nil {
		t.Fatal(err)
	}
	play := func(act ActFunc, episode uint64) (taken []float32) {
		x, action := float32(0.7), []float32{0}
		for at := range 4 {
			act(episode, at, []float32{x}, action)
			x += action[0] / 2
			taken = append(taken, action[0])
		}
		return taken
	}
	one, two := newActor(), newActor()
	first := play(one, 3)
	play(two, 5)
	again, other := play(two, 3), play(one, 4)
	same, differ := true, false
	for i := range first {
		same = same && first[i] == again[i]
		differ = differ || first[i] != other[i]
	}
	if !same || !differ {
		t.Errorf("episode 3: %v and %v; episode 4: %v", first, again, other)
	}
}

// broken is a backend that cannot predict.
type broken struct{ nn.Backend }

func (broken) Predict(nn.Ensemble, nn.Task, *tensor.Dense, *tensor.Dense) (*tensor.Dense, error) {
	return nil, nn.ErrDiverged
}

func TestFailedPlansAreNoActions(t *testing.T) {
	policy, _ := exactPlans(t, nil)
	policy.backend = broken{}
	if a := acted(t, policy, 1, 0, 0.5); !math.IsNaN(a) {
		t.Errorf("action %g of a plan that failed", a)
	}
}

// bottomless pays -|x'|, and without end below -0.5.
type bottomless struct{ *line }

func (b bottomless) Rewards(terms, obs, act, next []float64) {
	if b.line.Rewards(terms, obs, act, next); next[0] < -0.5 {
		terms[0] = math.Inf(1)
	}
}

// A reward that is not finite ends a run in the world, as it ends model paths of policy steps. Plans that lead there are not
// chosen, and no number follows from them.
func TestPlansKeepAwayFromRewardsWithoutEnd(t *testing.T) {
	policy, w := exactPlans(t, nil)
	policy.task = bottomless{w}
	if a := acted(t, policy, 1, 0, 0.3); !(math.Abs(a+0.3) <= 0.1) {
		t.Errorf("the plan moves by %g from 0.3, want -0.3", a)
	}
}

// measured is a backend that refuses predictions that are no numbers, as all do.
type measured struct{ nn.Backend }

func (m measured) Predict(e nn.Ensemble, task nn.Task, observations, actions *tensor.Dense) (*tensor.Dense, error) {
	next, err := m.Backend.Predict(e, task, observations, actions)
	for _, x := range next.Data().([]float32) {
		if x-x != 0 {
			return nil, nn.ErrDiverged
		}
	}
	return next, err
}

// Candidates that end the episode need no predictions beyond its end, where the model may have no numbers.
func TestPlansLookNoFurtherThanTheEnd(t *testing.T) {
	policy, w := exactPlans(t, nil)
	w.end = 1
	policy.backend = measured{&guess{wrong: func(_ int, x float32) float32 {
		if x > 1 {
			return float32(math.Inf(1))
		}
		return 0
	}}}
	if a := acted(t, policy, 1, 0, 0.6); !(math.Abs(a+0.6) <= 0.1) {
		t.Errorf("the plan moves by %g from 0.6, want -0.6", a)
	}
}

func TestPlansNeedComputedRewards(t *testing.T) {
	c, err := Preset(PresetPaper, PAL, 8, nil)
	if err != nil {
		t.Fatal(err)
	}
	c.Policy.Player, c.Model.LearnReward = PlayerPlan, true
	if err := c.checkPlan(); err == nil {
		t.Error("plans by learned rewards are not refused")
	}
}

// Every key of a plan changes it.
func TestEveryKeyOfPlansMatters(t *testing.T) {
	reference, _ := exactPlans(t, nil)
	want := acted(t, reference, 1, 0, 0.6)
	for key, change := range map[string]func(*Config){
		"horizon": func(c *Config) { c.Plan.Horizon = 2 }, "candidates": func(c *Config) { c.Plan.Candidates = 20 },
		"rounds": func(c *Config) { c.Plan.Rounds = 1 }, "elites": func(c *Config) { c.Plan.Elites = 5 },
		"temperature": func(c *Config) { c.Plan.Temperature = 2 }, "noise": func(c *Config) { c.Plan.Noise = 0.1 },
		"smoothness": func(c *Config) { c.Plan.Smoothness = 0 }, "seed": func(c *Config) { c.Seed = 7 },
		"gamma": func(c *Config) { c.NPG.Gamma = 0.5 },
	} {
		policy, _ := exactPlans(t, change)
		if got := acted(t, policy, 1, 0, 0.6); got == want {
			t.Errorf("%s changes nothing", key)
		}
	}
}

func TestExplorationAddsNoiseToThePlan(t *testing.T) {
	policy, _ := exactPlans(t, nil)
	newActor, err := policy.Explore(nn.Key{Seed: policy.config.Seed, Stream: nn.StreamWorld})
	if err != nil {
		t.Fatal(err)
	}
	mean, sum, n := 0.0, 0.0, 200
	for episode := range n {
		action := []float32{0}
		newActor()(uint64(episode), 0, []float32{0.6}, action)
		mean += float64(action[0]) / float64(n)
		sum += float64(action[0]) * float64(action[0]) / float64(n)
	}
	// σ is at least a tenth of 0.5, and 200 episodes know it within 5 % (one standard error); the mean is that
	// of plans, good to 0.1 as above.
	if std := math.Sqrt(sum - mean*mean); !(std > 0.04 && std < 0.5) || !(math.Abs(mean+0.6) < 0.1) {
		t.Errorf("actions of mean %g and deviation %g", mean, std)
	}
}

func TestNoisePolicyExploresTheBox(t *testing.T) {
	c := Config{Plan: PlanConfig{Noise: 0.5}}
	newActor, err := newNoise(c, &line{}).Explore(nn.Key{Seed: 1, Stream: nn.StreamWorld})
	if err != nil {
		t.Fatal(err)
	}
	sum, act, action := 0.0, newActor(), []float32{0}
	for episode := range 2000 {
		act(uint64(episode), 0, []float32{0}, action)
		sum += float64(action[0]) * float64(action[0]) / 2000
	}
	// The box is ±1; a variance of 2,000 draws is known within 3.2 % (one standard error).
	if !(math.Abs(sum-0.25) < 0.03) {
		t.Errorf("variance %g, want 0.25", sum)
	}
}

// Candidates whose return is no number are never among the best.
func TestPlansCountOnlyReturnsThatAreNumbers(t *testing.T) {
	for name, one := range map[string]struct {
		returns []float64
		want    float64
	}{
		"the worst are infinitely bad": {[]float64{5, 5, math.Inf(-1), math.NaN()}, 0.15}, // the mean of 0.1 and 0.2
		"one is left":                  {[]float64{math.NaN(), 1, math.Inf(-1), math.Inf(-1)}, 0.2},
		"none is left":                 {[]float64{math.NaN(), math.NaN(), math.Inf(-1), math.Inf(-1)}, 7}, // the plan before
	} {
		q := &planner{PlanningPolicy: PlanningPolicy{config: Config{Plan: PlanConfig{Candidates: 4, Elites: 3, Temperature: 0.1}}},
			centre: []float64{7}, sigma: []float64{1}, floor: []float64{0.1}, order: make([]int, 4),
			returns: one.returns, offsets: []float64{0.1, 0.2, 0.3, 0.4}}
		q.refine()
		if !(math.Abs(q.centre[0]-one.want) <= 1e-12) || !(q.sigma[0] >= 0.1) {
			t.Errorf("%s: plan %v with σ %v, want %g", name, q.centre, q.sigma, one.want)
		}
	}
}
