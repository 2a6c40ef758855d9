package task

import "github.com/palmal-rl/palmal/physics/task/formula"

// RewardScratch returns the number of scratch numbers that RewardGradient needs; ok is false where no formula gives
// the reward.
func (t *Task) RewardScratch() (n int, ok bool) {
	return len(t.Terms) + t.rewards.Scratch(), t.RewardFrom == Formula
}

// RewardGradient adds weight · ∂r/∂x to dObs, dAct and dNext, for the reward r of the step from obs by act to next.
// Conditions are as smooth as formula.Program.SmoothGradient says. It allocates nothing; scratch holds RewardScratch numbers.
func (t *Task) RewardGradient(dObs, dAct, dNext []float64, weight, smooth float64, obs, act, next, scratch []float64) {
	weights := scratch[:len(t.Terms)]
	for i := range weights {
		weights[i] = weight
	}
	into := formula.Inputs{formula.Obs: dObs, formula.Action: dAct, formula.Next: dNext}
	in := formula.Inputs{formula.Obs: obs, formula.Action: act, formula.Next: next, formula.Parameters: t.values}
	t.rewards.SmoothGradient(&into, nil, &in, weights, smooth, scratch[len(weights):])
}

// RewardTape returns the program of the reward for devices that differentiate it, with an output for each term; nil
// where there is none. See formula.Program.EncodeTape.
func (t *Task) RewardTape() []uint32 {
	if t.RewardFrom != Formula {
		return nil
	}
	return t.rewards.EncodeTape()
}
