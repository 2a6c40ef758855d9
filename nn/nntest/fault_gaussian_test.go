package nntest

import (
	"gorgonia.org/tensor"

	"github.com/palmal-rl/palmal/nn"
)

// caring is a backend that offers nn.GaussianMembers, with a fault of change.
type caring struct {
	differing
	nn.GaussianMembers
	fit   func(*nn.FitOptions)
	shape func(*nn.Gaussian)
	noise func([]float32)
}

func (c caring) NewEnsemble(shape nn.EnsembleShape, parameters []float32) (nn.Ensemble, error) {
	if shape.Gaussian != nil {
		other := *shape.Gaussian
		c.shape(&other)
		shape.Gaussian = &other
	}
	return c.Backend.NewEnsemble(shape, parameters)
}

func (c caring) Fit(model nn.Ensemble, data nn.Transitions, options nn.FitOptions) (nn.FitReport, error) {
	c.fit(&options)
	return c.Backend.Fit(model, data, options)
}

func (c caring) Noise(model nn.Ensemble, task nn.Task, observations, actions *tensor.Dense) (*tensor.Dense, error) {
	noise, err := c.GaussianMembers.Noise(model, task, observations, actions)
	if err == nil {
		c.noise(nn.RowMajor(noise))
	}
	return noise, err
}

func gaussianFaults() map[string]fault {
	faulty := func(change func(*caring), found ...string) fault {
		return fault{func(b nn.Backend) nn.Backend {
			c := caring{newDiffering(b), b.(nn.GaussianMembers), func(*nn.FitOptions) {}, func(*nn.Gaussian) {}, func([]float32) {}}
			change(&c)
			return c
		}, found}
	}
	fit := func(change func(*nn.FitOptions), found ...string) fault {
		return faulty(func(c *caring) { c.fit = change }, found...)
	}
	shape := func(change func(*nn.Gaussian), found ...string) fault {
		return faulty(func(c *caring) { c.shape = change }, found...)
	}
	return map[string]fault{
		"units are not normalised":        shape(func(g *nn.Gaussian) { g.LayerNorm = false }, "gaussian/gradient-smooth", "gaussian/steps-smooth", "care/restart"),
		"SiLU is ReLU":                    shape(func(g *nn.Gaussian) { g.Activation = nn.ReLU }, "gaussian/gradient-smooth", "gaussian/gradient-by-state", "gaussian/dropout"),
		"no row is held out":              fit(func(o *nn.FitOptions) { o.Care.HoldOut = 0 }, "care/hold-out"),
		"all rows weigh the same":         fit(func(o *nn.FitOptions) { o.Care.Bootstrap = false }, "care/bootstrap"),
		"images are rows of their own":    fit(func(o *nn.FitOptions) { o.Care.Images = 0 }, "care/images"),
		"decay by layer is ignored":       fit(func(o *nn.FitOptions) { o.Care.LayerDecay = 0 }, "care/layer-decay"),
		"the optimiser is never at rest":  fit(func(o *nn.FitOptions) { o.Care.Restart = false }, "care/restart"),
		"no unit is left out":             fit(func(o *nn.FitOptions) { o.Care.Dropout = 0 }, "gaussian/dropout", "gaussian/dropout-wide"),
		"Beta is ignored":                 fit(func(o *nn.FitOptions) { o.Care.Beta = 0 }, "gaussian/beta"),
		"the rate does not rise":          fit(func(o *nn.FitOptions) { o.Warmup = 0 }, "fit/warm-up"),
		"the rate falls to 0":             fit(func(o *nn.FitOptions) { o.Rest = 0 }, "fit/warm-up"),
		"the noise of members is twofold": faulty(func(c *caring) { c.noise = func(x []float32) { scaleAll(x, 2) } }, "gaussian/steps-rough", "gaussian/bounds"),
		"paths have no noise of members": faulty(func(c *caring) { c.rollout = func(o *nn.RolloutOptions) { o.OwnNoise = 0 } },
			"gaussian/rollout-smooth", "gaussian/rollout-all-smooth", "gaussian/rollout-by-state"),
		"gradients have no noise of members": faulty(func(c *caring) { c.change = func(o *nn.PathwiseOptions) { o.Rollout.OwnNoise = 0 } },
			"gaussian/pathwise-by-state", "gaussian/pathwise-differences-by-state"),
	}
}

func scaleAll(x []float32, by float32) {
	for i := range x {
		x[i] *= by
	}
}
