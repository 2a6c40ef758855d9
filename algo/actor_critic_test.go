package algo

import (
	"math"
	"slices"
	"testing"

	"github.com/palmal-rl/palmal/nn"
)

// pathsOfStates are paths of some lengths whose state t of path i is 10i + t.
func pathsOfStates(lengths ...int) *nn.PathColumns {
	const horizon = 4
	observations, rewards := make([]float32, 0, len(lengths)*(horizon+1)), make([]float32, 0, len(lengths)*horizon)
	for i := range lengths {
		for t := range horizon + 1 {
			observations = append(observations, float32(10*i+t))
		}
		for t := range horizon {
			rewards = append(rewards, float32(10*i+t))
		}
	}
	return &nn.PathColumns{Observations: nn.Matrix(observations, len(lengths), horizon+1, 1), Rewards: nn.Matrix(rewards, len(lengths), horizon), Lengths: lengths}
}

// The buffer holds the states of decisions of the last rollouts, and every one of them is drawn as often as every other.
func TestTheBufferHoldsTheStatesOfDecisions(t *testing.T) {
	var b stateBuffer
	b.add(pathsOfStates(1), 2) // is dropped
	b.add(pathsOfStates(2, 0, 3), 2)
	b.add(pathsOfStates(0, 0, 0, 4), 2)
	count := map[float32]int{}
	const draws = 9000
	starts := b.draw(draws, nn.Key{Seed: 1}, 5)
	for _, x := range nn.RowMajor(starts.Observations) {
		count[x]++
	}
	want := []float32{0, 1, 20, 21, 22, 30, 31, 32, 33}
	if len(count) != len(want) {
		t.Errorf("states %v, want those of %v", count, want)
	}
	for _, x := range want {
		// 9,000 draws of 1 in 9: 1,000 ± 30 in a standard deviation.
		if n := count[x]; !(math.Abs(float64(n)-draws/9) <= 150) {
			t.Errorf("state %g is drawn %d times of %d", x, n, draws)
		}
	}
	if slices.Max(starts.Times) > 0 {
		t.Error("a start has a time")
	}
	again := b.draw(draws, nn.Key{Seed: 1}, 6)
	if slices.Equal(nn.RowMajor(again.Observations), nn.RowMajor(starts.Observations)) {
		t.Error("two rollouts begin in the same states")
	}
}

// The range spans all but the outlying hundredth of what decisions earn, holds 0, is taken over at first and followed then.
func TestTheRangeFollowsWhatDecisionsEarn(t *testing.T) {
	rewards := make([]float32, 400)
	for i := range rewards {
		rewards[i] = float32(i+1) / 100 // 0.01 to 4
	}
	rewards[17], rewards[18] = 1e6, -1e6 // few enough not to count
	paths := &nn.PathColumns{Rewards: nn.Matrix(rewards, 1, 400), Lengths: []int{400}}
	p := &actorCriticPlayer{naturalGradient: &naturalGradient{}, low: math.NaN(), high: math.NaN(), logAlpha: math.Inf(-1)}
	p.config.ActorCritic.RangeRate, p.config.ActorCritic.Refill = 0.1, 2
	p.policy = fixedPolicy{shape: nn.PolicyShape{Observation: 1, Action: 0, Hidden: []int{1}}}
	p.theta = make([]float32, p.policy.Shape().Parameters())
	p.followRange(paths)
	if p.low != 0 || !(math.Abs(p.high-3.97) <= 0.02) { // the fourth largest of 1 to 400, one is an outlier
		t.Errorf("range from %g to %g, want 0 to 3.97", p.low, p.high)
	}
	before := p.high
	for i := range rewards {
		rewards[i] = -1
	}
	p.followRange(paths)
	if share := 1 - 0.9*0.9; !(math.Abs(p.low+share) <= 1e-9 && math.Abs(p.high-before*(1-share)) <= 1e-6) {
		t.Errorf("range from %g to %g after rewards of -1, want %g to %g", p.low, p.high, -share, before*(1-share))
	}
}

// fixedPolicy is a policy of which only the shape is asked.
type fixedPolicy struct {
	nn.Policy
	shape nn.PolicyShape
}

func (p fixedPolicy) Shape() nn.PolicyShape { return p.shape }

// The first step of Adam has the size of the rate, whatever the slope, and later ones follow the published formula.
func TestTheHostsAdamIsAdam(t *testing.T) {
	a := newAdam(2)
	first, second := [2]float64{}, [2]float64{}
	for step, slopes := range [][2]float64{{3, -1e-4}, {1, 2}, {-5, 0}} {
		a.begin(0.01)
		for i, g := range slopes {
			first[i] = 0.9*first[i] + 0.1*g
			second[i] = 0.999*second[i] + 0.001*g*g
			want := 0.01 * first[i] / (1 - math.Pow(0.9, float64(step+1))) / (math.Sqrt(second[i]/(1-math.Pow(0.999, float64(step+1)))) + 1e-8)
			if got := a.move(i, g); !(math.Abs(got-want) <= 1e-9*math.Abs(want)) {
				t.Errorf("step %d of parameter %d is %g, want %g", step, i, got, want)
			}
			if step == 0 && !(math.Abs(math.Abs(a.rate1*a.first[i]/(math.Sqrt(a.second[i])*a.root+1e-8))-0.01) <= 1e-5) {
				t.Errorf("the first step is not of the size of the rate")
			}
		}
	}
}

// Every key has bounds, and a value beyond them is refused by its name.
func TestActorCriticKeysHaveBounds(t *testing.T) {
	c, err := Preset(PresetActorCritic, PAL, 1000, nil)
	if err != nil {
		t.Fatal(err)
	}
	if problems := c.Validate(); len(problems) > 0 {
		t.Fatal(problems)
	}
	nan := math.NaN()
	for key, change := range map[string]func(*ActorCriticConfig){
		"critics": func(a *ActorCriticConfig) { a.Critics = 0 }, "hidden": func(a *ActorCriticConfig) { a.Hidden = nil },
		"rows": func(a *ActorCriticConfig) { a.Rows = 1 }, "horizon": func(a *ActorCriticConfig) { a.Horizon = 0 },
		"ratio": func(a *ActorCriticConfig) { a.Ratio = 0 }, "first": func(a *ActorCriticConfig) { a.First = 0.5 },
		"critic_updates": func(a *ActorCriticConfig) { a.CriticUpdates = -1 }, "critic_first": func(a *ActorCriticConfig) { a.CriticFirst = -1 },
		"spread_starts": func(a *ActorCriticConfig) { a.SpreadStarts = 0 }, "spread_horizon": func(a *ActorCriticConfig) { a.SpreadHorizon = 0 },
		"refill": func(a *ActorCriticConfig) { a.Refill = 0 }, "kept": func(a *ActorCriticConfig) { a.Kept = 0 },
		"learning_rate": func(a *ActorCriticConfig) { a.LearningRate = nan }, "slow": func(a *ActorCriticConfig) { a.Slow = 1.5 },
		"clip": func(a *ActorCriticConfig) { a.Clip = 0.9 }, "alpha": func(a *ActorCriticConfig) { a.Alpha = -1 },
		"target_entropy": func(a *ActorCriticConfig) { a.Entropy = nan }, "range_rate": func(a *ActorCriticConfig) { a.RangeRate = -0.1 },
		"collect": func(a *ActorCriticConfig) { a.Collect = "best" },
	} {
		bad := c
		change(&bad.ActorCritic)
		problems := bad.Validate()
		if len(problems) == 0 || problems[0].Key != "actor_critic."+key {
			t.Errorf("%s: problems %v", key, problems)
		}
	}
	c.NPG.Gamma = 1
	if problems := c.Validate(); len(problems) != 1 || problems[0].Key != "npg.gamma" {
		t.Errorf("a discount of 1: problems %v", problems)
	}
}
