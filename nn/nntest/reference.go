package nntest

import "github.com/palmal-rl/palmal/nn"

// reference implements [nn.Machine] in plain float64 loops, one sample at a time. It shares no host rule
// of package nn on purpose: the rules are written here a second time.
type reference struct{}

// Reference returns the plain reference, the oracle of the CPU backend: the contract in float64 loops, meant
// to be read together with the paper. It keeps parameters and moments in float32, like every backend, and
// computes in float64. It is far too slow to train with.
func Reference() nn.Backend {
	return nn.Guard[*ensemble, *value, *policy, *paths]("reference", &reference{})
}

// Describe implements [nn.Machine].
func (r *reference) Describe() string { return "plain float64 loops in Go, the reference of nntest" }

// Close implements [nn.Machine].
func (r *reference) Close() error { return nil }

// optimised holds parameters with the state of their optimiser.
type optimised struct {
	parameters, m, v []float32
	steps, epochs    int64
}

func newOptimised(parameters []float32) optimised {
	return optimised{
		parameters: append([]float32(nil), parameters...),
		m:          make([]float32, len(parameters)),
		v:          make([]float32, len(parameters)),
	}
}

type ensemble struct {
	optimised
	shape              nn.EnsembleShape
	inShift, inScale   []float32 // [O+A]
	outShift, outScale []float32 // [outputs]
}

type policy struct {
	shape        nn.PolicyShape
	parameters   []float32
	shift, scale []float32 // [O]
}

type value struct {
	optimised
	shape nn.ValueShape
}

// NewEnsemble implements [nn.Machine].
func (r *reference) NewEnsemble(shape nn.EnsembleShape, parameters []float32) (*ensemble, error) {
	inputs, outputs := shape.Observation+shape.Action, shape.Outputs()
	return &ensemble{
		optimised: newOptimised(parameters), shape: shape,
		inShift: make([]float32, inputs), inScale: ones(inputs),
		outShift: make([]float32, outputs), outScale: ones(outputs),
	}, nil
}

// NewPolicy implements [nn.Machine].
func (r *reference) NewPolicy(shape nn.PolicyShape, parameters []float32) (*policy, error) {
	return &policy{
		shape: shape, parameters: append([]float32(nil), parameters...),
		shift: make([]float32, shape.Observation), scale: ones(shape.Observation),
	}, nil
}

// NewValue implements [nn.Machine].
func (r *reference) NewValue(shape nn.ValueShape, parameters []float32) (*value, error) {
	return &value{optimised: newOptimised(parameters), shape: shape}, nil
}

func ones(n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = 1
	}
	return x
}
