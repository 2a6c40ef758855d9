package algo

import (
	"fmt"

	"github.com/palmal-rl/palmal/nn"
)

// learner is a task that may leave its reward and its termination to the model.
type learner interface {
	Learns() (reward, termination bool)
}

// learns reports what a task leaves to the model.
func learns(task nn.Task) (reward, termination bool) {
	if known, ok := task.(learner); ok {
		return known.Learns()
	}
	return false, false
}

// checkLearned refuses a model that does not learn what the task leaves to it, and players that ask the task for what it
// cannot compute, or not often.
func (c Config) checkLearned(task nn.Task) error {
	name, _ := task.Identity()
	if reward, _ := learns(task); reward && !c.Model.LearnReward {
		return Problem{"model.learn_reward", fmt.Sprintf("is false, but task %s leaves its reward to the model", name)}
	}
	if _, end := learns(task); end && !c.Model.LearnEnd {
		return Problem{"model.learn_termination", fmt.Sprintf("is false, but task %s leaves its termination to the model", name)}
	}
	if c.Model.LearnEnd && c.Policy.Player == PlayerPlan {
		return Problem{"policy.player", fmt.Sprintf("%s does not see what ends an episode where the model learns that (model.learn_termination): write a formula", PlayerPlan)}
	}
	if batched, _, _ := nn.Batches(task); batched != nil && c.Policy.Player == PlayerPlan {
		return Problem{"policy.player", fmt.Sprintf("%s asks for rewards one by one, and those of task %s are computed elsewhere: write formulas", PlayerPlan, name)}
	}
	return nil
}
