package cpu

import (
	"math"

	"github.com/palmal-rl/palmal/nn"
)

// newAdamStep prepares step number step, from 1. Source: Kingma and Ba 2015, algorithm 1: with
// m̂ = m/(1-β₁ᵗ) and v̂ = v/(1-β₂ᵗ), the parameters lose rate·m̂/(√v̂ + ε). The corrections are
// float64 here, and 1-β is rounded from float64, since 1-0.999 in float32 is off by 1e-5.
func newAdamStep(constants nn.Adam, step int64) adamStep {
	correction1 := 1 - math.Pow(constants.Beta1, float64(step))
	correction2 := 1 - math.Pow(constants.Beta2, float64(step))
	return adamStep{
		beta1: float32(constants.Beta1), rest1: float32(1 - constants.Beta1),
		beta2: float32(constants.Beta2), rest2: float32(1 - constants.Beta2),
		rate:    float32(constants.Rate / correction1),
		root:    float32(1 / math.Sqrt(correction2)),
		epsilon: float32(constants.Epsilon),
		decay:   float32(constants.Decay),
	}
}

// descentParts is into how many parts the rows of a minibatch are cut, so that two workers can share
// it. More parts would make the products too small to run at full speed.
const descentParts = 2

// descentPart is the rows [first, end) of a part.
func descentPart(part, rows int) (first, end int) {
	return rows * part / descentParts, rows * (part + 1) / descentParts
}

// batch is a minibatch that can be differentiated part by part. Every lane has its own.
type batch interface {
	// differentiate writes the gradient of a part and returns its share of the loss.
	differentiate(part int, gradient []float32) float64
}

// descent trains one network by Adam on minibatches. Its lanes run side by side and meet twice in
// a step: when the gradients of all parts are there, and when the parameters are. A lane takes one
// part, or all where it is alone, with the same result.
type descent struct {
	parameters       []float32 // [P]
	moment1, moment2 []float32 // [P]
	gradients        [descentParts][]float32
	losses           [descentParts]float64
	lanes            int
	meet             barrier
}

// begin prepares for parameters whose moments begin at an offset in the optimiser's.
func (d *descent) begin(lanes int, parameters []float32, o *optimiser, offset int) {
	d.lanes, d.parameters = lanes, parameters
	end := offset + len(parameters)
	d.moment1, d.moment2 = o.moment1[offset:end], o.moment2[offset:end]
	d.meet.begin(lanes)
}

// step makes Adam step number, from 1, as one lane and returns the loss before it, which is the
// same in all lanes.
func (d *descent) step(lane int, number int64, constants nn.Adam, b batch) float64 {
	for part := lane; part < descentParts; part += d.lanes {
		d.losses[part] = b.differentiate(part, d.gradients[part])
	}
	d.meet.wait()
	loss := 0.0
	for _, share := range d.losses {
		loss += share
	}
	first, end := d.share(lane)
	update := newAdamStep(constants, number)
	adamUpdate(d.parameters[first:end], d.gradients[0][first:end], d.gradients[1][first:end],
		d.moment1[first:end], d.moment2[first:end], &update)
	d.meet.wait()
	return loss
}

// share is the parameters [first, end) that a lane updates, cut between vector registers.
func (d *descent) share(lane int) (first, end int) {
	size := len(d.parameters)
	first, end = size*lane/d.lanes&^7, size*(lane+1)/d.lanes&^7
	if lane == d.lanes-1 {
		end = size
	}
	return first, end
}
