//go:build cuda

package gpu

import (
	"github.com/palmal-rl/palmal/gpu/internal/driver"
	"github.com/palmal-rl/palmal/nn"
)

var _ nn.MachineActorCritic[*ensemble, *policy, *paths] = (*machine)(nil)

// critics are critics with their slow copies, normaliser and optimiser.
type critics struct {
	handle
	shape      nn.CriticShape
	network    mlp            // of one critic
	parameters array[float32] // [M,P]
	slow       array[float32] // [M,P]
	optimiser  optimiser      // moments [M,P]
	in         affine         // [O+A]
}

// NewCritics makes critics of parameters [M,P].
func (b *machine) NewCritics(shape nn.CriticShape, parameters []float32) (nn.Stored, error) {
	c := &critics{handle: b.newHandle(forNetworks), shape: shape, network: newMLP(shape.MLP())}
	err := b.d.do("new critics", func(q *driver.Queue) {
		c.network.upload(q, c.memory)
		c.parameters, c.slow = uploaded(q, c.memory, parameters), uploaded(q, c.memory, parameters)
		c.optimiser = newOptimiser(q, c.memory, len(parameters))
		c.in = newAffine(c.memory, shape.Observation+shape.Action)
		c.in.upload(q)
	})
	if err != nil {
		return nil, closed(err, c)
	}
	return c, nil
}

// places returns the arrays in the order of the layout.
func (c *critics) places() []place {
	return []place{{on: c.parameters}, {on: c.slow}, {on: c.optimiser.moment1}, {on: c.optimiser.moment2}, {here: c.in.shift}, {here: c.in.scale}}
}

// Save downloads the state.
func (c *critics) Save() (nn.State, error) {
	return c.machine.d.save(c.shape.Layout(), c.places(), c.optimiser.counters())
}

// Load replaces the state.
func (c *critics) Load(state nn.State) error {
	if err := c.machine.d.load(c.shape.Layout(), state, c.places(), c.optimiser.counters()); err != nil {
		return err
	}
	return c.machine.d.do("loading critics", c.in.upload)
}

// dynamics mirrors what kernels need to make the critics' input of a state and an action, as that of a model.
func (c *critics) dynamics(q *driver.Queue, a *arena, t nn.Task) *dynamics {
	return &dynamics{observation: int64(c.shape.Observation), action: int64(c.shape.Action), in: c.in.on.Ptr, box: box(q, a, t).Ptr}
}
