package nn

import (
	"cmp"
	"errors"
	"fmt"
)

// PathFacts says which methods of a [Backend] can use some paths. Its checks are the same on every
// backend; most allocate nothing if the arguments fit, because they run at every step of a policy.
type PathFacts struct {
	Observation, Action                   int
	Paths                                 int  // N
	Steps                                 int  // number of kept steps
	Rewards, Learned, Advantages, Returns bool // report which columns exist
	Disagreement                          bool // reports whether the rollout kept it
}

// CheckScore refuses arguments that [Backend.Score] cannot use.
func (f PathFacts) CheckScore(task Task, options ScoreOptions) error {
	return during("score", cmp.Or(CheckTask(task), f.fitTask(task), f.learned(options), options.checkPessimism(f.Paths), f.checkDisagreement(options)))
}

// CheckAdvantages refuses arguments that [Backend.Advantages] cannot use.
func (f PathFacts) CheckAdvantages(value ValueShape) error {
	return during("advantages", cmp.Or(f.fitValue(value), present("rewards", f.Rewards), f.played()))
}

// CheckGradient refuses arguments that [Backend.PolicyGradient] cannot use.
func (f PathFacts) CheckGradient(policy PolicyShape, gradient []float64) error {
	return during("policy gradient", cmp.Or(f.fitPolicy(policy), vector("gradient", gradient, policy.Parameters()),
		present("advantages", f.Advantages), f.played()))
}

// CheckFisher refuses arguments that [Backend.FisherVector] cannot use.
func (f PathFacts) CheckFisher(policy PolicyShape, product, v []float64, stride int) error {
	size := policy.Parameters()
	err := cmp.Or(f.fitPolicy(policy), vector("product", product, size), vector("vector", v, size), f.played())
	if err == nil && stride < 1 {
		err = fmt.Errorf("stride %d: must be positive", stride)
	}
	return during("fisher", err)
}

// CheckSolve refuses arguments that [FisherSolver.SolveFisher] cannot use.
func (f PathFacts) CheckSolve(policy PolicyShape, direction, gradient []float64, options CGOptions) error {
	size := policy.Parameters()
	err := cmp.Or(f.fitPolicy(policy), vector("direction", direction, size), vector("gradient", gradient, size), f.played())
	return cmp.Or(during("conjugate gradient", err), options.Check())
}

// CheckPathwise refuses arguments that [Differentiator.PathwiseGradient] cannot use.
func (f PathFacts) CheckPathwise(policy PolicyShape, model EnsembleShape, value ValueShape, task Task, first, second []float64, o PathwiseOptions) error {
	return during("pathwise gradient", cmp.Or(f.fitValue(value), f.checkBack(policy, model, task, o, first, second)))
}

// checkBack refuses arguments that a derivative through paths cannot use.
func (f PathFacts) checkBack(policy PolicyShape, model EnsembleShape, task Task, o PathwiseOptions, gradients ...[]float64) error {
	err := cmp.Or(f.fitPolicy(policy), f.fitModel(model, o), CheckTask(task), f.fitTask(task), f.played())
	for _, gradient := range gradients {
		err = cmp.Or(err, vector("gradient", gradient, policy.Parameters()))
	}
	if err == nil && !o.Score.Learned {
		err = CheckDifferentiable(task)
	}
	if err == nil && !(o.Smooth >= 0) {
		err = fmt.Errorf("smooth %g: must not be negative", o.Smooth)
	}
	return cmp.Or(err, o.Rollout.Check(), model.checkNoise(o.Rollout), model.checkRanges(o.Rollout))
}

// fitModel refuses a model in which the paths were not rolled out.
func (f PathFacts) fitModel(model EnsembleShape, o PathwiseOptions) error {
	switch {
	case model.Observation != f.Observation || model.Action != f.Action:
		return fmt.Errorf("model of %d observations and %d actions on paths of %d and %d",
			model.Observation, model.Action, f.Observation, f.Action)
	case o.Score.Learned && !model.Reward:
		return errors.New("the ensemble did not learn the reward")
	case f.Paths < 2:
		return fmt.Errorf("%d paths have no two halves", f.Paths)
	case o.Rollout.Draw == DrawAll && f.Paths%model.Members != 0:
		return fmt.Errorf("%d paths of %d members", f.Paths, model.Members)
	}
	return nil
}

// CheckSurrogate refuses arguments that [Backend.Surrogate] cannot use.
func (f PathFacts) CheckSurrogate(policy PolicyShape) error {
	return during("surrogate", cmp.Or(f.fitPolicy(policy), present("advantages", f.Advantages), f.played()))
}

// CheckValueFit refuses arguments that [Backend.FitValue] cannot use.
func (f PathFacts) CheckValueFit(value ValueShape, options ValueFitOptions) error {
	err := cmp.Or(f.fitValue(value), present("returns", f.Returns), f.played())
	return cmp.Or(during("value fit", err), options.Check())
}

func (f PathFacts) fitTask(task Task) error {
	low, _ := task.ActionBox()
	if observations := len(task.ObservationKinds()); observations != f.Observation || len(low) != f.Action {
		name, _ := task.Identity()
		return fmt.Errorf("task %s has %d observations and %d actions, the paths %d and %d",
			name, observations, len(low), f.Observation, f.Action)
	}
	return nil
}

func (f PathFacts) fitPolicy(policy PolicyShape) error {
	if policy.Observation != f.Observation || policy.Action != f.Action {
		return fmt.Errorf("policy of %d observations and %d actions on paths of %d and %d",
			policy.Observation, policy.Action, f.Observation, f.Action)
	}
	return nil
}

func (f PathFacts) fitValue(value ValueShape) error {
	if value.Observation != f.Observation {
		return fmt.Errorf("value network of %d observations on paths of %d", value.Observation, f.Observation)
	}
	return nil
}

func (f PathFacts) learned(options ScoreOptions) error {
	if options.Learned && !f.Learned {
		return errors.New("the ensemble of these paths did not learn the reward")
	}
	return nil
}

// played refuses paths without a kept step.
func (f PathFacts) played() error {
	if f.Steps == 0 {
		return errors.New("the paths have no steps")
	}
	return nil
}

func present(column string, there bool) error {
	if !there {
		return fmt.Errorf("the paths have no %s", column)
	}
	return nil
}

// vector refuses a vector whose length differs from the number of the policy's parameters.
func vector(what string, v []float64, want int) error {
	if len(v) != want {
		return fmt.Errorf("%s of %d entries, want %d", what, len(v), want)
	}
	return nil
}
