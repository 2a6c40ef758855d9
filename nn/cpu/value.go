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
	forms      forms
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

// inputs is [nn.ValueShape.Inputs], bit for bit, by loops over elements, because every step of the value fit runs it.
func (v *value) inputs(features, obs []float32, time float32) {
	clip, timeScale := float32(v.shape.Clip), float32(v.shape.TimeScale)
	entries := features[:len(obs)]
	if v.shape.Shift != nil {
		normalise(entries, obs, v.shape.Shift, v.shape.Scale)
		obs = entries
	}
	clipScale(entries, obs, &bounds{clip, -clip})
	tau := time / timeScale
	power := tau
	for i := range nn.ValueTimePowers {
		features[len(obs)+i] = power
		power *= tau
	}
}
