package algo

import (
	"context"
	"fmt"

	"github.com/palmal-rl/palmal/nn"
)

// trainingWorld is a world that can end an episode of training earlier than one of an evaluation.
type trainingWorld interface {
	// SampleTraining is Sample, but an episode ends also at a fall, where falls is true, and after the given
	// number of decisions, at least 1 and at most Horizon.
	SampleTraining(ctx context.Context, seed, first uint64, falls bool, decisions int, newActor func() ActFunc, keep KeepFunc) error
}

// trainingSteps is the longest episode of training, in environment steps, where others have at most horizon.
func (c Config) trainingSteps(horizon int) int {
	if c.TrainingHorizon == 0 {
		return horizon
	}
	return min(horizon, c.TrainingHorizon)
}

// trainingDecisions is the same in decisions.
func (c Config) trainingDecisions(horizon int) int {
	return c.trainingSteps(horizon*c.Repeat) / c.Repeat
}

// checkTraining refuses a world that cannot end episodes of training as the configuration asks for.
func (c Config) checkTraining(task nn.Task, world World) error {
	if _, ok := world.(trainingWorld); ok {
		return nil
	}
	name, _ := task.Identity()
	if c.falls(task) {
		return Problem{"fallen", fmt.Sprintf("the world of task %s cannot end episodes at falls", name)}
	}
	if c.TrainingHorizon != 0 {
		return Problem{"training_horizon", fmt.Sprintf("is %d, but the world of task %s cannot end episodes early", c.TrainingHorizon, name)}
	}
	return nil
}

// playTraining plays episodes of training.
func (g *Game) playTraining(ctx context.Context, seed, first uint64, newActor func() ActFunc, keep KeepFunc) error {
	falls := g.config.falls(g.task)
	if !falls && g.config.TrainingHorizon == 0 {
		return g.world.Sample(ctx, seed, first, newActor, keep)
	}
	return g.world.(trainingWorld).SampleTraining(ctx, seed, first, falls, g.config.trainingDecisions(g.world.Horizon()), newActor, keep)
}
