package algo

import (
	"fmt"

	"github.com/palmal-rl/palmal/nn"
)

// tiedBackend computes derivatives with respect to the parameters that a tie leaves free. It does not offer [nn.FisherSolver],
// which knows no ties.
type tiedBackend struct {
	nn.Backend
	tie *tie
}

// tied is the backend of a policy that a tie keeps.
func tied(backend nn.Backend, t *tie) nn.Backend {
	if t == nil {
		return backend
	}
	return tiedBackend{backend, t}
}

// PolicyGradient is the gradient on the paths and on their images.
func (b tiedBackend) PolicyGradient(gradient []float64, paths nn.Paths, policy nn.Policy) error {
	err := b.Backend.PolicyGradient(gradient, paths, policy)
	b.tie.project(gradient)
	return err
}

// FisherVector is the Fisher matrix of the paths and of their images, times a tied vector.
func (b tiedBackend) FisherVector(product, v []float64, paths nn.Paths, policy nn.Policy, stride int) error {
	err := b.Backend.FisherVector(product, v, paths, policy, stride)
	b.tie.project(product)
	return err
}

// PathwiseGradient is the gradient through paths of the model and through their images.
func (b tiedBackend) PathwiseGradient(first, second []float64, paths nn.Paths, policy nn.Policy, model nn.Ensemble, value nn.Value,
	task nn.Task, options nn.PathwiseOptions) error {
	inner, ok := b.Backend.(nn.Differentiator)
	if !ok {
		return fmt.Errorf("backend %s computes no derivatives of model paths", b.Name())
	}
	err := inner.PathwiseGradient(first, second, paths, policy, model, value, task, options)
	b.tie.project(first)
	b.tie.project(second)
	return err
}
