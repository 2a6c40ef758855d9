package nn

import (
	"cmp"
	"fmt"
)

func (g *guard[M, V, P, R]) hold(own R) Paths {
	return &guardedPaths[R]{handle[R]{door: &g.door, kind: PathsHandle, own: own}}
}

// Rollout plays the policy in every member from every start.
func (g *guard[M, V, P, R]) Rollout(policy Policy, model Ensemble, task Task, starts Starts, options RolloutOptions) (Paths, error) {
	if err := g.enter(); err != nil {
		return nil, err
	}
	defer g.leave()
	p, err := g.policy(policy)
	if err != nil {
		return nil, err
	}
	m, err := g.ensemble(model)
	if err != nil {
		return nil, err
	}
	if err := m.shape.CheckRollout(p.shape, task, starts, options); err != nil {
		return nil, err
	}
	if _, draws := g.machine.(MachineDifferentiator[M, V, P, R]); options.Draw != DrawAll && !draws {
		return nil, fmt.Errorf("rollout: backend %s does not draw members", g.name)
	}
	if options.Wary() {
		if err := g.Disagreement(); err != nil {
			return nil, fmt.Errorf("rollout: %w", err)
		}
	}
	own, err := g.machine.Rollout(p.own, m.own, task, starts, options)
	if err != nil {
		return nil, err
	}
	return g.hold(own), nil
}

// UploadPaths copies paths from the host.
func (g *guard[M, V, P, R]) UploadPaths(columns *PathColumns) (Paths, error) {
	if err := g.enter(); err != nil {
		return nil, err
	}
	defer g.leave()
	shape, err := columns.Check()
	if err != nil {
		return nil, err
	}
	own, err := g.machine.UploadPaths(shape, columns)
	if err != nil {
		return nil, err
	}
	return g.hold(own), nil
}

// Score computes rewards and truncates paths at their termination.
func (g *guard[M, V, P, R]) Score(paths Paths, task Task, options ScoreOptions) (ScoreReport, error) {
	if err := g.enter(); err != nil {
		return ScoreReport{}, err
	}
	defer g.leave()
	p, err := g.paths(paths)
	if err != nil {
		return ScoreReport{}, err
	}
	if err := p.own.Facts().CheckScore(task, options); err != nil {
		return ScoreReport{}, err
	}
	return g.machine.Score(p.own, task, options)
}

// critic finds paths and a value network.
func (g *guard[M, V, P, R]) critic(paths Paths, value Value) (*guardedPaths[R], *guardedValue[V], error) {
	p, perr := g.paths(paths)
	v, verr := g.value(value)
	return p, v, cmp.Or(perr, verr)
}

// learner finds paths and a policy.
func (g *guard[M, V, P, R]) learner(paths Paths, policy Policy) (*guardedPaths[R], *guardedPolicy[P], error) {
	p, perr := g.paths(paths)
	pi, pierr := g.policy(policy)
	return p, pi, cmp.Or(perr, pierr)
}

// Advantages estimates advantages and returns with the value network.
func (g *guard[M, V, P, R]) Advantages(paths Paths, value Value, options AdvantageOptions) error {
	if err := g.enter(); err != nil {
		return err
	}
	defer g.leave()
	p, v, err := g.critic(paths, value)
	if err != nil {
		return err
	}
	if err := p.own.Facts().CheckAdvantages(v.shape); err != nil {
		return err
	}
	return g.machine.Advantages(p.own, v.own, options)
}

// FitValue fits the value network to the returns.
func (g *guard[M, V, P, R]) FitValue(value Value, paths Paths, options ValueFitOptions) (ValueReport, error) {
	if err := g.enter(); err != nil {
		return ValueReport{}, err
	}
	defer g.leave()
	p, v, err := g.critic(paths, value)
	if err != nil {
		return ValueReport{}, err
	}
	if err := p.own.Facts().CheckValueFit(v.shape, options); err != nil {
		return ValueReport{}, err
	}
	return g.machine.FitValue(v.own, p.own, options)
}

// PolicyGradient writes the gradient of the surrogate [P].
func (g *guard[M, V, P, R]) PolicyGradient(gradient []float64, paths Paths, policy Policy) error {
	if err := g.enter(); err != nil {
		return err
	}
	defer g.leave()
	p, pi, err := g.learner(paths, policy)
	if err != nil {
		return err
	}
	if err := p.own.Facts().CheckGradient(pi.shape, gradient); err != nil {
		return err
	}
	return g.machine.PolicyGradient(gradient, p.own, pi.own)
}

// FisherVector writes F·v [P].
func (g *guard[M, V, P, R]) FisherVector(product, v []float64, paths Paths, policy Policy, stride int) error {
	if err := g.enter(); err != nil {
		return err
	}
	defer g.leave()
	p, pi, err := g.learner(paths, policy)
	if err != nil {
		return err
	}
	if err := p.own.Facts().CheckFisher(pi.shape, product, v, stride); err != nil {
		return err
	}
	return g.machine.FisherVector(product, v, p.own, pi.own, stride)
}

// Surrogate compares the policy with the one that acted.
func (g *guard[M, V, P, R]) Surrogate(paths Paths, policy Policy) (gain, kl float64, err error) {
	if err := g.enter(); err != nil {
		return 0, 0, err
	}
	defer g.leave()
	p, pi, err := g.learner(paths, policy)
	if err != nil {
		return 0, 0, err
	}
	if err := p.own.Facts().CheckSurrogate(pi.shape); err != nil {
		return 0, 0, err
	}
	return g.machine.Surrogate(p.own, pi.own)
}
