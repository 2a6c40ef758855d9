package algo

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/floats"

	"github.com/palmal-rl/palmal/nn"
	"github.com/palmal-rl/palmal/nn/cpu"
)

// bowl is a task of one number and one action, whose reward is -next² or, where edge is not 0, 1 below that edge.
type bowl struct{ edge float64 }

func (bowl) Identity() (string, []float64)         { return "bowl", nil }
func (bowl) ObservationKinds() []string            { return []string{nn.KindPredicted} }
func (bowl) ActionBox() (low, high []float64)      { return []float64{-100}, []float64{100} }
func (bowl) RewardTerms() []string                 { return []string{"depth"} }
func (bowl) Terminated(next []float64) bool        { return next[0] != next[0] }
func (bowl) RewardScratch() (n int, ok bool)       { return 0, true }
func (b bowl) Rewards(terms, _, _, next []float64) { terms[0] = b.reward(next[0]) }
func (b bowl) reward(x float64) float64 {
	switch {
	case b.edge == 0:
		return -x * x
	case x < b.edge:
		return 1
	}
	return 0
}

// RewardGradient takes a step as a sigmoid of the given width, as formulas do; with width 0 it has no derivative.
func (b bowl) RewardGradient(_, _, dNext []float64, weight, smooth float64, _, _, next, _ []float64) {
	if b.edge == 0 {
		dNext[0] -= weight * 2 * next[0]
	} else if smooth > 0 {
		s := 1 / (1 + math.Exp(-(b.edge-next[0])/smooth))
		dNext[0] -= weight * s * (1 - s) / smooth
	}
}

// mixScene plays paths in a bowl and returns the gradients of both kinds.
func mixScene(t *testing.T, task bowl, smooth float64, starts, horizon int) (through, ratio halfGradients) {
	t.Helper()
	backend, err := cpu.New(cpu.Options{Workers: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { backend.Close() })
	p := &naturalGradient{backend: backend}
	p.config.NPG.Gamma = 0.8
	policy, value := nn.PolicyShape{Observation: 1, Action: 1, Hidden: []int{3}}, nn.ValueShape{Observation: 1, Hidden: []int{6}, Clip: 10, TimeScale: 10}
	model := nn.EnsembleShape{Members: 2, Observation: 1, Action: 1, Hidden: []int{8}, Kinds: task.ObservationKinds()}
	p.theta = policy.Init(3, -1, 1)
	ensemble, err := backend.NewEnsemble(model, model.Init(5))
	if err == nil {
		p.policy, err = backend.NewPolicy(policy, p.theta)
	}
	if err == nil {
		p.value, err = backend.NewValue(value, value.Init(7))
	}
	if err != nil {
		t.Fatal(err)
	}
	random, states := rand.New(rand.NewPCG(1, 2)), make([]float32, starts)
	for i := range states {
		states[i] = float32(random.NormFloat64())
	}
	rollout := nn.RolloutOptions{Horizon: horizon, Seed: 9, Draw: nn.DrawStep}
	score := nn.ScoreOptions{RewardScale: 2}
	paths, err := backend.Rollout(p.policy, ensemble, task, nn.Starts{Observations: nn.Matrix(states, starts, 1), Times: make([]float32, starts)}, rollout)
	if err == nil {
		_, err = backend.Score(paths, task, score)
	}
	if err != nil {
		t.Fatal(err)
	}
	if ratio, err = p.likelihoodRatio(paths, p.config.NPG.Gamma); err != nil {
		t.Fatal(err)
	}
	through = newHalfGradients(len(p.theta))
	if err := backend.PathwiseGradient(through.first, through.second, paths, p.policy, ensemble, p.value, task,
		nn.PathwiseOptions{Gamma: p.config.NPG.Gamma, Smooth: smooth, Score: score, Rollout: rollout}); err != nil {
		t.Fatal(err)
	}
	return through, ratio
}

// mean is the gradient of both halves.
func (g halfGradients) mean() []float64 {
	m := make([]float64, len(g.first))
	floats.AddTo(m, g.first, g.second)
	floats.Scale(0.5, m)
	return m
}

// Both gradients estimate the same one, in size and direction, where the reward has a derivative; the one through the model varies
// less.
func TestBothGradientsHaveTheSameExpectation(t *testing.T) {
	through, ratio := mixScene(t, bowl{}, 0, 40000, 4)
	one, other := through.mean(), ratio.mean()
	error := floats.Distance(ratio.first, ratio.second, 2) / 2 // one standard deviation of the noisier one, over all entries
	if distance, size := floats.Distance(one, other, 2), floats.Norm(one, 2); !(distance <= 3*error) || !(error <= 0.1*size) {
		t.Errorf("%v through the model and %v by likelihood ratios: distance %g, standard deviation %g of the size %g", one, other, distance, error, size)
	}
	if w := through.mixWith(ratio, true); !(w > 0.8 && w <= 1) {
		t.Errorf("share %g of the gradient through the model, want nearly all: it has less variance and no bias", w)
	}
}

// The share of the gradient through the model falls where the reward is a step: by its variance where the step is a steep
// sigmoid in it, and by its bias where it has no derivative at all.
func TestStepsInTheRewardLowerTheShareOfTheModel(t *testing.T) {
	const starts, horizon = 8000, 4
	share := func(task bowl, smooth float64, biased bool) float64 {
		through, ratio := mixScene(t, task, smooth, starts, horizon)
		return through.mixWith(ratio, biased)
	}
	smooth := share(bowl{}, 0, false)
	for name, one := range map[string]struct {
		smooth float64
		biased bool
	}{"a steep sigmoid": {0.0003, false}, "no derivative": {0, true}} {
		// Variances of halves of 4,000 paths are known to a factor of two, in eleven parameters.
		if w := share(bowl{edge: -0.3}, one.smooth, one.biased); !(w >= 0 && w < 0.5*smooth) {
			t.Errorf("%s: share %g, where the reward is smooth %g", name, w, smooth)
		}
	}
	if w := share(bowl{edge: -0.3}, 0, false); !(w > 0.5) {
		t.Errorf("share %g where a missing derivative shows in the bias alone, which nothing asked for", w)
	}
}

// The mix is the mean of both by the inverse of their variances, half by half.
func TestMixIsByInverseVariance(t *testing.T) {
	g := halfGradients{[]float64{1, 3}, []float64{3, 3}}                     // variance of the mean 1
	other := halfGradients{[]float64{0, 1}, []float64{0, 1 + math.Sqrt(12)}} // 3
	if w := g.mixWith(other, false); !(math.Abs(w-0.75) <= 1e-15) || g.first[0] != 0.75 || g.second[0] != 2.25 || g.first[1] != 2.5 {
		t.Errorf("share %g, gradients %v", w, g)
	}
	same := halfGradients{[]float64{2}, []float64{2}}
	if w := same.mixWith(halfGradients{[]float64{2}, []float64{2}}, true); w != 1 || same.first[0] != 2 {
		t.Errorf("share %g of two gradients without variance, want 1", w)
	}
	far := halfGradients{[]float64{1}, []float64{1}}
	if w := far.mixWith(halfGradients{[]float64{2}, []float64{4}}, true); !(math.Abs(w-0.25) <= 1e-15) { // 1/(1 + 0 + 1·3)
		t.Errorf("share %g, want a quarter: the square of the bias is 3", w)
	}
}
