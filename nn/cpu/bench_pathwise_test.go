package cpu

import (
	"testing"

	"github.com/palmal-rl/palmal/nn"
)

// BenchmarkPathwise times the gradient through 2,000 paths of nine decisions, and their rollout.
func BenchmarkPathwise(b *testing.B) {
	sizes := hopper()
	sizes.members, sizes.starts, sizes.horizon = 5, 2000, 9
	sizes.modelHidden, sizes.valueHidden = []int{256, 256, 256}, []int{256, 256}
	b.StopTimer()
	for name, differentiate := range map[string]bool{"rollout": false, "gradient": true} {
		b.Run(name, func(b *testing.B) {
			b.StopTimer()
			s := &stage{B: b, world: newWorld(b, 1, sizes)}
			w := s.world
			w.rollout.Draw = nn.DrawStep
			first, second := make([]float64, w.policy.Shape().Parameters()), make([]float64, w.policy.Shape().Parameters())
			for range b.N {
				products, times := w.model.Shape().RolloutStep(w.policy.Shape(), 400/8), 8.0*float64(sizes.horizon)
				var paths nn.Paths
				roll := func() {
					var err error
					paths, err = w.Rollout(w.policy, w.model, w.task, w.starts, w.rollout)
					must(b, err)
				}
				if !differentiate {
					s.part(products, times, roll)
				} else {
					roll()
					s.part(w.model.Shape().PathwiseStep(w.policy.Shape(), 250), 8*float64(sizes.horizon), func() {
						must(b, w.PathwiseGradient(first, second, paths, w.policy, w.model, w.value, w.task,
							nn.PathwiseOptions{Gamma: 0.99, Score: nn.ScoreOptions{RewardScale: 1}, Rollout: w.rollout}))
					})
				}
				must(b, paths.Close())
			}
			s.report()
		})
	}
}
