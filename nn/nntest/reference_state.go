package nntest

import (
	"github.com/palmal-rl/palmal/nn"
	"gorgonia.org/tensor"
)

// field connects a named array of a state with its place in a network.
type field struct {
	name    string
	numbers []float32
	shape   []int
}

func saveFields(fields []field) nn.State {
	var state nn.State
	for _, f := range fields {
		numbers := append([]float32(nil), f.numbers...)
		state = append(state, nn.Array{Name: f.name, Value: nn.Matrix(numbers, f.shape...)})
	}
	return state
}

// loadFields changes nothing unless every array fits.
func loadFields(state nn.State, fields []field) error {
	for _, f := range fields {
		if _, err := state.Float32s(f.name, f.shape...); err != nil {
			return err
		}
	}
	for _, f := range fields {
		numbers, err := state.Float32s(f.name, f.shape...)
		if err != nil {
			return err
		}
		copy(f.numbers, numbers)
	}
	return nil
}

func (o *optimised) fields(shape ...int) []field {
	return []field{
		{nn.StateParameters, o.parameters, shape},
		{nn.StateMoment1, o.m, shape},
		{nn.StateMoment2, o.v, shape},
	}
}

func (o *optimised) counters() nn.Array {
	return nn.Array{Name: nn.StateCounters, Value: nn.Integers([]int64{o.steps, o.epochs})}
}

func (o *optimised) load(state nn.State, fields []field) error {
	counters, err := state.Counters(nn.StateCounters, 2)
	if err != nil {
		return err
	}
	if err := loadFields(state, fields); err != nil {
		return err
	}
	o.steps, o.epochs = counters[0], counters[1]
	return nil
}

func (m *ensemble) fields() []field {
	inputs, outputs := len(m.inShift), len(m.outShift)
	return append(m.optimised.fields(m.shape.Members, m.shape.Parameters()),
		field{nn.StateInShift, m.inShift, []int{inputs}}, field{nn.StateInScale, m.inScale, []int{inputs}},
		field{nn.StateOutShift, m.outShift, []int{outputs}}, field{nn.StateOutScale, m.outScale, []int{outputs}})
}

// Save implements [nn.Network].
func (m *ensemble) Save() (nn.State, error) {
	return append(saveFields(m.fields()), m.counters()), nil
}

// Load implements [nn.Network].
func (m *ensemble) Load(state nn.State) error {
	return m.optimised.load(state, m.fields())
}

func (p *policy) fields() []field {
	return []field{
		{nn.StateParameters, p.parameters, []int{len(p.parameters)}},
		{nn.StateInShift, p.shift, []int{len(p.shift)}},
		{nn.StateInScale, p.scale, []int{len(p.scale)}},
	}
}

// Save implements [nn.Network].
func (p *policy) Save() (nn.State, error) { return saveFields(p.fields()), nil }

// Load implements [nn.Network].
func (p *policy) Load(state nn.State) error {
	return loadFields(state, p.fields())
}

// Parameters implements [nn.Policy].
func (p *policy) Parameters() ([]float32, error) {
	return append([]float32(nil), p.parameters...), nil
}

// SetParameters implements [nn.Policy].
func (p *policy) SetParameters(parameters []float32) error {
	copy(p.parameters, parameters)
	return nil
}

// SetNormaliser implements [nn.Policy].
func (p *policy) SetNormaliser(shift, scale []float32) error {
	copy(p.shift, shift)
	copy(p.scale, scale)
	return nil
}

// Save implements [nn.Network].
func (v *value) Save() (nn.State, error) {
	return append(saveFields(v.optimised.fields(len(v.parameters))), v.counters()), nil
}

// Load implements [nn.Network].
func (v *value) Load(state nn.State) error {
	return v.optimised.load(state, v.optimised.fields(len(v.parameters)))
}

// row returns row i of a matrix as float64; a vector counts as a matrix of one column.
func row(matrix *tensor.Dense, i int) []float64 {
	width := 1
	if shape := matrix.Shape(); len(shape) > 1 {
		width = shape[len(shape)-1]
	}
	return widen(matrix.Data().([]float32)[i*width : (i+1)*width])
}
