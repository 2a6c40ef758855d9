package nn

import "cmp"

// solving guards the systems of the Fisher matrix that a machine solves.
type solving[M, V Stored, P StoredPolicy, R StoredPaths] struct {
	guard  *guard[M, V, P, R]
	solver MachineSolver[P, R]
}

// differentiating guards the derivatives of paths that a machine computes.
type differentiating[M, V Stored, P StoredPolicy, R StoredPaths] struct {
	guard          *guard[M, V, P, R]
	differentiator MachineDifferentiator[M, V, P, R]
}

// Guards of machines with optional methods.
type (
	solvingGuard[M, V Stored, P StoredPolicy, R StoredPaths] struct {
		*guard[M, V, P, R]
		solving[M, V, P, R]
	}
	differentiatingGuard[M, V Stored, P StoredPolicy, R StoredPaths] struct {
		*guard[M, V, P, R]
		differentiating[M, V, P, R]
	}
	wholeGuard[M, V Stored, P StoredPolicy, R StoredPaths] struct {
		*guard[M, V, P, R]
		solving[M, V, P, R]
		differentiating[M, V, P, R]
	}
)

// extended returns the guard with the optional methods of its machine.
func (g *guard[M, V, P, R]) extended() Guarded {
	solver, solves := g.machine.(MachineSolver[P, R])
	differentiator, differentiates := g.machine.(MachineDifferentiator[M, V, P, R])
	one, other := solving[M, V, P, R]{g, solver}, differentiating[M, V, P, R]{g, differentiator}
	switch {
	case solves && differentiates:
		return &wholeGuard[M, V, P, R]{g, one, other}
	case solves:
		return &solvingGuard[M, V, P, R]{g, one}
	case differentiates:
		return &differentiatingGuard[M, V, P, R]{g, other}
	}
	return g
}

// SolveFisher writes direction [P] = (F + λI)⁻¹ gradient [P].
func (s *solving[M, V, P, R]) SolveFisher(direction, gradient []float64, paths Paths, policy Policy, options CGOptions) (CGReport, error) {
	g := s.guard
	if err := g.enter(); err != nil {
		return CGReport{}, err
	}
	defer g.leave()
	p, pi, err := g.learner(paths, policy)
	if err != nil {
		return CGReport{}, err
	}
	if err := p.own.Facts().CheckSolve(pi.shape, direction, gradient, options); err != nil {
		return CGReport{}, err
	}
	return s.solver.SolveFisher(direction, gradient, p.own, pi.own, options)
}

// PathwiseGradient writes the gradients [P] of both halves of the paths.
func (d *differentiating[M, V, P, R]) PathwiseGradient(first, second []float64, paths Paths, policy Policy, model Ensemble, value Value, task Task, options PathwiseOptions) error {
	g := d.guard
	if err := g.enter(); err != nil {
		return err
	}
	defer g.leave()
	p, pi, err := g.learner(paths, policy)
	if err != nil {
		return err
	}
	m, merr := g.ensemble(model)
	v, verr := g.value(value)
	if err := cmp.Or(merr, verr); err != nil {
		return err
	}
	if err := p.own.Facts().CheckPathwise(pi.shape, m.shape, v.shape, task, first, second, options); err != nil {
		return err
	}
	if err := g.priced("pathwise gradient", options.Score); err != nil {
		return err
	}
	return d.differentiator.PathwiseGradient(first, second, p.own, pi.own, m.own, v.own, task, options)
}
