package nntest

import (
	"testing"

	"github.com/palmal-rl/palmal/nn"
)

// solving is a backend that offers nn.FisherSolver, by the plain method and with a fault of change.
type solving struct {
	nn.Backend
	change func(o *nn.CGOptions, err *error)
}

func faultless(*nn.CGOptions, *error) {}

func (s solving) SolveFisher(direction, gradient []float64, paths nn.Paths, policy nn.Policy, options nn.CGOptions) (nn.CGReport, error) {
	// A product first refuses what the method itself would not see where it makes no iteration.
	err := s.FisherVector(make([]float64, len(direction)), gradient, paths, policy, options.Stride)
	s.change(&options, &err)
	if err == nil {
		err = options.Check()
	}
	if err != nil {
		return nn.CGReport{}, err
	}
	x, report, err := conjugateGradient(gradient, options, newDriver(&recorder{}, s.Backend, false).product(paths, policy, options.Stride))
	s.change(&nn.CGOptions{}, &err)
	copy(direction, x)
	return report, err
}

func TestSolversPassTheirCases(t *testing.T) {
	for _, small := range []bool{false, true} {
		config := Config{Small: small, New: func(TB) nn.Backend { return solving{Reference(), faultless} }}
		for _, k := range solverCases() {
			t.Run(k.Name, func(t *testing.T) { k.run(t, config) })
		}
	}
}

func TestBackendsWithoutASolverSkipItsCases(t *testing.T) {
	for _, k := range solverCases() {
		t.Run(k.Name, func(t *testing.T) {
			t.Cleanup(func() {
				if !t.Skipped() {
					t.Error("not skipped")
				}
			})
			k.run(t, referenceConfig())
		})
	}
}

func solverFaults() map[string]fault {
	solver := func(change func(*nn.CGOptions, *error), found ...string) fault {
		return fault{func(b nn.Backend) nn.Backend { return solving{b, change} }, found}
	}
	return map[string]fault{
		"the damping is left out":      solver(func(o *nn.CGOptions, _ *error) { o.Damping = 0 }, "solver/agrees"),
		"the start is always 0":        solver(func(o *nn.CGOptions, _ *error) { o.FromGradient = false }, "solver/agrees", "solver/stops"),
		"every step counts":            solver(func(o *nn.CGOptions, _ *error) { o.Stride = 1 }, "solver/agrees"),
		"the tolerance is ignored":     solver(func(o *nn.CGOptions, _ *error) { o.Tolerance = 0 }, "solver/stops"),
		"one iteration is left out":    solver(func(o *nn.CGOptions, _ *error) { o.Iterations-- }, "solver/agrees"),
		"divergence passes in silence": solver(func(_ *nn.CGOptions, err *error) { *err = nil }, "solver/diverges"),
	}
}
