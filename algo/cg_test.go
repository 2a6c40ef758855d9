package algo

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/palmal-rl/palmal/nn"
)

// randomSPD is A Aᵀ of a random A with more columns than rows, so it has full rank.
func randomSPD(n int, rng *rand.Rand) *mat.Dense {
	a := mat.NewDense(n, n+3, nil)
	for i := range n {
		for j := range n + 3 {
			a.Set(i, j, rng.NormFloat64())
		}
	}
	var spd mat.Dense
	spd.Mul(a, a.T())
	return &spd
}

func multiply(m mat.Matrix) func(out, v []float64) error {
	return func(out, v []float64) error {
		var product mat.VecDense
		product.MulVec(m, mat.NewVecDense(len(v), v))
		copy(out, product.RawVector().Data)
		return nil
	}
}

func TestConjugateGradientMatchesDenseSolve(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, fromGradient := range []bool{false, true} {
		const n = 12
		spd := randomSPD(n, rng)
		b := make([]float64, n)
		for i := range b {
			b[i] = rng.NormFloat64()
		}
		damped := mat.DenseCopyOf(spd)
		for i := range n {
			damped.Set(i, i, damped.At(i, i)+0.1)
		}
		var want mat.VecDense
		if err := want.SolveVec(damped, mat.NewVecDense(n, b)); err != nil {
			t.Fatal(err)
		}
		x := make([]float64, n)
		// n exact iterations solve an n×n system; rounding costs a few more.
		report, err := conjugateGradient(x, b, nn.CGOptions{Iterations: 3 * n, Damping: 0.1, Tolerance: 1e-24,
			FromGradient: fromGradient}, multiply(spd))
		if err != nil {
			t.Fatal(err)
		}
		for i := range x {
			// 1e-9: float64 rounding times the condition number, below 1e4 here, with room.
			if !(math.Abs(x[i]-want.AtVec(i)) <= 1e-9) {
				t.Errorf("from gradient %v: x[%d] = %g, dense solve %g", fromGradient, i, x[i], want.AtVec(i))
			}
		}
		if !(report.Residual <= 1e-9) {
			t.Errorf("residual %g after %d iterations", report.Residual, report.Iterations)
		}
	}
}

func TestConjugateGradientResidualIsTheTrueOne(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	const n = 20
	spd := randomSPD(n, rng)
	b := make([]float64, n)
	for i := range b {
		b[i] = rng.NormFloat64()
	}
	x := make([]float64, n)
	report, err := conjugateGradient(x, b, nn.CGOptions{Iterations: 5, Damping: 0.01}, multiply(spd))
	if err != nil {
		t.Fatal(err)
	}
	got := make([]float64, n)
	if err := multiply(spd)(got, x); err != nil {
		t.Fatal(err)
	}
	residual, norm := 0.0, 0.0
	for i := range got {
		d := got[i] + 0.01*x[i] - b[i]
		residual += d * d
		norm += b[i] * b[i]
	}
	want := math.Sqrt(residual / norm)
	// 1e-10: both are sums of 20 squares of order 1 in float64, some 1e-15 apart, with room.
	if !(math.Abs(report.Residual-want) <= 1e-10) || report.Iterations != 5 {
		t.Errorf("report %+v, true residual %g", report, want)
	}
	// 1e-3: far above what a solved system leaves, 1e-9 in the test of the dense solve.
	if !(want > 1e-3) {
		t.Errorf("residual %g after 5 of %d iterations: the case tests nothing", want, n)
	}
}

func TestConjugateGradientRefusesNaNAndNegativeCurvature(t *testing.T) {
	for name, entry := range map[string]float64{"NaN": math.NaN(), "negative": -1, "infinite": math.Inf(1)} {
		x, b := make([]float64, 2), []float64{1, 1}
		_, err := conjugateGradient(x, b, nn.CGOptions{Iterations: 5}, func(out, v []float64) error {
			for i := range v {
				out[i] = entry * v[i]
			}
			return nil
		})
		if !errors.Is(err, nn.ErrDiverged) {
			t.Errorf("%s curvature: error %v, want ErrDiverged", name, err)
		}
	}
	_, err := conjugateGradient(make([]float64, 2), []float64{1, math.NaN()}, nn.CGOptions{Iterations: 5}, multiply(mat.NewDiagDense(2, []float64{1, 1})))
	if !errors.Is(err, nn.ErrDiverged) {
		t.Errorf("NaN in b: error %v, want ErrDiverged", err)
	}
}

// flat is a backend whose Fisher matrix is the identity.
type flat struct{ nn.Backend }

func (flat) FisherVector(product, v []float64, _ nn.Paths, _ nn.Policy, _ int) error {
	copy(product, v)
	return nil
}

// However small rewards make a gradient, it has a natural direction; the tolerance is absolute.
func TestSmallGradientsHaveADirection(t *testing.T) {
	for _, size := range []float64{1, 1e-5, 1e-30} {
		p := &naturalGradient{backend: flat{}, config: Config{NPG: NPGConfig{CGIterations: 15, CGTolerance: 1e-10, CGDamping: 1}}}
		gradient, direction := []float64{3 * size, -4 * size}, make([]float64, 2)
		report, err := p.solveFisherOf(direction, gradient, nil, 1)
		if err != nil {
			t.Fatal(err)
		}
		// (I + I)⁻¹g, to rounding.
		if !(math.Abs(direction[0]/size-1.5) <= 1e-12) || !(math.Abs(direction[1]/size+2) <= 1e-12) || gradient[0] != 3*size {
			t.Errorf("size %g: direction %v of %v after %d iterations", size, direction, gradient, report.Iterations)
		}
		if err := p.makeStep(direction, gradient, 0.5); err != nil {
			t.Errorf("size %g: %v", size, err)
		}
	}
}
