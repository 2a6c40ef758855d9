//go:build cuda

package algo

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/floats"

	"github.com/palmal-rl/palmal/gpu"
	"github.com/palmal-rl/palmal/nn"
)

// device opens the GPU, or the emulator. Without either the test is skipped, and says so.
func device(t *testing.T) *gpu.Backend {
	t.Helper()
	if err := gpu.Available(); err != nil {
		t.Skipf("NOT TESTED: no CUDA device, and no emulator on LD_LIBRARY_PATH (make test-emulated): %v", err)
	}
	b, err := gpu.Open(gpu.Options{Strict: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return b
}

// scattered are paths of random states and actions, as many steps as two tiles and a part.
func scattered(observation, action int) *nn.PathColumns {
	const n, horizon = 9, 17
	random := rand.New(rand.NewPCG(1, 2))
	numbers := func(n int) []float32 {
		x := make([]float32, n)
		for i := range x {
			x[i] = float32(random.NormFloat64())
		}
		return x
	}
	c := &nn.PathColumns{
		Observations: nn.Matrix(numbers(n*(horizon+1)*observation), n, horizon+1, observation),
		Actions:      nn.Matrix(numbers(n*horizon*action), n, horizon, action),
		Means:        nn.Matrix(make([]float32, n*horizon*action), n, horizon, action),
		Advantages:   nn.Matrix(numbers(n*horizon), n, horizon),
		LogStd:       make([]float32, action), Times: make([]float32, n),
		Lengths: make([]int, n), Terminated: make([]bool, n),
	}
	for i := range c.Lengths {
		c.Lengths[i] = horizon - i
	}
	return c
}

// TestDeviceSolvesLikeTheHost: the method on the device and that of this package make the same
// iterations over the same product. The device adds in another order, which is 1e-16 in float64 but
// now and then rounds an entry of a vector to the next float32 on its way into the product: 6e-8 of
// that entry. The least curvature that 10 iterations find is some hundredths of the largest.
func TestDeviceSolvesLikeTheHost(t *testing.T) {
	b := device(t)
	shape := nn.PolicyShape{Observation: 12, Action: 3, Hidden: []int{64, 64}} // the hopper's
	policy, err := b.NewPolicy(shape, shape.Init(4, -0.2, 0.3))
	if err != nil {
		t.Fatal(err)
	}
	paths, err := b.UploadPaths(scattered(12, 3))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { policy.Close(); paths.Close() })
	gradient := make([]float64, shape.Parameters())
	if err := b.PolicyGradient(gradient, paths, policy); err != nil {
		t.Fatal(err)
	}
	for name, o := range map[string]nn.CGOptions{
		"paper":     {Iterations: 10, Damping: 1e-4, Tolerance: 1e-10, Stride: 1},
		"reference": {Iterations: 10, Damping: 1e-3, Tolerance: 1e-10, FromGradient: true, Stride: 2},
		"stops":     {Iterations: 10, Damping: 1e-1, Tolerance: 1e-2, Stride: 1},
	} {
		got, want := make([]float64, len(gradient)), make([]float64, len(gradient))
		report, err := b.SolveFisher(got, gradient, paths, policy, o)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		plain, err := conjugateGradient(want, gradient, o, func(product, v []float64) error {
			return b.FisherVector(product, v, paths, policy, o.Stride)
		})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		off := floats.Distance(got, want, 2) / floats.Norm(want, 2)
		t.Logf("%s: %+v, host %+v, distance %.1e of the solution", name, report, plain, off)
		if !(off <= 1e-5) || report.Iterations != plain.Iterations || !(math.Abs(report.Residual-plain.Residual) <= 1e-5*plain.Residual) {
			t.Errorf("%s: %+v, host %+v, distance %g of the solution", name, report, plain, off)
		}
	}
}
