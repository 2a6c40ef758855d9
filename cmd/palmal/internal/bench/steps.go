package bench

import (
	"math"

	"github.com/palmal-rl/palmal/nn"
)

// fit fits the model for a number of minibatches.
func (w *workload) fit(steps int) error {
	_, err := w.backend.Fit(w.model, w.data, nn.FitOptions{Epochs: steps, Batch: batch, MaxSteps: steps, Adam: nn.DefaultAdam(), Seed: seed})
	return err
}

// timeFit fits in slices, with the BLAS measured before and after each, since the machine's speed may change
// during a long fit. On a steady device it is one call, as in training.
func (c *clock) timeFit() error {
	slice := 100 // minibatches, a second or two
	if c.options.Steady {
		slice = c.work.FitSteps
	}
	for left := c.work.FitSteps; left > 0; left -= slice {
		steps := min(slice, left)
		if err := c.part("fit", c.model.Shape().FitStep(batch), float64(steps), func() error { return c.fit(steps) }); err != nil {
			return err
		}
	}
	return nil
}

// timeRollout rolls the policy out. The measured products have half of the starts as rows, as when two
// workers share a member's paths.
func (c *clock) timeRollout() (paths nn.Paths, err error) {
	const parts = 2
	products := c.model.Shape().RolloutStep(c.policy.Shape(), c.work.Starts/parts)
	err = c.part("rollout", products, parts*float64(c.work.Horizon), func() (err error) {
		paths, err = c.backend.Rollout(c.policy, c.model, c.task, c.starts,
			nn.RolloutOptions{Horizon: c.work.Horizon, Clamp: 100, Seed: seed, Index: c.rollout})
		c.rollout++
		return err
	})
	return paths, err
}

// timeNPG times one step of model-based natural policy gradient, as in package algo.
func (c *clock) timeNPG() error {
	paths, err := c.timeRollout()
	if err != nil {
		return err
	}
	gradient := make([]float64, c.policy.Shape().Parameters())
	for _, step := range []func() error{
		func() error { return c.timeAdvantages(paths) },
		func() error { return c.timeGradient(paths, gradient) },
		func() error { return c.timeCG(paths, gradient) },
		func() error { return c.timeStep(paths) },
		func() error { return c.timeValue(paths) },
	} {
		if err := step(); err != nil {
			return err
		}
	}
	return paths.Close()
}

// chunks is the number of chunks of rows in the paths.
func (c *clock) chunks() float64 { return c.steps() / float64(c.options.ChunkRows) }

// steps is the number of decisions of a rollout.
func (c *clock) steps() float64 { return float64(members * c.work.Starts * c.work.Horizon) }

func (c *clock) timeAdvantages(paths nn.Paths) error {
	products := c.value.Shape().MLP().Forward(c.options.ChunkRows)
	return c.part("score, advantages", products, c.chunks(), func() error {
		if _, err := c.backend.Score(paths, c.task, nn.ScoreOptions{RewardScale: 1}); err != nil {
			return err
		}
		return c.backend.Advantages(paths, c.value, nn.AdvantageOptions{Gamma: gamma, Lambda: lambda, Whiten: true})
	})
}

func (c *clock) timeGradient(paths nn.Paths, gradient []float64) error {
	return c.part("gradient", c.policy.Shape().GradientStep(c.options.ChunkRows), c.chunks(), func() error {
		return c.backend.PolicyGradient(gradient, paths, c.policy)
	})
}

// timeCG solves for the natural gradient as package algo does: with the backend's own method where there
// is one, else by products. Each product counts as a tangent and a backward pass: the policy does not change,
// so a backend may keep the activations of the gradient's forward pass.
func (c *clock) timeCG(paths nn.Paths, gradient []float64) error {
	net := c.policy.Shape().MLP()
	products := append(net.Tangent(c.options.ChunkRows), net.Backward(c.options.ChunkRows)...)
	return c.part("conjugate gradient", products, cgSteps*c.chunks(), func() error {
		solver, ok := c.backend.(nn.FisherSolver)
		if !ok {
			return c.powers(paths, gradient)
		}
		_, err := solver.SolveFisher(make([]float64, len(gradient)), gradient, paths, c.policy,
			nn.CGOptions{Iterations: cgSteps, Damping: damping, Stride: 1})
		return err
	})
}

// powers computes the products of conjugate gradients. CG's own vectors have a few thousand numbers, at
// negligible cost compared with a product, so the vectors of a power iteration replace them.
func (c *clock) powers(paths nn.Paths, gradient []float64) error {
	v, product := append([]float64(nil), gradient...), make([]float64, len(gradient))
	for range cgSteps {
		if err := c.backend.FisherVector(product, v, paths, c.policy, 1); err != nil {
			return err
		}
		norm := 0.0
		for _, x := range product {
			norm += x * x
		}
		for i, x := range product {
			v[i] = x / math.Sqrt(norm)
		}
	}
	return nil
}

// timeStep sets the parameters to their old values and compares the policy with the one that acted.
func (c *clock) timeStep(paths nn.Paths) error {
	return c.part("step", c.policy.Shape().MLP().Forward(c.options.ChunkRows), c.chunks(), func() error {
		parameters, err := c.policy.Parameters()
		if err == nil {
			err = c.policy.SetParameters(parameters)
		}
		if err != nil {
			return err
		}
		_, _, err = c.backend.Surrogate(paths, c.policy)
		return err
	})
}

// timeValue times one epoch of the value fit and the passes that measure its error before and after.
func (c *clock) timeValue(paths nn.Paths) error {
	shape := c.value.Shape()
	products := append(shape.ValueStep(valueBatch), shape.MLP().Forward(2*valueBatch)...)
	return c.part("value fit", products, c.steps()/valueBatch, func() error {
		_, err := c.backend.FitValue(c.value, paths, nn.ValueFitOptions{Epochs: 1, Batch: valueBatch, Adam: nn.DefaultAdam(), Seed: seed})
		return err
	})
}
