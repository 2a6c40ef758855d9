package cpu

import "github.com/palmal-rl/palmal/nn"

// ensemble is an ensemble of dynamics models with its normalisers and optimiser.
type ensemble struct {
	nn.Owned
	shape      nn.EnsembleShape
	network    network
	size       int       // P of one member
	parameters []float32 // [E,P]
	optimiser  optimiser // moments [E,P]
	in         affine    // [O+A]
	out        affine    // [outputs]; scale 0 where an output is not predicted
}

// NewEnsemble makes an ensemble of parameters [E,P].
func (b *Backend) NewEnsemble(shape nn.EnsembleShape, parameters []float32) (nn.Ensemble, error) {
	if err := b.owner.Usable(); err != nil {
		return nil, err
	}
	if err := shape.CheckParameters(parameters); err != nil {
		return nil, err
	}
	return &ensemble{
		Owned:      b.owner.Handle(nn.EnsembleHandle),
		shape:      shape,
		network:    newNetwork(shape.MLP()),
		size:       shape.MLP().Parameters(),
		parameters: append([]float32(nil), parameters...),
		optimiser:  newOptimiser(len(parameters)),
		in:         newAffine(shape.Observation + shape.Action),
		out:        newAffine(shape.Outputs()),
	}, nil
}

// Shape is the shape it was made with.
func (m *ensemble) Shape() nn.EnsembleShape { return m.shape }

// member returns parameters [P] of one member.
func (m *ensemble) member(i int) []float32 { return m.parameters[i*m.size : (i+1)*m.size] }

// predicts tells whether output i is predicted: what was constant over the dataset is not, be it an
// entry of the observation or a learned reward.
func (m *ensemble) predicts(i int) bool { return m.shape.Predicts(i) && m.out.scale[i] != 0 }

// arrays are in the order of the layout.
func (m *ensemble) arrays() [][]float32 {
	return [][]float32{m.parameters, m.optimiser.moment1, m.optimiser.moment2, m.in.shift, m.in.scale, m.out.shift, m.out.scale}
}

// Save copies the state.
func (m *ensemble) Save() (nn.State, error) {
	if err := m.Usable(); err != nil {
		return nil, err
	}
	return save(m.shape.Layout(), m.arrays(), m.optimiser.counters()), nil
}

// Load replaces the state.
func (m *ensemble) Load(state nn.State) error {
	if err := m.Usable(); err != nil {
		return err
	}
	return load(m.shape.Layout(), state, m.arrays(), m.optimiser.counters())
}
