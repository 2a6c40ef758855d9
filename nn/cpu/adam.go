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
