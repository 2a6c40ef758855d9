package algo

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/floats"

	"github.com/palmal-rl/palmal/nn"
)

// cgOptions are those of the conjugate gradient method.
type cgOptions struct {
	Iterations   int
	Damping      float64 // λ of (F + λI)
	Tolerance    float64 // stop at this squared norm of the residual
	FromGradient bool    // start from b instead of 0
}

// cgReport tells how well the system was solved.
type cgReport struct {
	Iterations int
	Residual   float64 // ‖A x − b‖ / ‖b‖
}

// conjugateGradient solves (F + λI) x = b for a symmetric positive semidefinite F that product
// multiplies with. All in float64. Source: Hestenes and Stiefel 1952; Shewchuk 1994, B2.
func conjugateGradient(x, b []float64, o cgOptions, product func(out, v []float64) error) (cgReport, error) {
	r := make([]float64, len(b))
	z := make([]float64, len(b))
	damped := func(v []float64) error {
		if err := product(z, v); err != nil {
			return err
		}
		floats.AddScaled(z, o.Damping, v)
		return nil
	}
	copy(r, b)
	clear(x)
	if o.FromGradient {
		copy(x, b)
		if err := damped(x); err != nil {
			return cgReport{}, err
		}
		floats.Sub(r, z)
	}
	p := append([]float64(nil), r...)
	rr := floats.Dot(r, r)
	report := cgReport{}
	for report.Iterations < o.Iterations && rr > o.Tolerance {
		if err := damped(p); err != nil {
			return report, err
		}
		curvature := floats.Dot(p, z)
		if !(curvature > 0) || math.IsInf(curvature, 0) {
			return report, fmt.Errorf("conjugate gradient: curvature %g in iteration %d: %w", curvature, report.Iterations, nn.ErrDiverged)
		}
		alpha := rr / curvature
		floats.AddScaled(x, alpha, p)
		floats.AddScaled(r, -alpha, z)
		next := floats.Dot(r, r)
		floats.Scale(next/rr, p)
		floats.Add(p, r)
		rr = next
		report.Iterations++
	}
	report.Residual = math.Sqrt(rr) / floats.Norm(b, 2)
	return report, nil
}
