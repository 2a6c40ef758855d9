package cpu

import (
	"slices"

	"github.com/palmal-rl/palmal/nn"
)

// save copies the arrays of a network, in the order of its layout, and counters where there are any.
func save(layout nn.Layout, arrays [][]float32, counters []*int64) nn.State {
	copies := make([][]float32, len(arrays))
	for i, array := range arrays {
		copies[i] = slices.Clone(array)
	}
	numbers := make([]int64, len(counters))
	for i, counter := range counters {
		numbers[i] = *counter
	}
	return layout.State(copies, numbers)
}

// load replaces the arrays and counters. It changes nothing unless the state has all of them.
func load(layout nn.Layout, state nn.State, arrays [][]float32, counters []*int64) error {
	given, numbers, err := layout.Read(state)
	if err != nil {
		return err
	}
	for i, array := range arrays {
		copy(array, given[i])
	}
	for i, counter := range counters {
		*counter = numbers[i]
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
