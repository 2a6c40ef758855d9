package cpu

import (
	"testing"

	"github.com/palmal-rl/palmal/nn"
)

// ant is a world of the sizes of the ant's pathwise preset.
func ant(b *testing.B) *world {
	w := newWorld(b, 1, sizes{
		members: 5, observation: 28, action: 8, rows: 10000, starts: 4000, horizon: 5,
		modelHidden: []int{256, 256, 256}, policyHidden: []int{64, 64}, valueHidden: []int{256, 256},
		gaussian: &nn.Gaussian{Activation: nn.SiLU},
		care:     nn.Care{HoldOut: 0.2, Bootstrap: true, LayerDecay: 2.5e-4, Restart: true, Dropout: 0.0075},
	})
	w.fit.Batch, w.fit.Warmup, w.fit.Rest, w.fit.Anneal = 192, 30, 0.05, 1
	w.rollout.Draw, w.rollout.ClampSpread = nn.DrawStep, 10
	w.critic.Batch, w.critic.Unjudged = 1024, true
	return w
}

// BenchmarkAnt times the parts of an iteration of the ant's pathwise preset on one worker: its fit with all care,
// and for one step of the policy the rest.
func BenchmarkAnt(b *testing.B) {
	for _, part := range []string{"fit", "rollout", "gradient", "advantages", "value"} {
		b.Run(part, func(b *testing.B) {
			b.StopTimer()
			s := &stage{B: b, world: ant(b)}
			for range b.N {
				s.ant(part)
			}
			s.report()
		})
	}
}

// ant runs all of a step and times one part.
func (s *stage) ant(part string) {
	w := s.world
	timed := func(name string, products nn.GEMMs, times float64, run func()) {
		if name == part {
			s.part(products, times, run)
		} else {
			run()
		}
	}
	if part == "fit" {
		w.fit.MinSteps, w.fit.MaxSteps = 550, 550
		timed("fit", w.model.Shape().FitStep(192), 550, func() {
			_, err := w.Fit(w.model, w.data, w.fit)
			must(s, err)
		})
		return
	}
	var paths nn.Paths
	const steps = 4000 * 5.0
	timed("rollout", w.model.Shape().RolloutStep(w.policy.Shape(), 50), steps/250, func() {
		var err error
		paths, err = w.Rollout(w.policy, w.model, w.task, w.starts, w.rollout)
		must(s, err)
	})
	_, err := w.Score(paths, w.task, nn.ScoreOptions{RewardScale: 1})
	must(s, err)
	own, _ := nn.Own[*value](w.value)
	own.version++
	timed("advantages", w.value.Shape().MLP().Forward(ChunkRows), steps*1.2/ChunkRows, func() { must(s, w.Advantages(paths, w.value, w.gae)) })
	size := w.policy.Shape().Parameters()
	first, second := make([]float64, size), make([]float64, size)
	timed("gradient", w.model.Shape().PathwiseStep(w.policy.Shape(), 250), steps/250, func() {
		must(s, w.PathwiseGradient(first, second, paths, w.policy, w.model, w.value, w.task,
			nn.PathwiseOptions{Gamma: 0.99, Score: nn.ScoreOptions{RewardScale: 1}, Rollout: w.rollout}))
	})
	timed("value", w.value.Shape().ValueStep(1024), steps/1024, func() {
		_, err := w.FitValue(w.value, paths, w.critic)
		must(s, err)
	})
	must(s, paths.Close())
}
