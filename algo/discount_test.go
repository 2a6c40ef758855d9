package algo_test

import (
	"context"
	"math"
	"testing"

	"github.com/palmal-rl/palmal/algo"
	"github.com/palmal-rl/palmal/nn"
)

// slopeClerk also notes what the game asks of gradients through paths.
type slopeClerk struct {
	clerk
	nn.Differentiator
	nn.GaussianMembers
	slopes []nn.PathwiseOptions
}

func (s *slopeClerk) PathwiseGradient(first, second []float64, paths nn.Paths, p nn.Policy, m nn.Ensemble, v nn.Value, task nn.Task, o nn.PathwiseOptions) error {
	s.slopes = append(s.slopes, o)
	return s.Differentiator.PathwiseGradient(first, second, paths, p, m, v, task, o)
}

// While the run has fewer samples than npg.early, forgotten ones too, every return is discounted by a γ between
// npg.gamma_early and npg.gamma.
func TestDiscountGrowsEarlyInARun(t *testing.T) {
	for _, player := range []string{algo.PlayerNPG, algo.PlayerPathwise} {
		// after 100, 150 and 200 samples: 1 − γ is 0.25, then a fifth of it, then a fifth of that
		checkDiscounts(t, player, 200, 0, []float64{0.75, 0.95, 0.99})
	}
}

// A policy whose steps earn less than npg.early_reward looks no farther than at first. The point mass earns less than 0
// and more than −100 a step.
func TestDiscountFollowsWhatAStepEarns(t *testing.T) {
	for _, player := range []string{algo.PlayerNPG, algo.PlayerPathwise} {
		checkDiscounts(t, player, 200, 1e-3, []float64{0.75, 0.75, 0.75})
		checkDiscounts(t, player, 200, -100, []float64{0.75, 0.95, 0.99})
		checkDiscounts(t, player, 0, 1e-3, []float64{0.75})
		checkDiscounts(t, player, 0, -100, []float64{0.99})
	}
}

// checkDiscounts plays an iteration for each γ wanted, the first one after 100 samples and each later one after 50 more.
func checkDiscounts(t *testing.T, player string, early int, reward float64, wanted []float64) {
	t.Helper()
	c := pathwise(t, "pointmass")
	c.Policy.Player = player
	c.InitialSamples, c.SamplesPerIteration, c.NPG.Steps, c.Model.MinSteps, c.Model.MaxSteps = 100, 50, 1, 10, 10
	c.Buffer = 100
	c.NPG.Gamma, c.NPG.GammaEarly, c.NPG.Early, c.NPG.EarlyReward = 0.99, 0.75, early, reward
	backend := cpuBackend(t)
	k := &slopeClerk{clerk: clerk{Backend: backend}, Differentiator: backend.(nn.Differentiator), GaussianMembers: backend.(nn.GaussianMembers)}
	g := newGameIn(t, openWorld(t, "pointmass", c, 1), c, k)
	for i, want := range wanted {
		k.critics, k.slopes = nil, nil
		if _, err := g.Iterate(context.Background()); err != nil {
			t.Fatal(err)
		}
		if len(k.critics) == 0 || player == algo.PlayerPathwise && len(k.slopes) == 0 {
			t.Fatalf("%s: nothing is discounted in iteration %d", player, i+1)
		}
		for _, o := range k.critics {
			if !(math.Abs(o.Gamma-want) < 1e-12) {
				t.Errorf("%s, early %d, early_reward %g: advantages of iteration %d are discounted by %g, want %g", player, early, reward, i+1, o.Gamma, want)
			}
		}
		for _, o := range k.slopes {
			if !(math.Abs(o.Gamma-want) < 1e-12) {
				t.Errorf("%s, early %d, early_reward %g: the gradient of iteration %d is discounted by %g, want %g", player, early, reward, i+1, o.Gamma, want)
			}
		}
	}
}
