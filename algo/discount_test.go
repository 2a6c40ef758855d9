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
		c := pathwise(t, "pointmass")
		c.Policy.Player = player
		c.InitialSamples, c.SamplesPerIteration, c.NPG.Steps, c.Model.MinSteps, c.Model.MaxSteps = 100, 50, 1, 10, 10
		c.Buffer = 100
		c.NPG.Gamma, c.NPG.GammaEarly, c.NPG.Early = 0.99, 0.75, 200
		backend := cpuBackend(t)
		k := &slopeClerk{clerk: clerk{Backend: backend}, Differentiator: backend.(nn.Differentiator), GaussianMembers: backend.(nn.GaussianMembers)}
		g := newGameIn(t, openWorld(t, "pointmass", c, 1), c, k)
		for i, want := range []float64{0.75, 0.95, 0.99} { // after 100, 150 and 200 samples: 1 − γ is 0.25, then a fifth of it, then a fifth of that
			k.critics, k.slopes = nil, nil
			if _, err := g.Iterate(context.Background()); err != nil {
				t.Fatal(err)
			}
			if len(k.critics) == 0 || player == algo.PlayerPathwise && len(k.slopes) == 0 {
				t.Fatalf("%s: nothing is discounted in iteration %d", player, i+1)
			}
			for _, o := range k.critics {
				if !(math.Abs(o.Gamma-want) < 1e-12) {
					t.Errorf("%s: advantages of iteration %d are discounted by %g, want %g", player, i+1, o.Gamma, want)
				}
			}
			for _, o := range k.slopes {
				if !(math.Abs(o.Gamma-want) < 1e-12) {
					t.Errorf("%s: the gradient of iteration %d is discounted by %g, want %g", player, i+1, o.Gamma, want)
				}
			}
		}
	}
}
