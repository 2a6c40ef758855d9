package nn

import (
	"fmt"

	"gorgonia.org/tensor"
)

// Array is one named array of a network's state.
type Array struct {
	Name  string
	Value *tensor.Dense
}

// State is everything that a network carries from one iteration to the next, in a fixed order:
// parameters, normalisers, moments and step counters of its optimiser. A network of the same shape, on
// any backend, that loads a saved state continues as if nothing had happened.
type State []Array

// Find returns the named array and checks its type and shape.
func (s State) Find(name string, dtype tensor.Dtype, shape ...int) (*tensor.Dense, error) {
	for _, array := range s {
		if array.Name != name {
			continue
		}
		if array.Value.Dtype() != dtype || !array.Value.Shape().Eq(tensor.Shape(shape)) {
			return nil, fmt.Errorf("array %s: is %v %v, want %v %v",
				name, array.Value.Dtype(), array.Value.Shape(), dtype, shape)
		}
		return array.Value, nil
	}
	return nil, fmt.Errorf("array %s is missing", name)
}

// Float32s returns the numbers of a float32 array of the given shape, without copying them.
func (s State) Float32s(name string, shape ...int) ([]float32, error) {
	value, err := s.Find(name, tensor.Float32, shape...)
	if err != nil {
		return nil, err
	}
	return value.Data().([]float32), nil
}

// Counters returns the numbers of an int64 array of the given length, without copying them.
func (s State) Counters(name string, length int) ([]int64, error) {
	value, err := s.Find(name, tensor.Int64, length)
	if err != nil {
		return nil, err
	}
	return value.Data().([]int64), nil
}

// RowMajor returns the numbers of a float32 tensor row by row. It copies them only if the tensor stores
// them in another order.
func RowMajor(t *tensor.Dense) []float32 {
	if t.RequiresIterator() || t.DataOrder().IsColMajor() || t.DataOrder().IsTransposed() {
		t = t.Clone().(*tensor.Dense)
		t.Transpose()
		return t.Materialize().(*tensor.Dense).Data().([]float32)
	}
	if number, single := t.Data().(float32); single {
		return []float32{number}
	}
	return t.Data().([]float32)
}

// Matrix wraps numbers, row-major, as a tensor of the given shape without copying them.
func Matrix(numbers []float32, shape ...int) *tensor.Dense {
	return tensor.New(tensor.WithShape(shape...), tensor.WithBacking(numbers))
}

// Integers wraps counters as a vector without copying them.
func Integers(numbers []int64) *tensor.Dense {
	return tensor.New(tensor.WithShape(len(numbers)), tensor.WithBacking(numbers))
}
