//go:build cuda

package gpu

import (
	"slices"

	"github.com/palmal-rl/palmal/gpu/internal/driver"
	"github.com/palmal-rl/palmal/nn"
)

// place is the location of an array of a network's state: on the device, or on the host if it is small.
type place struct {
	on   array[float32]
	here []float32
}

// save downloads the arrays of a network, in the order of its layout, and its counters.
func (d *device) save(layout nn.Layout, places []place, counters []*int64) (nn.State, error) {
	arrays := make([][]float32, len(places))
	err := d.do("saving a network", func(q *driver.Queue) {
		for i, p := range places {
			if arrays[i] = slices.Clone(p.here); p.here == nil {
				arrays[i] = downloaded(q, p.on)
			}
		}
	})
	if err != nil {
		return nil, err
	}
	numbers := make([]int64, len(counters))
	for i, counter := range counters {
		numbers[i] = *counter
	}
	return layout.State(arrays, numbers), nil
}

// load replaces the arrays and counters. It changes nothing if the state lacks one of them.
func (d *device) load(layout nn.Layout, state nn.State, places []place, counters []*int64) error {
	arrays, numbers, err := layout.Read(state)
	if err != nil {
		return err
	}
	for i, counter := range counters {
		*counter = numbers[i]
	}
	return d.do("loading a network", func(q *driver.Queue) {
		for i, p := range places {
			if p.here != nil {
				copy(p.here, arrays[i])
				continue
			}
			driver.Upload(q, p.on.Ptr, arrays[i])
		}
	})
}

// optimiser holds the state of Adam and the number of epochs, which selects the order of the next
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

func (o *optimiser) counters() []*int64 { return []*int64{&o.steps, &o.epochs} }

// affine normalises some columns: x becomes (x - shift)/scale.
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

// upload copies the numbers to the device.
func (n *affine) upload(q *driver.Queue) {
	driver.Upload(q, n.on.Ptr, n.shift)
	driver.Upload(q, n.on.At(len(n.shift)), n.scale)
}
