//go:build cuda

package gpu

import (
	"slices"

	"github.com/palmal-rl/palmal/gpu/internal/driver"
	"github.com/palmal-rl/palmal/nn"
)

// value is a value network with its optimiser.
type value struct {
	handle
	shape      nn.ValueShape
	network    mlp
	parameters array[float32] // [P]
	normaliser array[float32] // shift [O], then scale [O] of the observation; empty: none
	packed     array[float32] // see cuda/pack.cu
	optimiser  optimiser
	version    uint64 // counts changes: values of an older version are not reused
}

// NewValue makes a value network of parameters [P].
func (b *machine) NewValue(shape nn.ValueShape, parameters []float32) (*value, error) {
	v := &value{handle: b.newHandle(forNetworks), shape: shape, network: newMLP(shape.MLP())}
	err := b.d.do("new value network", func(q *driver.Queue) {
		v.network.upload(q, v.memory)
		v.parameters = uploaded(q, v.memory, parameters)
		if shape.Shift != nil {
			v.normaliser = uploaded(q, v.memory, append(slices.Clone(shape.Shift), shape.Scale...))
		}
		v.packed = take[float32](v.memory, v.network.packed)
		v.optimiser = newOptimiser(q, v.memory, len(parameters))
	})
	if err != nil {
		return nil, closed(err, v)
	}
	return v, nil
}

// inputs describes the network's input for a state.
func (v *value) inputs() *valueInputs {
	return &valueInputs{observation: int64(v.shape.Observation), normaliser: v.normaliser.Ptr, clip: v.shape.Clip, timeScale: v.shape.TimeScale,
		limit: int64(v.shape.Limit)}
}

// places returns the arrays in the order of the layout.
func (v *value) places() []place {
	return []place{{on: v.parameters}, {on: v.optimiser.moment1}, {on: v.optimiser.moment2}}
}

// Save downloads the state.
func (v *value) Save() (nn.State, error) {
	return v.machine.d.save(v.shape.Layout(), v.places(), v.optimiser.counters())
}

// Load replaces the state.
func (v *value) Load(state nn.State) error {
	v.version++
	return v.machine.d.load(v.shape.Layout(), state, v.places(), v.optimiser.counters())
}
