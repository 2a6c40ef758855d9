package algo

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/floats"

	"github.com/palmal-rl/palmal/nn"
)

// conjugateGradient solves (F + λI) x = b in float64 for a symmetric positive semidefinite F, by which
// product multiplies; only product uses Stride. A backend may offer the same on its device
// (nn.FisherSolver); this is its oracle. Source: Hestenes and Stiefel 1952; Shewchuk 1994, B2.
func conjugateGradient(x, b []float64, o nn.CGOptions, product func(out, v []float64) error) (nn.CGReport, error) {
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
			return nn.CGReport{}, err
		}
		floats.Sub(r, z)
	}
	p := append([]float64(nil), r...)
	rr := floats.Dot(r, r)
	report := nn.CGReport{}
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
	if math.IsNaN(rr) || math.IsInf(rr, 0) {
		return report, fmt.Errorf("conjugate gradient: squared residual %g after %d iterations: %w", rr, report.Iterations, nn.ErrDiverged)
	}
	if rr > 0 {
		report.Residual = math.Sqrt(rr) / floats.Norm(b, 2)
	}
	return report, nil
}
