package bench

import (
	"errors"
	"fmt"

	"github.com/palmal-rl/palmal/nn"
	"github.com/palmal-rl/palmal/physics/task/formula"
)

// A step of the pathwise player takes more and shorter paths than one of the natural policy gradient: 4,000 of five
// decisions, as its preset for ant, where npg has 800 of 500.
const (
	pathFactor  = 20  // paths for each start of a member
	pathDivisor = 100 // decisions of npg for each of theirs
)

// pathwise is the number of paths and decisions of a step.
func (w Work) pathwise() (paths, horizon int) {
	return pathFactor * w.Starts, max(1, w.Horizon/pathDivisor)
}

// timePathwise times a rollout in drawn members and the gradient through its paths. What follows is timed by npg.
func (c *clock) timePathwise() error {
	differentiator, ok := c.backend.(nn.Differentiator)
	if !ok {
		return fmt.Errorf("backend %s does not differentiate paths", c.backend.Name())
	}
	n, horizon := c.work.pathwise()
	starts := nn.Starts{Observations: nn.Matrix(uniform(n*c.task.Observation, 4), n, c.task.Observation), Times: make([]float32, n)}
	options := nn.RolloutOptions{Horizon: horizon, Clamp: 100, Seed: seed, Index: c.rollout, Draw: nn.DrawStep}
	c.rollout++
	var paths nn.Paths
	each := (n + members - 1) / members
	err := c.part("drawn rollout", c.model.Shape().RolloutStep(c.policy.Shape(), each), float64(horizon), func() (err error) {
		paths, err = c.backend.Rollout(c.policy, c.model, c.task, starts, options)
		return err
	})
	if err != nil {
		return err
	}
	err = c.part("gradient of paths", c.model.Shape().PathwiseStep(c.policy.Shape(), n), float64(horizon), func() error {
		first, second := make([]float64, c.policy.Shape().Parameters()), make([]float64, c.policy.Shape().Parameters())
		return differentiator.PathwiseGradient(first, second, paths, c.policy, c.model, c.value, c.task,
			nn.PathwiseOptions{Gamma: gamma, Score: nn.ScoreOptions{RewardScale: 1}, Rollout: options})
	})
	return errors.Join(err, paths.Close())
}

// RewardScratch is the scratch of the program's derivative.
func (g glide) RewardScratch() (n int, ok bool) { return 2 + g.rewards.Scratch(), true }

// RewardGradient differentiates the program of the terms.
func (g glide) RewardGradient(dObs, dAct, dNext []float64, weight, smooth float64, obs, act, next, scratch []float64) {
	scratch[0], scratch[1] = weight, weight
	into := formula.Inputs{formula.Obs: dObs, formula.Action: dAct, formula.Next: dNext}
	in := formula.Inputs{formula.Obs: obs, formula.Action: act, formula.Next: next}
	g.rewards.SmoothGradient(&into, nil, &in, scratch[:2], smooth, scratch[2:])
}

// RewardTape returns the program of the terms for devices that differentiate it.
func (g glide) RewardTape() []uint32 { return g.rewards.EncodeTape() }
