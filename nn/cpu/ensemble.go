package cpu

import "github.com/palmal-rl/palmal/nn"

// ensemble is an ensemble of dynamics models with its normalisers and optimiser.
type ensemble struct {
	shape      nn.EnsembleShape
	network    network
	size       int       // P of one member
	parameters []float32 // [E,P]
	optimiser  optimiser // moments [E,P]
	in         affine    // [O+A]
	out        affine    // [outputs]; scale 0 where an output is not predicted
	version    uint64    // counts changes of the parameters
	forms      forms     // of the members
}

// NewEnsemble makes an ensemble of parameters [E,P].
func (b *machine) NewEnsemble(shape nn.EnsembleShape, parameters []float32) (*ensemble, error) {
	net := newNetwork(shape.MLP())
	net.taped = shape.Gaussian != nil
	return &ensemble{
		shape:      shape,
		network:    net,
		size:       shape.Parameters(),
		parameters: append([]float32(nil), parameters...),
		optimiser:  newOptimiser(len(parameters)),
		in:         newAffine(shape.Observation + shape.Action),
		out:        newAffine(shape.Outputs()),
		forms:      forms{parts: parts(shape.Precision)},
	}, nil
}

// member returns parameters [P] of one member.
func (m *ensemble) member(i int) []float32 { return m.parameters[i*m.size : (i+1)*m.size] }

// predicts reports whether output i is predicted.
func (m *ensemble) predicts(i int) bool { return m.shape.Predicted(i, m.out.scale) }

// arrays returns the arrays in the order of the layout.
func (m *ensemble) arrays() [][]float32 {
	return [][]float32{m.parameters, m.optimiser.moment1, m.optimiser.moment2, m.in.shift, m.in.scale, m.out.shift, m.out.scale}
}

// Save copies the state.
func (m *ensemble) Save() (nn.State, error) {
	return save(m.shape.Layout(), m.arrays(), m.optimiser.counters()), nil
}

// Load replaces the state.
func (m *ensemble) Load(state nn.State) error {
	m.version++
	return load(m.shape.Layout(), state, m.arrays(), m.optimiser.counters())
}
