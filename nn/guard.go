package nn

import (
	"cmp"

	"gorgonia.org/tensor"
)

// guard checks the calls of every backend. It refuses closed backends, foreign, nil and closed handles,
// arguments of wrong values or shapes, and simultaneous calls. The machine repeats none of these checks.
type guard[M, V Stored, P StoredPolicy, R StoredPaths] struct {
	door
	machine Machine[M, V, P, R]
}

// Guard makes a checked backend of a machine; users select the backend by its name. The backend is a
// [FisherSolver] if the machine is a [MachineSolver], and a [Differentiator] if it is a
// [MachineDifferentiator]. In the steady state its checks allocate nothing.
func Guard[M, V Stored, P StoredPolicy, R StoredPaths](name string, machine Machine[M, V, P, R]) Guarded {
	g := &guard[M, V, P, R]{door: door{name: name}, machine: machine}
	return g.extended()
}

// Name is the name by which users select the backend.
func (g *guard[M, V, P, R]) Name() string { return g.name }

// Describe says in one line what computes.
func (g *guard[M, V, P, R]) Describe() string { return g.machine.Describe() }

// Exclusively runs work under the rules of a method.
func (g *guard[M, V, P, R]) Exclusively(work func() error) error {
	if err := g.enter(); err != nil {
		return err
	}
	defer g.leave()
	return work()
}

// Close frees the backend. A second Close does nothing.
func (g *guard[M, V, P, R]) Close() error {
	if err := g.lock(); err != nil {
		return err
	}
	defer g.leave()
	if g.closed {
		return nil
	}
	g.closed = true
	return g.machine.Close()
}

func (g *guard[M, V, P, R]) ensemble(given Ensemble) (*guardedEnsemble[M], error) {
	return mine[*guardedEnsemble[M]](&g.door, EnsembleHandle, given)
}

func (g *guard[M, V, P, R]) policy(given Policy) (*guardedPolicy[P], error) {
	return mine[*guardedPolicy[P]](&g.door, PolicyHandle, given)
}

func (g *guard[M, V, P, R]) value(given Value) (*guardedValue[V], error) {
	return mine[*guardedValue[V]](&g.door, ValueHandle, given)
}

func (g *guard[M, V, P, R]) paths(given Paths) (*guardedPaths[R], error) {
	return mine[*guardedPaths[R]](&g.door, PathsHandle, given)
}

// newNetwork makes a network of a machine's own type T by create, once the shape S accepts its parameters.
func newNetwork[T Stored, S interface{ CheckParameters([]float32) error }](d *door, kind HandleKind,
	create func(S, []float32) (T, error), shape S, parameters []float32) (guardedNetwork[T], error) {
	network := guardedNetwork[T]{handle[T]{door: d, kind: kind}}
	if err := d.enter(); err != nil {
		return network, err
	}
	defer d.leave()
	err := shape.CheckParameters(parameters)
	if err == nil {
		network.own, err = create(shape, parameters)
	}
	return network, err
}

// NewEnsemble makes an ensemble of parameters [E,P].
func (g *guard[M, V, P, R]) NewEnsemble(shape EnsembleShape, parameters []float32) (Ensemble, error) {
	if shape.Gaussian != nil {
		if err := g.Gaussian(); err != nil {
			return nil, err
		}
	}
	if err := g.Multiplies(shape.Precision); err != nil {
		return nil, err
	}
	network, err := newNetwork(&g.door, EnsembleHandle, g.machine.NewEnsemble, shape, parameters)
	if err != nil {
		return nil, err
	}
	return &guardedEnsemble[M]{network, shape}, nil
}

// NewPolicy makes a policy of parameters [P].
func (g *guard[M, V, P, R]) NewPolicy(shape PolicyShape, parameters []float32) (Policy, error) {
	network, err := newNetwork(&g.door, PolicyHandle, g.machine.NewPolicy, shape, parameters)
	if err != nil {
		return nil, err
	}
	return &guardedPolicy[P]{network, shape}, nil
}

// NewValue makes a value network of parameters [P].
func (g *guard[M, V, P, R]) NewValue(shape ValueShape, parameters []float32) (Value, error) {
	network, err := newNetwork(&g.door, ValueHandle, g.machine.NewValue, shape, parameters)
	if err != nil {
		return nil, err
	}
	return &guardedValue[V]{network, shape}, nil
}

// Fit trains the ensemble on data.
func (g *guard[M, V, P, R]) Fit(model Ensemble, data Transitions, options FitOptions) (FitReport, error) {
	if err := g.enter(); err != nil {
		return FitReport{}, err
	}
	defer g.leave()
	m, err := g.ensemble(model)
	if err != nil {
		return FitReport{}, err
	}
	if err := cmp.Or(options.Check(), data.Check(m.shape), g.caring(m.shape, options)); err != nil {
		return FitReport{}, err
	}
	if err := options.Care.divides(data.Rows()); err != nil {
		return FitReport{}, err
	}
	return g.machine.Fit(m.own, data, options)
}

// ModelLoss is the loss of the ensemble on data, per member [E].
func (g *guard[M, V, P, R]) ModelLoss(model Ensemble, data Transitions) ([]float64, error) {
	if err := g.enter(); err != nil {
		return nil, err
	}
	defer g.leave()
	m, err := g.ensemble(model)
	if err != nil {
		return nil, err
	}
	if err := data.Check(m.shape); err != nil {
		return nil, err
	}
	return g.machine.ModelLoss(m.own, data)
}

// Predict is one step of every member.
func (g *guard[M, V, P, R]) Predict(model Ensemble, task Task, observations, actions *tensor.Dense) (*tensor.Dense, error) {
	if err := g.enter(); err != nil {
		return nil, err
	}
	defer g.leave()
	m, err := g.ensemble(model)
	if err != nil {
		return nil, err
	}
	if err := m.shape.CheckPredict(task, observations, actions); err != nil {
		return nil, err
	}
	return g.machine.Predict(m.own, task, observations, actions)
}
