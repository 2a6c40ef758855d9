package cpu

import (
	"slices"

	"github.com/palmal-rl/palmal/nn"
)

// save copies the arrays of a network, in the order of its layout, and its counters.
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

// load replaces the arrays and counters. It changes nothing if the state lacks one of them.
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

// optimiser holds the state of Adam and the number of epochs, which selects the order of the next
// minibatches.
type optimiser struct {
	moment1, moment2 []float32 // shape of the parameters
	steps, epochs    int64
}

func newOptimiser(size int) optimiser {
	return optimiser{moment1: make([]float32, size), moment2: make([]float32, size)}
}

func (o *optimiser) counters() []*int64 { return []*int64{&o.steps, &o.epochs} }

// affine normalises some columns: x becomes (x - shift)/scale.
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
