package nn

import (
	"errors"
	"fmt"

	"gorgonia.org/tensor"
)

// Gaussian is nil if the machine has gaussian members.
func (g *guard[M, V, P, R]) Gaussian() error {
	if _, ok := g.machine.(MachineGaussian[M]); !ok {
		return fmt.Errorf("backend %s has no gaussian members: %w", g.name, errors.ErrUnsupported)
	}
	return nil
}

// caring refuses care that the machine does not take, and a loss that gaussian members do not have.
func (g *guard[M, V, P, R]) caring(shape EnsembleShape, o FitOptions) error {
	if shape.Gaussian != nil && o.RawLoss {
		return errors.New("fit: gaussian members weigh errors by their noise, not by the scale of the data")
	}
	if o.Care == (Care{}) || g.Gaussian() == nil {
		return nil
	}
	return fmt.Errorf("fit: backend %s cannot hold rows out, weigh them, decay by layer, start again or leave out units: %w", g.name, errors.ErrUnsupported)
}

// Noise is the standard deviation of every member's own noise.
func (g *guard[M, V, P, R]) Noise(model Ensemble, task Task, observations, actions *tensor.Dense) (*tensor.Dense, error) {
	if err := g.enter(); err != nil {
		return nil, err
	}
	defer g.leave()
	m, err := g.ensemble(model)
	if err != nil {
		return nil, err
	}
	if err := g.Gaussian(); err != nil {
		return nil, err
	}
	if m.shape.Gaussian == nil {
		return nil, errors.New("noise: the members have none: they are not gaussian")
	}
	if err := m.shape.CheckPredict(task, observations, actions); err != nil {
		return nil, err
	}
	return g.machine.(MachineGaussian[M]).Noise(m.own, task, observations, actions)
}
