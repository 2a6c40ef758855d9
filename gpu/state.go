//go:build cuda

package gpu

import (
	"fmt"
	"slices"

	"github.com/palmal-rl/palmal/gpu/internal/driver"
	"github.com/palmal-rl/palmal/nn"
)

// field is one float32 array of a network's state and where it lives: on the device, or, being small,
// on the host.
type field struct {
	name  string
	shape []int
	on    array[float32]
	here  []float32
}

// save downloads the fields, and the counters where there are any.
func (d *device) save(fields []field, counters []*int64) (nn.State, error) {
	state := make(nn.State, 0, len(fields)+1)
	err := d.do("saving a network", func(q *driver.Queue) {
		for _, f := range fields {
			numbers := slices.Clone(f.here)
			if f.here == nil {
				numbers = downloaded(q, f.on)
			}
			state = append(state, nn.Array{Name: f.name, Value: nn.Matrix(numbers, f.shape...)})
		}
	})
	if err != nil {
		return nil, err
	}
	if counters == nil {
		return state, nil
	}
	numbers := make([]int64, len(counters))
	for i, counter := range counters {
		numbers[i] = *counter
	}
	return append(state, nn.Array{Name: nn.StateCounters, Value: nn.Integers(numbers)}), nil
}

// load replaces the fields and counters. It changes nothing unless every array is there.
func (d *device) load(what string, state nn.State, fields []field, counters []*int64) error {
	arrays := make([][]float32, len(fields))
	for i, f := range fields {
		numbers, err := state.Float32s(f.name, f.shape...)
		if err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
		arrays[i] = numbers
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
	return d.do("loading a network", func(q *driver.Queue) {
		for i, f := range fields {
			if f.here != nil {
				copy(f.here, arrays[i])
				continue
			}
			driver.Upload(q, f.on.Ptr, arrays[i])
		}
	})
}

// optimiser is what Adam carries from one step to the next, and the epochs that key the order of
// minibatches.
type optimiser struct {
	moment1, moment2 array[float32] // shape of the parameters
	steps, epochs    int64
}

func newOptimiser(q *driver.Queue, a *arena, size int) optimiser {
	o := optimiser{moment1: take[float32](a, size), moment2: take[float32](a, size)}
	driver.Zero(q, o.moment1.Ptr, size)
	driver.Zero(q, o.moment2.Ptr, size)
	return o
}

func (o *optimiser) fields(shape ...int) []field {
	return []field{
		{name: nn.StateMoment1, shape: shape, on: o.moment1},
		{name: nn.StateMoment2, shape: shape, on: o.moment2},
	}
}

func (o *optimiser) counters() []*int64 { return []*int64{&o.steps, &o.epochs} }

// affine is the normaliser of some columns: x is seen as (x - shift)/scale.
type affine struct {
	shift, scale []float32
	on           array[float32] // shifts, then scales
}

func newAffine(a *arena, size int) affine {
	n := affine{shift: make([]float32, size), scale: make([]float32, size), on: take[float32](a, 2*size)}
	for i := range n.scale {
		n.scale[i] = 1
	}
	return n
}

// upload puts the numbers of the host on the device.
func (n *affine) upload(q *driver.Queue) {
	driver.Upload(q, n.on.Ptr, n.shift)
	driver.Upload(q, n.on.At(len(n.shift)), n.scale)
}
