package cpu

import (
	"slices"

	"github.com/palmal-rl/palmal/nn"
)

// value is a value network with its optimiser.
type value struct {
	shape      nn.ValueShape
	network    network
	parameters []float32 // [P]
	optimiser  optimiser
	version    uint64 // counts changes: values of an older version are not reused
}

// NewValue makes a value network of parameters [P].
func (b *machine) NewValue(shape nn.ValueShape, parameters []float32) (*value, error) {
	return &value{
		shape:      shape,
		network:    newNetwork(shape.MLP()),
		parameters: slices.Clone(parameters),
		optimiser:  newOptimiser(len(parameters)),
	}, nil
}

// arrays returns the arrays in the order of the layout.
func (v *value) arrays() [][]float32 {
	return [][]float32{v.parameters, v.optimiser.moment1, v.optimiser.moment2}
}

// Save copies the state.
func (v *value) Save() (nn.State, error) {
	return save(v.shape.Layout(), v.arrays(), v.optimiser.counters()), nil
}

// Load replaces the state.
func (v *value) Load(state nn.State) error {
	v.version++
	return load(v.shape.Layout(), state, v.arrays(), v.optimiser.counters())
}

// inputs is [nn.ValueShape.Inputs], bit for bit, without a call for each element, because every step of
// the value fit runs it.
func (v *value) inputs(features, obs []float32, time float32) {
	clip, timeScale := float32(v.shape.Clip), float32(v.shape.TimeScale)
	features = features[:len(obs)+nn.ValueTimePowers]
	for i, x := range obs {
		if v.shape.Shift != nil {
			x = (x - v.shape.Shift[i]) / v.shape.Scale[i]
		}
		if x > clip {
			x = clip
		}
		if x < -clip {
			x = -clip
		}
		features[i] = x / clip
	}
	tau := time / timeScale
	power := tau
	for i := range nn.ValueTimePowers {
		features[len(obs)+i] = power
		power *= tau
	}
}
