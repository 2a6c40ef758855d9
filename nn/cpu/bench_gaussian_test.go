package cpu

import (
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
