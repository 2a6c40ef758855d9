package cpu

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/palmal-rl/palmal/nn"
)

// BenchmarkPrecision compares fits, rollouts and gradients in each precision with those of fp32 done next to them, at the sizes of the
// ant's and the hopper's pathwise presets and of the members of PAL's tuned ones, on one worker: medians of ratios, because a shared
// machine changes its speed from second to second.
func BenchmarkPrecision(b *testing.B) {
	pal := hopper()
	pal.horizon = 50
	pathwise := func(observation, action int, norm bool) sizes {
		return sizes{observation: observation, action: action, rows: 10000, starts: 2000, horizon: 5,
			policyHidden: []int{64, 64}, valueHidden: []int{256, 256}}.pathwise(norm)
	}
	for _, c := range []struct {
		name  string
		batch int
		sizes sizes
	}{{"hopper-pathwise", 192, pathwise(11, 3, true)}, {"ant-pathwise", 192, pathwise(28, 8, false)}, {"hopper-pal", 200, pal}} {
		for _, part := range []string{"fit", "rollout", "gradient"} {
			b.Run(fmt.Sprintf("%s/%s", c.name, part), func(b *testing.B) {
				if halvesHere() == nil {
					b.Skip("this processor lacks AVX512_BF16")
				}
				comparePrecisions(b, c.sizes, c.batch, part)
			})
		}
	}
}

// comparePrecisions times a part in all precisions in turn.
func comparePrecisions(b *testing.B, s sizes, batch int, part string) {
	var runs []func()
	for i := range nn.Precisions() {
		s.precision = nn.Precision(i)
		runs = append(runs, partOf(b, s, batch, part))
	}
	seconds := make([][]float64, len(runs))
	b.ResetTimer()
	for range b.N {
		for i, run := range runs {
			start := time.Now()
			run()
			seconds[i] = append(seconds[i], time.Since(start).Seconds())
		}
	}
	for i, name := range nn.Precisions() {
		ratios := make([]float64, b.N)
		for n := range ratios {
			ratios[n] = seconds[0][n] / seconds[i][n]
		}
		b.ReportMetric(median(seconds[i])*1e3, name+"-ms")
		if i > 0 {
			b.ReportMetric(median(ratios), name+"-times-faster")
		}
	}
}

// partOf prepares a part of an iteration, done once.
func partOf(b *testing.B, s sizes, batch int, part string) func() {
	w := newWorld(b, 1, s)
	w.fit.Batch, w.fit.MinSteps, w.fit.MaxSteps = batch, 100, 100
	if s.gaussian != nil {
		w.rollout.Draw, w.rollout.ClampSpread = nn.DrawStep, 10
	}
	options := nn.PathwiseOptions{Gamma: 0.99, Score: nn.ScoreOptions{RewardScale: 1}, Rollout: w.rollout}
	first, second := make([]float64, w.policy.Shape().Parameters()), make([]float64, w.policy.Shape().Parameters())
	var paths nn.Paths
	run := map[string]func(){
		"fit": func() {
			_, err := w.Fit(w.model, w.data, w.fit)
			must(b, err)
		},
		"rollout": func() {
			must(b, paths.Close())
			var err error
			paths, err = w.Rollout(w.policy, w.model, w.task, w.starts, w.rollout)
			must(b, err)
		},
		"gradient": func() {
			must(b, w.PathwiseGradient(first, second, paths, w.policy, w.model, w.value, w.task, options))
		},
	}
	run["fit"]()
	paths = w.sample(b)
	run[part]()
	return run[part]
}

// median is that of x, which it sorts.
func median(x []float64) float64 {
	slices.Sort(x)
	return x[len(x)/2]
}
