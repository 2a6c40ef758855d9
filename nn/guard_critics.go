package nn

import (
	"cmp"
	"errors"
	"fmt"
)

type guardedCritics struct {
	guardedNetwork[Stored]
	shape CriticShape
}

// Shape is the shape it was made with.
func (h *guardedCritics) Shape() CriticShape { return h.shape }

// critical is the machine as one with critics.
func (g *guard[M, V, P, R]) critical() (MachineActorCritic[M, P, R], error) {
	if c, ok := g.machine.(MachineActorCritic[M, P, R]); ok {
		return c, nil
	}
	return nil, fmt.Errorf("backend %s has no critics: %w", g.name, errors.ErrUnsupported)
}

// Critical is nil if the machine has critics.
func (g *guard[M, V, P, R]) Critical() error {
	_, err := g.critical()
	return err
}

// NewCritics makes critics of parameters [M,P].
func (g *guard[M, V, P, R]) NewCritics(shape CriticShape, parameters []float32) (Critics, error) {
	machine, err := g.critical()
	if err != nil {
		return nil, err
	}
	network, err := newNetwork(&g.door, CriticsHandle, machine.NewCritics, shape, parameters)
	if err != nil {
		return nil, err
	}
	return &guardedCritics{network, shape}, nil
}

// judged finds paths with the policy that acted, and critics.
func (g *guard[M, V, P, R]) judged(paths Paths, policy Policy, critics Critics) (*guardedPaths[R], *guardedPolicy[P], *guardedCritics, error) {
	p, pi, err := g.learner(paths, policy)
	if err != nil {
		return nil, nil, nil, err
	}
	c, err := mine[*guardedCritics](&g.door, CriticsHandle, critics)
	return p, pi, c, err
}

// FitCritics takes one step of every critic.
func (g *guard[M, V, P, R]) FitCritics(critics Critics, paths Paths, policy Policy, task Task, options CriticOptions) (CriticReport, error) {
	if err := g.enter(); err != nil {
		return CriticReport{}, err
	}
	defer g.leave()
	machine, err := g.critical()
	if err != nil {
		return CriticReport{}, err
	}
	p, pi, c, err := g.judged(paths, policy, critics)
	if err != nil {
		return CriticReport{}, err
	}
	if err := p.own.Facts().CheckCritics(pi.shape, c.shape, task, options); err != nil {
		return CriticReport{}, err
	}
	return machine.FitCritics(c.own, p.own, pi.own, task, options)
}

// ActorGradient writes the gradient [P] through paths to critics.
func (g *guard[M, V, P, R]) ActorGradient(gradient []float64, paths Paths, policy Policy, critics Critics, model Ensemble, task Task, options ActorOptions) error {
	if err := g.enter(); err != nil {
		return err
	}
	defer g.leave()
	machine, err := g.critical()
	if err != nil {
		return err
	}
	p, pi, c, err := g.judged(paths, policy, critics)
	m, merr := g.ensemble(model)
	if err := cmp.Or(err, merr); err != nil {
		return err
	}
	if err := p.own.Facts().CheckActor(pi.shape, c.shape, m.shape, task, gradient, options); err != nil {
		return err
	}
	if err := g.priced("actor's gradient", options.Score); err != nil {
		return err
	}
	return machine.ActorGradient(gradient, p.own, pi.own, c.own, m.own, task, options)
}
