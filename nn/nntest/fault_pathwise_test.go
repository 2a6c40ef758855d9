package nntest

import (
	"testing"

	"github.com/palmal-rl/palmal/nn"
)

// differing is a backend that offers nn.Differentiator, with a fault of change.
type differing struct {
	nn.Backend
	rollout func(*nn.RolloutOptions)
	change  func(*nn.PathwiseOptions)
	result  func(first, second []float64)
}

// whole offers everything that is optional.
type whole struct {
	solving
	nn.Differentiator
	nn.GaussianMembers
	nn.ActorCritic
	nn.Disagreeing
}

func newDiffering(b nn.Backend) differing {
	return differing{b, func(*nn.RolloutOptions) {}, func(*nn.PathwiseOptions) {}, func(_, _ []float64) {}}
}

func (d differing) Rollout(p nn.Policy, m nn.Ensemble, task nn.Task, starts nn.Starts, options nn.RolloutOptions) (nn.Paths, error) {
	d.rollout(&options)
	return d.Backend.Rollout(p, m, task, starts, options)
}

func (d differing) PathwiseGradient(first, second []float64, paths nn.Paths, policy nn.Policy, model nn.Ensemble, value nn.Value, task nn.Task, options nn.PathwiseOptions) error {
	d.change(&options)
	err := d.Backend.(nn.Differentiator).PathwiseGradient(first, second, paths, policy, model, value, task, options)
	d.result(first, second)
	return err
}

func TestBackendsWithoutDerivativesSkipTheirCases(t *testing.T) {
	for _, k := range Cases() {
		if k.Optional != "Differentiator" {
			continue
		}
		t.Run(k.Name, func(t *testing.T) {
			t.Cleanup(func() {
				if !t.Skipped() {
					t.Error("not skipped")
				}
			})
			k.run(t, Config{Small: true, New: func(TB) nn.Backend { return mute{Reference(), ""} }})
		})
	}
}

func pathwiseFaults() map[string]fault {
	faulty := func(found []string, change func(*differing)) fault {
		return fault{func(b nn.Backend) nn.Backend {
			d := newDiffering(b)
			change(&d)
			return d
		}, found}
	}
	options := func(change func(*nn.PathwiseOptions), found ...string) fault {
		return faulty(found, func(d *differing) { d.change = change })
	}
	calls := 0.0
	return map[string]fault{
		"γ is left out": options(func(o *nn.PathwiseOptions) { o.Gamma = 1 }, "pathwise/step", "pathwise/finite-differences", "pathwise/learned"),
		"the scale of rewards is left out": options(func(o *nn.PathwiseOptions) { o.Score.RewardScale = 1 },
			"pathwise/step", "pathwise/finite-differences", "pathwise/learned"),
		"the gradient is another member's": options(func(o *nn.PathwiseOptions) { o.Rollout.Index++ }, "pathwise/step", "pathwise/path", "pathwise/finite-differences"),
		"clamps are ignored":               options(func(o *nn.PathwiseOptions) { o.Rollout.Clamp, o.Rollout.ClampSpread = 0, 0 }, "pathwise/bounds"),
		"ranges are ignored":               options(func(o *nn.PathwiseOptions) { o.Rollout.Low, o.Rollout.High = nil, nil }, "pathwise/range"),
		"noise is ignored":                 options(func(o *nn.PathwiseOptions) { o.Rollout.Noise = nil }, "pathwise/noise", "pathwise/finite-differences"),
		"conditions are never smooth":      options(func(o *nn.PathwiseOptions) { o.Smooth = 0 }, "pathwise/smooth"),
		"a learned reward is ignored":      options(func(o *nn.PathwiseOptions) { o.Score.Learned = false }, "pathwise/learned"),
		"the halves change places": faulty([]string{"pathwise/step"}, func(d *differing) {
			d.result = func(first, second []float64) {
				for i := range first {
					first[i], second[i] = second[i], first[i]
				}
			}
		}),
		"a gradient through paths that is never the same": faulty([]string{"pathwise/same-bits"}, func(d *differing) {
			d.result = func(first, _ []float64) {
				calls++
				for i := range first {
					first[i] *= 1 + 1e-9*calls
				}
			}
		}),
		"members are drawn once": faulty([]string{"rollout/drawn-step"}, func(d *differing) {
			d.rollout = func(o *nn.RolloutOptions) {
				if o.Draw == nn.DrawStep {
					o.Draw = nn.DrawPath
				}
			}
		}),
		"members are not drawn": faulty([]string{"rollout/drawn-path"}, func(d *differing) {
			d.rollout = func(o *nn.RolloutOptions) { o.Draw = nn.DrawAll }
		}),
	}
}
