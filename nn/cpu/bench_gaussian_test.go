package cpu

import (
	"fmt"
	"testing"

	"github.com/palmal-rl/palmal/nn"
)

// BenchmarkMembers times fits of members of either kind, of 20 minibatches each.
func BenchmarkMembers(b *testing.B) {
	for name, gaussian := range map[string]*nn.Gaussian{"deterministic": nil, "gaussian": {Activation: nn.SiLU, LayerNorm: true}} {
		b.Run(name, func(b *testing.B) {
			b.StopTimer()
			sizes := hopper()
			sizes.members, sizes.modelHidden, sizes.gaussian = 5, []int{256, 256, 256}, gaussian
			s := &stage{B: b, world: newWorld(b, 1, sizes)}
			options := s.world.fit
			options.Batch, options.MinSteps, options.MaxSteps = 192, 20, 20
			for range b.N {
				s.part(s.world.model.Shape().FitStep(192), 20, func() {
					_, err := s.world.Fit(s.world.model, s.world.data, options)
					must(b, err)
				})
			}
			s.report()
		})
	}
}

// BenchmarkLanesOfMembers times the fit of the hopper's pathwise preset on one worker and on two, which share every member.
func BenchmarkLanesOfMembers(b *testing.B) {
	for _, workers := range []int{1, 2} {
		b.Run(fmt.Sprint(workers), func(b *testing.B) {
			b.StopTimer()
			s := &stage{B: b, world: newWorld(b, workers, hopper().pathwise(true))}
			w := s.world
			w.fit.Batch, w.fit.Warmup, w.fit.Rest, w.fit.Anneal, w.fit.MinSteps, w.fit.MaxSteps = 192, 30, 0.05, 1, 350, 350
			for range b.N {
				s.part(w.model.Shape().FitStep(192), 350, func() {
					_, err := w.Fit(w.model, w.data, w.fit)
					must(b, err)
				})
			}
			s.report()
		})
	}
}

// pathwise are the sizes with members as in the pathwise preset.
func (s sizes) pathwise(norm bool) sizes {
	s.members, s.modelHidden, s.gaussian = 5, []int{256, 256, 256}, &nn.Gaussian{Activation: nn.SiLU, LayerNorm: norm}
	s.care = nn.Care{HoldOut: 0.1, LayerDecay: 2.5e-4, Restart: true, Dropout: 0.0075}
	return s
}
