package cpu

import (
	"slices"

	"github.com/palmal-rl/palmal/nn"
)

// policy is a Gaussian policy with its input normaliser.
type policy struct {
	shape      nn.PolicyShape
	network    network
	parameters []float32 // [P]
	in         affine    // [O]
	version    uint64    // counts changes: activations of an older version are not reused
	forms      forms
}

// NewPolicy makes a policy of parameters [P].
func (b *machine) NewPolicy(shape nn.PolicyShape, parameters []float32) (*policy, error) {
	return &policy{
		shape:      shape,
		network:    newNetwork(shape.MLP()),
		parameters: slices.Clone(parameters),
		in:         newAffine(shape.Observation),
	}, nil
}

// logStd is log σ [A].
func (p *policy) logStd() []float32 { return p.parameters[p.network.parameters():] }

// Parameters copies θ.
func (p *policy) Parameters() ([]float32, error) {
	return slices.Clone(p.parameters), nil
}

// SetParameters replaces θ.
func (p *policy) SetParameters(parameters []float32) error {
	p.version++
	copy(p.parameters, parameters)
	return nil
}

// SetNormaliser sets shift and scale of the observation entries.
func (p *policy) SetNormaliser(shift, scale []float32) error {
	p.version++
	copy(p.in.shift, shift)
	copy(p.in.scale, scale)
	return nil
}

// arrays returns the arrays in the order of the layout.
func (p *policy) arrays() [][]float32 { return [][]float32{p.parameters, p.in.shift, p.in.scale} }

// Save copies the state.
func (p *policy) Save() (nn.State, error) {
	return save(p.shape.Layout(), p.arrays(), nil), nil
}

// Load replaces the state.
func (p *policy) Load(state nn.State) error {
	p.version++
	return load(p.shape.Layout(), state, p.arrays(), nil)
}
