package algo_test

import (
	"context"
	"testing"

	"github.com/palmal-rl/palmal/algo"
	"github.com/palmal-rl/palmal/nn"
	"github.com/palmal-rl/palmal/nn/nntest"
)

// solver is a backend that solves for the natural gradient itself, which is the gradient to it, and
// has no Fisher product.
type solver struct {
	nn.Backend
	asked []nn.CGOptions
}

func (s *solver) SolveFisher(direction, gradient []float64, _ nn.Paths, _ nn.Policy, o nn.CGOptions) (nn.CGReport, error) {
	s.asked = append(s.asked, o)
	copy(direction, gradient)
	return nn.CGReport{Iterations: 7, Residual: 0.25}, nil
}

func (s *solver) FisherVector([]float64, []float64, nn.Paths, nn.Policy, int) error {
	panic("a backend that solves is asked for a product")
}

// A backend that offers the whole method is given the options of the configuration, and its report
// is that of the record.
func TestBackendThatSolvesIsAskedTo(t *testing.T) {
	c := tiny(t, algo.PAL)
	c.NPG.CGIterations, c.NPG.CGDamping, c.NPG.CGTolerance, c.NPG.CGFromGradient, c.NPG.FisherStride = 9, 0.3, 1e-7, true, 4
	s := &solver{Backend: nntest.Reference()}
	record, err := newGame(t, c, s, 1).Iterate(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	want := nn.CGOptions{Iterations: 9, Damping: 0.3, Tolerance: 1e-7, FromGradient: true, Stride: 4}
	if len(s.asked) != c.NPG.Steps || s.asked[0] != want {
		t.Errorf("asked %+v, want %d times %+v", s.asked, c.NPG.Steps, want)
	}
	if record.Policy.CGSteps != 7 || record.Policy.CGResidual != 0.25 {
		t.Errorf("the record has %g iterations and a residual of %g", record.Policy.CGSteps, record.Policy.CGResidual)
	}
}
