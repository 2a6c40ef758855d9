package algo_test

import (
	"context"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/floats"

	"github.com/palmal-rl/palmal/algo"
	"github.com/palmal-rl/palmal/nn"
	"github.com/palmal-rl/palmal/nn/nntest"
)

// surveyor measures policy steps where they end: in Surrogate the parameters are new and the paths
// still those that the step was made from.
type surveyor struct {
	nn.Backend
	damping  float64
	stride   int
	momentum float64
	weight   float64   // sum of the weights of an iteration's steps
	last     []float64 // the latest step
	before   []float32
	gradient []float64
	lengths  []float64 // dᵀ(F+λ)d of each step d
	cosines  []float64 // cosine of the angle of (F+λ)d and the gradient
}

func (s *surveyor) PolicyGradient(gradient []float64, paths nn.Paths, p nn.Policy) (err error) {
	if err := s.Backend.PolicyGradient(gradient, paths, p); err != nil {
		return err
	}
	s.gradient = slices.Clone(gradient)
	s.before, err = p.Parameters()
	return err
}

func (s *surveyor) Surrogate(paths nn.Paths, p nn.Policy) (gain, kl float64, err error) {
	after, err := p.Parameters()
	if err != nil {
		return 0, 0, err
	}
	step, product := make([]float64, len(after)), make([]float64, len(after))
	for i := range after {
		step[i] = float64(after[i]) - float64(s.before[i])
	}
	step = s.own(step)
	if err := p.SetParameters(s.before); err != nil {
		return 0, 0, err
	}
	if err := s.Backend.FisherVector(product, step, paths, p, s.stride); err != nil {
		return 0, 0, err
	}
	floats.AddScaled(product, s.damping, step)
	s.lengths = append(s.lengths, floats.Dot(step, product))
	s.cosines = append(s.cosines, floats.Dot(product, s.gradient)/(floats.Norm(product, 2)*floats.Norm(s.gradient, 2)))
	if err := p.SetParameters(after); err != nil {
		return 0, 0, err
	}
	return s.Backend.Surrogate(paths, p)
}

// own takes the steps before out of their mean with the newest one.
func (s *surveyor) own(step []float64) []float64 {
	own := slices.Clone(step)
	earlier := s.momentum * s.weight
	s.weight = earlier + 1
	floats.Scale(s.weight, own)
	if earlier > 0 {
		floats.AddScaled(own, -earlier, s.last)
	}
	s.last = step
	return own
}

// Line 13 of subroutine 1: the step is along (F+λ)⁻¹g, uphill, and its length in that metric is √δ. With momentum that holds for what
// a step adds to the mean of those before it in its iteration.
func TestPolicyStepIsTheNormalisedNaturalGradient(t *testing.T) {
	for _, momentum := range []float64{0, 0.7} {
		c := tiny(t, algo.PAL)
		c.NPG.StepSize, c.NPG.CGDamping, c.NPG.FisherStride, c.NPG.Momentum = 0.03, 0.2, 2, momentum
		c.NPG.CGIterations, c.NPG.CGTolerance, c.Policy.MinLogStd, c.Policy.MaxLogStd = 200, 1e-24, -20, 20
		s := &surveyor{Backend: nntest.Reference(), damping: 0.2, stride: 2, momentum: momentum}
		g := newGame(t, c, s, 1)
		for range 2 {
			s.weight, s.lengths, s.cosines = 0, nil, nil
			record, err := g.Iterate(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			if len(s.lengths) != c.NPG.Steps {
				t.Fatalf("%d steps, want %d", len(s.lengths), c.NPG.Steps)
			}
			for i := range s.lengths {
				// The parameters are rounded to float32: 1e-7 of numbers up to 1 in steps of about 0.1.
				if !(math.Abs(s.lengths[i]-0.03) <= 1e-5) {
					t.Errorf("momentum %g, step %d: squared length %g, want 0.03", momentum, i, s.lengths[i])
				}
				if !(s.cosines[i] >= 1-1e-5) {
					t.Errorf("momentum %g, step %d: cosine between (F+λ)d and g is %g", momentum, i, s.cosines[i])
				}
			}
			if record.Policy.Moved != nil {
				t.Errorf("moved by %g, which nobody bounds", *record.Policy.Moved)
			}
			if !(record.Policy.CGResidual <= 1e-9) {
				t.Errorf("residual %g", record.Policy.CGResidual)
			}
		}
	}
}

// The gradient of the entropy is its coefficient for every log σ: a large one outweighs the paths and
// drives σ up, to the ceiling and not above.
func TestEntropyRaisesTheNoiseUpToItsCeiling(t *testing.T) {
	spread := func(entropy, stepSize float64) algo.Number {
		c := tiny(t, algo.PAL)
		c.NPG.Entropy, c.NPG.StepSize, c.Policy.MaxLogStd, c.Policy.MinLogStd = entropy, stepSize, 0.5, -1.5
		g := newGame(t, c, nntest.Reference(), 1)
		record, err := g.Iterate(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		std := record.Policy.Std[0]
		// The entropy of a Gaussian is log σ + ½ log 2πe = log σ + 1.4189385.
		if want := math.Log(float64(std)) + 1.4189385; !(math.Abs(float64(record.Policy.Entropy)-want) <= 1e-6) {
			t.Errorf("entropy %g for σ = %g, want %g", record.Policy.Entropy, std, want)
		}
		return std
	}
	start := algo.Number(math.Exp(-1))
	if std := spread(1000, 0.05); !(std > start*1.2) {
		t.Errorf("σ = %g after two steps for entropy, from %g", std, start)
	}
	if std := spread(1000, 50); !(math.Abs(float64(std)-math.Exp(0.5)) <= 1e-6) {
		t.Errorf("σ = %g after long steps for entropy, the ceiling is %g", std, math.Exp(0.5))
	}
}

// A policy that gains by less noise stops at the floor, be its steps ever so long.
func TestNoiseStaysAboveItsFloor(t *testing.T) {
	reached := false
	for seed := range uint64(4) {
		c := tiny(t, algo.PAL)
		c.Seed, c.NPG.StepSize, c.Policy.MinLogStd, c.Policy.InitialLogStd = seed, 10, -1, -0.9
		g := newGame(t, c, nntest.Reference(), 1)
		record, err := g.Iterate(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		std, floor := float64(record.Policy.Std[0]), math.Exp(-1)
		if !(std >= floor*(1-1e-6)) {
			t.Errorf("seed %d: σ = %g, the floor is %g", seed, std, floor)
		}
		reached = reached || std <= floor*(1+1e-6)
	}
	if !reached {
		t.Error("no seed reaches the floor: the test shows nothing")
	}
}

// Evaluations come when they are due, at the samples that made the policy, and end a run once two of
// them reach the return to stop at.
func TestEvaluationsAreBookedAtTheSamplesThatMadeThePolicy(t *testing.T) {
	c := tiny(t, algo.PAL)
	c.Evaluation.Every, c.Evaluation.StopAt, c.Samples = 2, 0, 1_000_000
	g := newGame(t, c, nntest.Reference(), 1)
	before := 0
	for i := 1; i <= 4; i++ {
		if g.Done() {
			t.Fatalf("done before iteration %d", i)
		}
		record, err := g.Iterate(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if due := i%2 == 0; due != (record.Evaluation != nil) {
			t.Errorf("iteration %d: evaluated: %v", i, record.Evaluation != nil)
		}
		if record.Evaluation != nil && record.Evaluation.Samples != before {
			t.Errorf("iteration %d: evaluation at %d samples, the policy had %d", i, record.Evaluation.Samples, before)
		}
		if i > 1 && record.Sampled.Samples != before {
			t.Errorf("iteration %d: sampled at %d samples, the policy had %d", i, record.Sampled.Samples, before)
		}
		before = record.Samples
	}
	if !g.Done() {
		t.Error("not done after two evaluations that reach the return to stop at")
	}
}
