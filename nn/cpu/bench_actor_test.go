package cpu

import (
	"testing"

	"github.com/palmal-rl/palmal/nn"
)

// BenchmarkActorCritic times the parts of an update on 96 paths of nine decisions.
func BenchmarkActorCritic(b *testing.B) {
	sizes := hopper()
	sizes.members, sizes.starts, sizes.horizon = 5, 96, 9
	sizes.modelHidden, sizes.policyHidden = []int{256, 256, 256}, []int{256, 256}
	sizes.gaussian = &nn.Gaussian{Activation: nn.SiLU, LayerNorm: true}
	w := newWorld(b, 1, sizes)
	w.rollout.Draw, w.rollout.OwnNoise = nn.DrawStep, 1
	shape := nn.CriticShape{Critics: 2, Observation: w.policy.Shape().Observation, Action: w.policy.Shape().Action, Hidden: []int{256, 256}}
	critics, err := w.NewCritics(shape, shape.Init(1))
	must(b, err)
	gradient := make([]float64, w.policy.Shape().Parameters())
	roll := func() nn.Paths {
		paths, err := w.Rollout(w.policy, w.model, w.task, w.starts, w.rollout)
		must(b, err)
		_, err = w.Score(paths, w.task, nn.ScoreOptions{RewardScale: 1})
		must(b, err)
		return paths
	}
	parts := map[string]func(nn.Paths){
		"rollout": func(nn.Paths) { must(b, roll().Close()) },
		"critics": func(paths nn.Paths) {
			_, err := w.FitCritics(critics, paths, w.policy, w.task, nn.CriticOptions{Gamma: 0.99, High: 100, Slow: 0.005, Adam: nn.DefaultAdam(), Rollout: w.rollout})
			must(b, err)
		},
		"gradient": func(paths nn.Paths) {
			must(b, w.ActorGradient(gradient, paths, w.policy, critics, w.model, w.task, nn.ActorOptions{High: 100, Entropy: 0.1,
				PathwiseOptions: nn.PathwiseOptions{Gamma: 0.99, Score: nn.ScoreOptions{RewardScale: 1}, Rollout: w.rollout}}))
		},
	}
	for name, part := range parts {
		b.Run(name, func(b *testing.B) {
			paths := roll()
			b.ReportAllocs()
			for b.Loop() {
				parameters, err := w.policy.Parameters()
				must(b, err)
				must(b, w.policy.SetParameters(parameters))
				part(paths)
			}
			must(b, paths.Close())
		})
	}
}
