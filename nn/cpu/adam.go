package cpu

import (
	"math"

	"github.com/palmal-rl/palmal/nn"
)

// newAdamStep prepares a step, counted from 1. Source: Kingma and Ba 2015, algorithm 1: with
// m̂ = m/(1-β₁ᵗ) and v̂ = v/(1-β₂ᵗ), the update subtracts rate·m̂/(√v̂ + ε) from the parameters. The
// corrections are float64 here, and 1-β is rounded from float64, because 1-0.999 in float32 is off by 1e-5.
func newAdamStep(constants nn.Adam, step int64) adamStep {
	correction1 := 1 - math.Pow(constants.Beta1, float64(step))
	correction2 := 1 - math.Pow(constants.Beta2, float64(step))
	return adamStep{
		beta1: float32(constants.Beta1), oneMinusBeta1: float32(1 - constants.Beta1),
		beta2: float32(constants.Beta2), oneMinusBeta2: float32(1 - constants.Beta2),
		rate:    float32(constants.Rate / correction1),
		root:    float32(1 / math.Sqrt(correction2)),
		epsilon: float32(constants.Epsilon),
		decay:   float32(constants.Decay),
	}
}

// descentParts is the number of parts of a minibatch's rows, so that two workers can share
// it. More parts would make the products too small to run at full speed.
const descentParts = 2

// descentPart returns the rows [first, end) of a part.
func descentPart(part, rows int) (first, end int) {
	return rows * part / descentParts, rows * (part + 1) / descentParts
}

// batch is a minibatch that can be differentiated part by part. Every lane has its own batch.
type batch interface {
	// differentiate writes the gradient of a part and returns its share of the loss.
	differentiate(part int, gradient []float32) float64
}

// descent trains one network by Adam on minibatches. Its lanes run in parallel and wait for each other
// twice in a step: after the gradients of all parts, and after the update of the parameters. A lane takes
// one part; a single lane takes all parts, with the same result.
type descent struct {
	parameters       []float32 // [P]
	moment1, moment2 []float32 // [P]
	gradients        [descentParts][]float32
	losses           [descentParts]float64
	lanes            int
	barrier          barrier
	stretches        []stretch // nil: all parameters move alike
}

// begin prepares for parameters whose moments begin at an offset in the optimiser's arrays.
func (d *descent) begin(lanes int, parameters []float32, o *optimiser, offset int) {
	d.lanes, d.parameters = lanes, parameters
	end := offset + len(parameters)
	d.moment1, d.moment2 = o.moment1[offset:end], o.moment2[offset:end]
	clearTiny(d.parameters, d.moment1)
	d.barrier.begin(lanes)
}

// leastSize is the size below which a parameter counts as 0 when a fit begins. Weight decay shrinks a weight of an input that
// is always 0, or of a unit that is never active, by some orders of magnitude a fit; below 1e-38 many processors take a
// hundred times as long for every product. What is left of it changes no prediction in float32.
const leastSize = 1e-25

// clearTiny sets parameters that are too small to matter to 0, and the moments that go with them.
func clearTiny(parameters, moments []float32) {
	tiny := func(x float32) bool { return x < leastSize && x > -leastSize }
	for i, x := range parameters {
		if tiny(x) && tiny(moments[i]) {
			parameters[i], moments[i] = 0, 0
		}
	}
}

// step runs one lane of an Adam step, whose number counts from 1, and returns the loss before the step.
// All lanes return the same loss.
func (d *descent) step(lane int, number int64, constants nn.Adam, b batch) float64 {
	for part := lane; part < descentParts; part += d.lanes {
		d.losses[part] = b.differentiate(part, d.gradients[part])
	}
	d.barrier.wait()
	loss := 0.0
	for _, share := range d.losses {
		loss += share
	}
	first, end := d.share(lane)
	d.update(first, end, number, constants)
	d.barrier.wait()
	return loss
}

// share returns the parameters [first, end) that a lane updates; the bounds are multiples of a vector register.
func (d *descent) share(lane int) (first, end int) {
	size := len(d.parameters)
	first, end = size*lane/d.lanes&^7, size*(lane+1)/d.lanes&^7
	if lane == d.lanes-1 {
		end = size
	}
	return first, end
}
