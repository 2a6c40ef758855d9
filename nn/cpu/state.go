package cpu

import (
	"fmt"
	"slices"

	"github.com/palmal-rl/palmal/nn"
)

// field is one float32 array of a network's state and where it lives.
type field struct {
	name   string
	shape  []int
	values []float32
}

// save copies the fields, and the counters where there are any.
func save(fields []field, counters []*int64) nn.State {
	state := make(nn.State, 0, len(fields)+1)
	for _, f := range fields {
		state = append(state, nn.Array{Name: f.name, Value: nn.Matrix(slices.Clone(f.values), f.shape...)})
	}
	if counters == nil {
		return state
	}
	numbers := make([]int64, len(counters))
	for i, counter := range counters {
		numbers[i] = *counter
	}
	return append(state, nn.Array{Name: nn.StateCounters, Value: nn.Integers(numbers)})
}

// load replaces the fields and counters. It changes nothing unless every array is there.
func load(what string, state nn.State, fields []field, counters []*int64) error {
	arrays := make([][]float32, len(fields))
	for i, f := range fields {
		values, err := state.Float32s(f.name, f.shape...)
		if err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
		arrays[i] = values
	}
	if counters != nil {
		numbers, err := state.Counters(nn.StateCounters, len(counters))
		if err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
		for i, counter := range counters {
			*counter = numbers[i]
		}
	}
	for i, f := range fields {
		copy(f.values, arrays[i])
	}
	return nil
}

// optimiser is what Adam carries from one step to the next, and the epochs that key the order of
// minibatches.
type optimiser struct {
	moment1, moment2 []float32 // shape of the parameters
	steps, epochs    int64
}

func newOptimiser(size int) optimiser {
	return optimiser{moment1: make([]float32, size), moment2: make([]float32, size)}
}

func (o *optimiser) fields(shape ...int) []field {
	return []field{
		{nn.StateMoment1, shape, o.moment1},
		{nn.StateMoment2, shape, o.moment2},
	}
}

func (o *optimiser) counters() []*int64 { return []*int64{&o.steps, &o.epochs} }

// affine is the normaliser of some columns: x is seen as (x - shift)/scale.
type affine struct {
	shift, scale []float32
}

func newAffine(size int) affine {
	a := affine{shift: make([]float32, size), scale: make([]float32, size)}
	for i := range a.scale {
		a.scale[i] = 1
	}
	return a
}
