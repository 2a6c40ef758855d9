package nntest

import "github.com/palmal-rl/palmal/nn"

// judging is a backend that offers nn.ActorCritic, with a fault of change.
type judging struct {
	differing
	nn.ActorCritic
	fit    func(*nn.CriticOptions)
	change func(*nn.ActorOptions)
	result func([]float64)
}

func (j judging) FitCritics(critics nn.Critics, paths nn.Paths, policy nn.Policy, task nn.Task, options nn.CriticOptions) (nn.CriticReport, error) {
	j.fit(&options)
	return j.ActorCritic.FitCritics(critics, paths, policy, task, options)
}

func (j judging) ActorGradient(gradient []float64, paths nn.Paths, policy nn.Policy, critics nn.Critics, model nn.Ensemble, task nn.Task, options nn.ActorOptions) error {
	j.change(&options)
	err := j.ActorCritic.ActorGradient(gradient, paths, policy, critics, model, task, options)
	j.result(gradient)
	return err
}

func criticFaults() map[string]fault {
	faulty := func(change func(*judging), found ...string) fault {
		return fault{func(b nn.Backend) nn.Backend {
			j := judging{newDiffering(b), b.(nn.ActorCritic), func(*nn.CriticOptions) {}, func(*nn.ActorOptions) {}, func([]float64) {}}
			change(&j)
			return j
		}, found}
	}
	fit := func(change func(*nn.CriticOptions), found ...string) fault {
		return faulty(func(j *judging) { j.fit = change }, found...)
	}
	actor := func(change func(*nn.ActorOptions), found ...string) fault {
		return faulty(func(j *judging) { j.change = change }, found...)
	}
	const fitted, differences, gradient, played = "critics/fit", "critics/fit-differences", "critics/gradient", "critics/gradient-differences"
	calls := 0.0
	return map[string]fault{
		"targets are not discounted":       fit(func(o *nn.CriticOptions) { o.Gamma = 1 }, fitted, differences),
		"targets have no bonus":            fit(func(o *nn.CriticOptions) { o.Bonus = 0 }, fitted, differences),
		"targets are not bounded":          fit(func(o *nn.CriticOptions) { o.Low, o.High = -101, 102 }, fitted, differences),
		"slow copies stand still":          fit(func(o *nn.CriticOptions) { o.Slow = 0 }, fitted),
		"the last action has other noise":  fit(func(o *nn.CriticOptions) { o.Rollout.Index++ }, fitted, differences),
		"the gradient is not discounted":   actor(func(o *nn.ActorOptions) { o.Gamma = 1 }, gradient, played),
		"the entropy counts for nothing":   actor(func(o *nn.ActorOptions) { o.Entropy = 0 }, gradient, played),
		"critics have the range of others": actor(func(o *nn.ActorOptions) { o.High++ }, gradient, played),
		"the reward is never learned":      actor(func(o *nn.ActorOptions) { o.Score.Learned = false }, "critics/gradient-path"),
		"an actor's gradient that is never the same": faulty(func(j *judging) {
			j.result = func(gradient []float64) {
				calls++
				for i := range gradient {
					gradient[i] *= 1 + 1e-9*calls
				}
			}
		}, "critics/same-bits"),
	}
}
