package nn

import (
	"cmp"
	"fmt"
	"math"
)

// CheckCritics refuses arguments that [ActorCritic.FitCritics] cannot use.
func (f PathFacts) CheckCritics(policy PolicyShape, critics CriticShape, task Task, o CriticOptions) error {
	err := cmp.Or(f.fitPolicy(policy), f.fitCritics(critics), CheckTask(task), f.fitTask(task), present("rewards", f.Rewards), f.played(),
		checkRange(o.Low, o.High), checkBonus("bonus", o.Bonus))
	if err == nil && !(o.Slow >= 0 && o.Slow <= 1) {
		err = fmt.Errorf("slow %g: must be a fraction", o.Slow)
	}
	return during("fit of critics", cmp.Or(err, o.Rollout.Check(), o.Adam.Check()))
}

// CheckActor refuses arguments that [ActorCritic.ActorGradient] cannot use.
func (f PathFacts) CheckActor(policy PolicyShape, critics CriticShape, model EnsembleShape, task Task, gradient []float64, o ActorOptions) error {
	err := cmp.Or(f.fitCritics(critics), checkRange(o.Low, o.High), checkBonus("entropy", o.Entropy))
	if err == nil {
		err = f.checkBack(policy, model, task, o.PathwiseOptions, gradient)
	}
	return during("actor's gradient", err)
}

// fitCritics refuses critics of other sizes.
func (f PathFacts) fitCritics(critics CriticShape) error {
	if critics.Observation != f.Observation || critics.Action != f.Action {
		return fmt.Errorf("critics of %d observations and %d actions on paths of %d and %d",
			critics.Observation, critics.Action, f.Observation, f.Action)
	}
	return nil
}

// checkRange refuses a range of returns without a width.
func checkRange(low, high float64) error {
	if !(high > low) || math.IsInf(high-low, 0) {
		return fmt.Errorf("returns from %g to %g: want a finite range", low, high)
	}
	return nil
}

func checkBonus(what string, x float64) error {
	if x-x != 0 {
		return fmt.Errorf("%s %g: must be finite", what, x)
	}
	return nil
}
