package nntest

import (
	"math"

	"github.com/palmal-rl/palmal/nn"
	"gorgonia.org/tensor"
)

// empty returns columns of the sizes, filled with NaN.
func (o pathsOf) empty(shape nn.PolicyShape) *nn.PathColumns {
	return &nn.PathColumns{
		Observations: undefined(o.paths, o.horizon+1, shape.Observation),
		Actions:      undefined(o.paths, o.horizon, shape.Action),
		Means:        undefined(o.paths, o.horizon, shape.Action),
		LogStd:       make([]float32, shape.Action),
		Times:        make([]float32, o.paths),
		Rewards:      undefined(o.paths, o.horizon),
		Advantages:   undefined(o.paths, o.horizon),
		Returns:      undefined(o.paths, o.horizon),
		Lengths:      make([]int, o.paths),
		Terminated:   make([]bool, o.paths),
	}
}

// undefined is a tensor of NaN.
func undefined(shape ...int) *tensor.Dense {
	numbers := make([]float32, tensor.Shape(shape).TotalSize())
	for i := range numbers {
		numbers[i] = float32(math.NaN())
	}
	return nn.Matrix(numbers, shape...)
}

// slot is the numbers of path i at step t of a column, the column's own.
func slot(column *tensor.Dense, i, t int) []float32 {
	shape, width := column.Shape(), 1
	if len(shape) == 3 {
		width = shape[2]
	}
	at := (i*shape[1] + t) * width
	return column.Data().([]float32)[at : at+width]
}

// valid gathers the defined numbers of a column, path after path; extra is the number of entries after
// the steps of a path: 1 for observations, else 0.
func valid(c *nn.PathColumns, column *tensor.Dense, extra int) []float32 {
	var numbers []float32
	for i, length := range c.Lengths {
		for t := range length + extra {
			numbers = append(numbers, slot(column, i, t)...)
		}
	}
	return numbers
}

// validColumns gathers all defined numbers of paths, by name.
func validColumns(c *nn.PathColumns) map[string][]float32 {
	gathered := map[string][]float32{
		"observations": valid(c, c.Observations, 1),
		"actions":      valid(c, c.Actions, 0),
		"means":        valid(c, c.Means, 0),
		"log σ":        c.LogStd,
		"times":        c.Times,
		"lengths":      narrow(widen(c.Lengths)),
		"terminated":   narrow(flags(c.Terminated)),
	}
	for name, column := range map[string]*tensor.Dense{"rewards": c.Rewards, "advantages": c.Advantages, "returns": c.Returns} {
		if column != nil {
			gathered[name] = valid(c, column, 0)
		}
	}
	return gathered
}
