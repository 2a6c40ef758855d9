package nntest

import (
	"fmt"
	"math"

	"github.com/palmal-rl/palmal/nn"
)

func solverCases() []Case {
	methods := []string{"FisherVector"}
	const optional = "FisherSolver"
	return []Case{
		{Name: "solver/agrees", Optional: optional, Methods: methods, Bound: 1e-5, holds: solverAgrees,
			What:   "the same direction after the same iterations as the plain method over the backend's own product, from both starts; the same twice",
			Reason: "sums in another order, 1e-16, now and then round a vector to the next float32; the system's condition is some tens"},
		{Name: "solver/stops", Optional: optional, Methods: methods, Bound: 1e-5, holds: solverStops,
			What:   "it stops at the tolerance; without an iteration it returns its start; no gradient has no direction",
			Reason: "as solver/agrees"},
		{Name: "solver/diverges", Optional: optional, Methods: methods, Reason: "an error that wraps ErrDiverged", holds: solverDiverges,
			What: "a NaN in the gradient or the policy, and a curvature that is not positive, are noticed"},
	}
}

// conjugateGradient solves (F + λI)·x = b: Nocedal and Wright 2006, algorithm 5.2.
func conjugateGradient(b []float64, o nn.CGOptions, product func(v []float64) ([]float64, error)) ([]float64, nn.CGReport, error) {
	x, r := make([]float64, len(b)), append([]float64(nil), b...)
	damped := func(v []float64) []float64 {
		z, err := product(v)
		if err != nil {
			return nil
		}
		for i := range z {
			z[i] += o.Damping * v[i]
		}
		return z
	}
	report := nn.CGReport{}
	if o.FromGradient {
		copy(x, b)
		for i, z := range damped(x) {
			r[i] -= z
		}
	}
	p, square := append([]float64(nil), r...), dot(r, r)
	for ; report.Iterations < o.Iterations && square > o.Tolerance; report.Iterations++ {
		z := damped(p)
		curvature := 0.0
		if z != nil {
			curvature = dot(p, z)
		}
		if !(curvature > 0) {
			return x, report, fmt.Errorf("curvature %g: %w", curvature, nn.ErrDiverged)
		}
		alpha := square / curvature
		for i := range x {
			x[i] += alpha * p[i]
			r[i] -= alpha * z[i]
		}
		next := dot(r, r)
		for i := range p {
			p[i] = r[i] + next/square*p[i]
		}
		square = next
	}
	if square > 0 {
		report.Residual = math.Sqrt(square / dot(b, b))
	}
	return x, report, nil
}

// product multiplies with the backend's Fisher matrix.
func (d *driver) product(paths nn.Paths, p nn.Policy, stride int) func(v []float64) ([]float64, error) {
	return func(v []float64) ([]float64, error) {
		product := make([]float64, len(v))
		return product, d.FisherVector(product, v, paths, p, stride)
	}
}

// solveFisher solves with the backend's own method.
func (d *driver) solveFisher(gradient []float64, paths nn.Paths, p nn.Policy, o nn.CGOptions) ([]float64, nn.CGReport) {
	d.Helper()
	direction := normals(source(100), len(gradient), 1) // whatever was there before
	report, err := d.Backend.(nn.FisherSolver).SolveFisher(direction, gradient, paths, p, o)
	d.need("SolveFisher", err)
	return direction, report
}

// sameSolution compares the backend's method with the plain one, and its residual with the true one.
func (c *check) sameSolution(what string, s scene, gradient []float64, o nn.CGOptions) {
	c.Helper()
	product := c.product(s.paths, s.policy, o.Stride)
	want, plain, err := conjugateGradient(gradient, o, product)
	c.need(what, err)
	got, report := c.solveFisher(gradient, s.paths, s.policy, o)
	c.near(what, got, want)
	again, _ := c.solveFisher(gradient, s.paths, s.policy, o)
	near(c, what+": a second time", again, got, exact("the same steps on the same numbers"))
	if report.Iterations != plain.Iterations {
		c.Errorf("%s: %d iterations, want %d", what, report.Iterations, plain.Iterations)
	}
	residual, err := product(got)
	c.need(what, err)
	for i := range residual {
		residual[i] += o.Damping*got[i] - gradient[i]
	}
	rest := math.Sqrt(dot(residual, residual) / dot(gradient, gradient))
	near(c, what+": residual", []float64{report.Residual}, []float64{rest},
		c.scaled(tolerance{relative: 1e-4, absolute: 1e-6, reason: "the method keeps its residual by recurrence"}))
}

func solverAgrees(c *check) {
	s := newScene(c.driver, 0.05)
	gradient := c.gradient(s.paths, s.policy)
	for _, o := range []nn.CGOptions{
		{Iterations: 1, Damping: 0.1, Stride: 1}, {Iterations: 6, Damping: 0.1, Stride: 1},
		{Iterations: 6, Damping: 0.3, Stride: 3}, {Iterations: 5, Damping: 0.1, Stride: 1, FromGradient: true},
	} {
		c.sameSolution(fmt.Sprintf("%+v", o), s, gradient, o)
	}
}

func solverStops(c *check) {
	s := newScene(c.driver, 0)
	gradient := c.gradient(s.paths, s.policy)
	fourth := nn.CGOptions{Iterations: 4, Damping: 0.1, Stride: 1}
	_, plain, err := conjugateGradient(gradient, fourth, c.product(s.paths, s.policy, 1))
	c.need("conjugate gradient", err)
	stops := fourth
	stops.Iterations = 50
	stops.Tolerance = 1.001 * plain.Residual * plain.Residual * dot(gradient, gradient)
	c.sameSolution("until the tolerance", s, gradient, stops)
	if _, report := c.solveFisher(gradient, s.paths, s.policy, stops); report.Iterations > 4 {
		c.Errorf("%d iterations to a residual that the fourth reaches", report.Iterations)
	}
	for _, warm := range []bool{false, true} {
		none := nn.CGOptions{Damping: 0.1, Stride: 1, FromGradient: warm}
		c.sameSolution("no iteration", s, gradient, none)
		none.Iterations, none.Tolerance = 9, 1e9
		c.sameSolution("a tolerance that the start reaches", s, gradient, none)
		none.Tolerance = 0
		direction, report := c.solveFisher(make([]float64, len(gradient)), s.paths, s.policy, none)
		near(c, "direction of no gradient", direction, make([]float64, len(gradient)), exact("products of 0"))
		if report != (nn.CGReport{}) {
			c.Errorf("no gradient: %+v, want no iteration and no residual", report)
		}
	}
}

func solverDiverges(c *check) {
	s := newScene(c.driver, 0)
	gradient := c.gradient(s.paths, s.policy)
	solve := func(gradient []float64, p nn.Policy, o nn.CGOptions) func() error {
		return func() error {
			_, err := c.Backend.(nn.FisherSolver).SolveFisher(make([]float64, len(gradient)), gradient, s.paths, p, o)
			return err
		}
	}
	good := nn.CGOptions{Iterations: 5, Damping: 0.1, Stride: 1}
	c.need("SolveFisher", solve(gradient, s.policy, good)())
	for _, warm := range []bool{false, true} {
		o := good
		o.FromGradient = warm
		for _, at := range []int{0, len(gradient) - 1} {
			sick := append([]float64(nil), gradient...)
			sick[at] = math.NaN()
			diverges(c, fmt.Sprintf("SolveFisher with a NaN in the gradient's entry %d", at), solve(sick, s.policy, o))
		}
		o.Damping = -10
		diverges(c, "SolveFisher with a damping of -10", solve(gradient, s.policy, o))
	}
	sick := newScene(c.driver, 0).policy
	if !poison(c, sick) {
		diverges(c, "SolveFisher with a NaN in the policy", solve(gradient, sick, good))
	}
}
