package cpu

import (
	"slices"

	"github.com/palmal-rl/palmal/nn"
)

// critics are critics with their slow copies, normaliser and optimiser.
type critics struct {
	shape      nn.CriticShape
	network    network
	size       int       // P of one critic
	parameters []float32 // [M,P]
	slow       []float32 // [M,P]
	optimiser  optimiser // moments [M,P]
	in         affine    // [O+A]
	version    uint64    // counts changes of the parameters
	forms      forms     // of the critics
	slowForms  forms     // of their slow copies
}

// NewCritics makes critics of parameters [M,P].
func (b *machine) NewCritics(shape nn.CriticShape, parameters []float32) (nn.Stored, error) {
	net := newNetwork(shape.MLP())
	net.taped = true
	return &critics{
		shape: shape, network: net, size: shape.MLP().Parameters(),
		parameters: slices.Clone(parameters), slow: slices.Clone(parameters),
		optimiser: newOptimiser(len(parameters)), in: newAffine(shape.Observation + shape.Action),
	}, nil
}

// of returns those of critic j among parameters [M,P].
func (c *critics) of(parameters []float32, j int) []float32 {
	return parameters[j*c.size : (j+1)*c.size]
}

// arrays returns the arrays in the order of the layout.
func (c *critics) arrays() [][]float32 {
	return [][]float32{c.parameters, c.slow, c.optimiser.moment1, c.optimiser.moment2, c.in.shift, c.in.scale}
}

// Save copies the state.
func (c *critics) Save() (nn.State, error) {
	return save(c.shape.Layout(), c.arrays(), c.optimiser.counters()), nil
}

// Load replaces the state.
func (c *critics) Load(state nn.State) error {
	c.version++
	return load(c.shape.Layout(), state, c.arrays(), c.optimiser.counters())
}

// inputs writes the networks' inputs [rows,O+A] for observations and clipped actions.
func (c *critics) inputs(x, obs, clipped []float32, rows int) {
	observation, action := c.shape.Observation, c.shape.Action
	width := observation + action
	for row := range rows {
		in := x[row*width : (row+1)*width]
		normalise(in[:observation], obs[row*observation:(row+1)*observation], c.in.shift[:observation], c.in.scale)
		normalise(in[observation:], clipped[row*action:(row+1)*action], c.in.shift[observation:], c.in.scale[observation:])
	}
}

// packCritics packs the critics, packSlow their slow copies.
func (b *machine) packCritics(c *critics) {
	b.pack(&c.forms, &c.network, c.parameters, c.size, c.version)
}

func (b *machine) packSlow(c *critics) {
	b.pack(&c.slowForms, &c.network, c.slow, c.size, c.version)
}
