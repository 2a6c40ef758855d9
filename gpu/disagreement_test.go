//go:build cuda

package gpu

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/palmal-rl/palmal/nn"
	registry "github.com/palmal-rl/palmal/physics/tasks"
)

// doubtBound: sums of hundreds of products in each of three or four layers, and what is left of their differences, as in the
// conformance suite.
const doubtBound = 3e-5

// firstDoubts are the members' disagreements on the first decisions of paths, and whether these were taken.
func (p *pair) firstDoubts(b nn.Backend, j journey, starts nn.Starts) (doubts []float64, taken []bool) {
	p.t.Helper()
	paths := must[nn.Paths](p.t)(b.Rollout(j.policy, j.model, j.task, starts, j.options.Rollout))
	c := must[*nn.PathColumns](p.t)(paths.Download())
	shut(p.t, paths)
	column, horizon := c.Disagreement.Data().([]float32), j.options.Rollout.Horizon
	for i, length := range c.Lengths {
		doubts, taken = append(doubts, float64(column[i*horizon])), append(taken, length > 0)
	}
	return doubts, taken
}

// gap is the middle of the widest gap between the middle half of some numbers, so that rounding moves none to its other side.
func gap(x []float64) float64 {
	sorted := slices.Sorted(slices.Values(x))
	best, middle := 0.0, 0.0
	for i := len(x) / 4; i < 3*len(x)/4; i++ {
		if wide := sorted[i+1] - sorted[i]; wide > best {
			best, middle = wide, (sorted[i+1]+sorted[i])/2
		}
	}
	return middle
}

// TestDisagreementAtFullWidth: members of all kinds, on tasks of all kinds of entries, for every draw: what a rollout measures on the
// first decisions, which of them it cuts, and the gradient through what they cost.
func TestDisagreementAtFullWidth(t *testing.T) {
	kinds := map[nn.Draw]*nn.Gaussian{nn.DrawAll: nil,
		nn.DrawPath: {Activation: nn.SiLU, LayerNorm: true}, nn.DrawStep: {Activation: nn.SiLU, ByState: true}}
	for _, name := range []string{"hopper", "ant", "pen"} {
		one := must[nn.Task](t)(registry.Get(name))
		for draw, kind := range kinds {
			if testing.Short() && (name != "hopper" || draw != nn.DrawStep) { // the conformance suite has all, at small widths
				continue
			}
			t.Run(fmt.Sprintf("%s-%d", name, draw), func(t *testing.T) {
				options := nn.PathwiseOptions{Gamma: 0.99, Smooth: 0.2, Score: nn.ScoreOptions{RewardScale: 0.05, Disagreement: 3},
					Rollout: nn.RolloutOptions{Horizon: 2, Seed: 5, Index: 9, Draw: draw, ClampSpread: 10, Disagreement: true}}
				if kind != nil {
					options.Rollout.OwnNoise = 1
				}
				newPair(t).compareDoubts(one, kind, options)
			})
		}
	}
}

// compareDoubts holds what the device makes of the members' disagreement to the oracle.
func (p *pair) compareDoubts(one nn.Task, kind *nn.Gaussian, options nn.PathwiseOptions) {
	t, starts := p.t, startsNear(13, len(one.ObservationKinds()))
	both := p.journeys(one, kind, []int{512, 512}, []int{64, 64}, []int{32}, options)
	want, _ := p.firstDoubts(p.cpu, both[1], starts)
	got, _ := p.firstDoubts(p.cuda, both[0], starts)
	near(t, "disagreement", got, want, doubtBound)
	cut := gap(want)
	for i := range both {
		both[i].options.Rollout.Cut = cut
	}
	got, taken := p.firstDoubts(p.cuda, both[0], starts)
	near(t, "disagreement of paths that may be cut", got, want, doubtBound)
	for i, yes := range taken {
		if yes != (want[i] <= cut) {
			t.Errorf("path %d, disagreement %g, cut at %g: its first decision was taken: %v", i, want[i], cut, yes)
		}
	}
	gradients := p.pathwise(both, starts)
	near(t, "gradient", gradients[0], gradients[1], pathwiseBound)
}

// TestActorsGradientOfWhatDisagreementCosts: paths to critics pay for it too.
func TestActorsGradientOfWhatDisagreementCosts(t *testing.T) {
	both := newPair(t).trials(hopper(t), []int{20}, []int{5}, []int{7}, late(10, 12), someEnd)
	free := both[0].gradient(t)
	for i := range both {
		both[i].actor.Score.Disagreement = 3
	}
	got := both[0].gradient(t)
	near(t, "gradient", got, both[1].gradient(t), pathwiseBound)
	if slices.Equal(got, free) {
		t.Error("the gradient is that without a cost")
	}
}

// changed replaces the parameters of a model.
func changed(t *testing.T, m nn.Ensemble, change func(parameters []float32)) {
	t.Helper()
	state := must[nn.State](t)(m.Save())
	shape := m.Shape()
	change(must[[]float32](t)(state.Float32s(nn.StateParameters, shape.Members, shape.Parameters())))
	if err := m.Load(state); err != nil {
		t.Fatal(err)
	}
}

// TestMembersThatAgreeCostNothing: a root of 0 has no derivative.
func TestMembersThatAgreeCostNothing(t *testing.T) {
	p := newPair(t)
	options := nn.PathwiseOptions{Gamma: 0.9, Score: nn.ScoreOptions{RewardScale: 1},
		Rollout: nn.RolloutOptions{Horizon: 3, Seed: 5, Draw: nn.DrawStep, Disagreement: true}}
	j := p.journeys(hopper(t), nil, []int{20}, []int{9}, []int{8}, options)[0]
	changed(t, j.model, func(parameters []float32) {
		for first, i := parameters[:len(parameters)/5], 0; i < len(parameters); i += len(first) {
			copy(parameters[i:], first)
		}
	})
	doubts, _ := p.firstDoubts(p.cuda, j, startsNear(5, 12))
	if slices.ContainsFunc(doubts, func(u float64) bool { return u != 0 }) {
		t.Errorf("disagreements %v of members that agree", doubts)
	}
	paths := must[nn.Paths](t)(p.cuda.Rollout(j.policy, j.model, j.task, startsNear(5, 12), options.Rollout))
	defer shut(t, paths)
	free := j.gradient(t, p.cuda, paths)
	j.options.Score.Disagreement = 3
	if !slices.Equal(j.gradient(t, p.cuda, paths), free) {
		t.Error("the gradient is another one")
	}
}

// TestOutputsBeyondAllNumbersAreCut: a disagreement that is no number exceeds every cut, before the path diverges by it.
func TestOutputsBeyondAllNumbersAreCut(t *testing.T) {
	p := newPair(t)
	options := nn.PathwiseOptions{Rollout: nn.RolloutOptions{Horizon: 2, Cut: 1e6, Disagreement: true}}
	both := p.journeys(hopper(t), nil, []int{9}, []int{5}, []int{4}, options)
	for i, b := range p.both() {
		changed(t, both[i].model, func(parameters []float32) {
			for k, x := range parameters {
				parameters[k] = float32(math.Copysign(3e38, float64(x)))
			}
		})
		doubts, taken := p.firstDoubts(b, both[i], startsNear(5, 12))
		if slices.Contains(taken, true) || !slices.ContainsFunc(doubts, func(u float64) bool { return u != u }) {
			t.Errorf("%s: decisions were taken: %v, disagreements %v, want none and some that are no number", b.Name(), taken, doubts)
		}
	}
}

// TestDisagreementCostsAlikeOnTheHost: a task without programs is scored, and its reward differentiated, by the host. Rewards may
// differ by the fusing of a product and a sum.
func TestDisagreementCostsAlikeOnTheHost(t *testing.T) {
	p := newPair(t)
	options := nn.PathwiseOptions{Gamma: 0.9, Score: nn.ScoreOptions{RewardScale: 2, Disagreement: 1.5},
		Rollout: nn.RolloutOptions{Horizon: 4, Seed: 5, Draw: nn.DrawStep, Disagreement: true}}
	j := p.journeys(hopper(t), nil, []int{20}, []int{9}, []int{8}, options)[0]
	paths := must[nn.Paths](t)(p.cuda.Rollout(j.policy, j.model, j.task, startsNear(7, 12), options.Rollout))
	defer shut(t, paths)
	rewards := func(one nn.Task) []float64 {
		must[nn.ScoreReport](t)(p.cuda.Score(paths, one, options.Score))
		c := must[*nn.PathColumns](t)(paths.Download())
		return kept(c, c.Rewards.Data().([]float32))
	}
	with, gradient := rewards(j.task), j.gradient(t, p.cuda, paths)
	j.task = struct{ nn.Differentiable }{j.task.(nn.Differentiable)}
	if ScoredOnHost(j.task) == nil || tape(j.task) != nil {
		t.Fatal("the device scores a task without programs")
	}
	near(t, "rewards", rewards(j.task), with, 1e-7)
	near(t, "gradient", j.gradient(t, p.cuda, paths), gradient, 1e-6) // that of TestPathwiseWithoutTapeIsTheSame
}
