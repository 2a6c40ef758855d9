package nntest

import "github.com/palmal-rl/palmal/nn"

// reference implements [nn.Backend] in plain float64 loops, one sample at a time.
type reference struct{ owner *nn.Owner }

// Reference returns the oracle of the suite: the contract in plain float64 loops, meant to be read
// beside the paper. It keeps parameters and moments in float32, like every backend, and computes
// in float64. It is far too slow to train with.
func Reference() nn.Backend { return &reference{nn.NewOwner("reference")} }

// Name implements [nn.Backend].
func (r *reference) Name() string { return "reference" }

// Describe implements [nn.Backend].
func (r *reference) Describe() string { return "plain float64 loops in Go, the oracle of nntest" }

// Close implements [nn.Backend].
func (r *reference) Close() error {
	r.owner.Retire()
	return nil
}

// optimised is the state of parameters that Adam moves.
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
	nn.Owned
	optimised
	shape              nn.EnsembleShape
	inShift, inScale   []float32 // [O+A]
	outShift, outScale []float32 // [outputs]
}

type policy struct {
	nn.Owned
	shape        nn.PolicyShape
	parameters   []float32
	shift, scale []float32 // [O]
}

type value struct {
	nn.Owned
	optimised
	shape nn.ValueShape
}

// Shape implements [nn.Ensemble].
func (m *ensemble) Shape() nn.EnsembleShape { return m.shape }

// Shape implements [nn.Policy].
func (p *policy) Shape() nn.PolicyShape { return p.shape }

// Shape implements [nn.Value].
func (v *value) Shape() nn.ValueShape { return v.shape }

// NewEnsemble implements [nn.Backend].
func (r *reference) NewEnsemble(shape nn.EnsembleShape, parameters []float32) (nn.Ensemble, error) {
	if err := r.fits(shape, parameters); err != nil {
		return nil, err
	}
	inputs, outputs := shape.Observation+shape.Action, shape.Outputs()
	return &ensemble{
		Owned: r.owner.Handle(nn.EnsembleHandle), optimised: newOptimised(parameters), shape: shape,
		inShift: make([]float32, inputs), inScale: ones(inputs),
		outShift: make([]float32, outputs), outScale: ones(outputs),
	}, nil
}

// NewPolicy implements [nn.Backend].
func (r *reference) NewPolicy(shape nn.PolicyShape, parameters []float32) (nn.Policy, error) {
	if err := r.fits(shape, parameters); err != nil {
		return nil, err
	}
	return &policy{
		Owned: r.owner.Handle(nn.PolicyHandle), shape: shape, parameters: append([]float32(nil), parameters...),
		shift: make([]float32, shape.Observation), scale: ones(shape.Observation),
	}, nil
}

// NewValue implements [nn.Backend].
func (r *reference) NewValue(shape nn.ValueShape, parameters []float32) (nn.Value, error) {
	if err := r.fits(shape, parameters); err != nil {
		return nil, err
	}
	return &value{Owned: r.owner.Handle(nn.ValueHandle), optimised: newOptimised(parameters), shape: shape}, nil
}

// fits checks the parameters of a new network.
func (r *reference) fits(shape interface{ CheckParameters([]float32) error }, parameters []float32) error {
	if err := r.owner.Usable(); err != nil {
		return err
	}
	return shape.CheckParameters(parameters)
}

func ones(n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = 1
	}
	return x
}
