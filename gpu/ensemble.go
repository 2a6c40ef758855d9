//go:build cuda

package gpu

import (
	"fmt"
	"io"

	"github.com/palmal-rl/palmal/gpu/internal/driver"
	"github.com/palmal-rl/palmal/nn"
)

// ensemble is an ensemble of dynamics models on the device, with its normalisers and optimiser.
type ensemble struct {
	handle
	shape      nn.EnsembleShape
	network    mlp
	parameters array[float32] // [E,P]
	optimiser  optimiser      // moments [E,P]
	in         affine         // [O+A]
	out        affine         // [outputs]; scale 0 where an output is not predicted
}

// NewEnsemble makes an ensemble of parameters [E,P].
func (b *machine) NewEnsemble(shape nn.EnsembleShape, parameters []float32) (*ensemble, error) {
	m := &ensemble{handle: b.newHandle(forNetworks), shape: shape, network: newMLP(shape.MLP())}
	m.network.size = shape.Parameters() // with the members' own noise
	err := b.d.do("new ensemble", func(q *driver.Queue) {
		m.network.upload(q, m.memory)
		m.parameters = uploaded(q, m.memory, parameters)
		m.optimiser = newOptimiser(q, m.memory, len(parameters))
		m.in = newAffine(m.memory, shape.Observation+shape.Action)
		m.out = newAffine(m.memory, shape.Outputs())
		m.in.upload(q)
		m.out.upload(q)
	})
	if err != nil {
		return nil, closed(err, m)
	}
	return m, nil
}

// closed closes a half-made ensemble after an error.
func closed(err error, begun io.Closer) error {
	if also := begun.Close(); also != nil {
		return fmt.Errorf("%w; closing it: %w", err, also)
	}
	return err
}

// predicts reports whether output i is predicted.
func (m *ensemble) predicts(i int) bool { return m.shape.Predicted(i, m.out.scale) }

// places returns the arrays in the order of the layout.
func (m *ensemble) places() []place {
	return []place{{on: m.parameters}, {on: m.optimiser.moment1}, {on: m.optimiser.moment2},
		{here: m.in.shift}, {here: m.in.scale}, {here: m.out.shift}, {here: m.out.scale}}
}

// Save downloads the state.
func (m *ensemble) Save() (nn.State, error) {
	return m.machine.d.save(m.shape.Layout(), m.places(), m.optimiser.counters())
}

// Load replaces the state.
func (m *ensemble) Load(state nn.State) error {
	if err := m.machine.d.load(m.shape.Layout(), state, m.places(), m.optimiser.counters()); err != nil {
		return err
	}
	return m.machine.d.do("loading an ensemble", func(q *driver.Queue) {
		m.in.upload(q)
		m.out.upload(q)
	})
}
