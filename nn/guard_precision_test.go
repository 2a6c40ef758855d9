package nn_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/palmal-rl/palmal/nn"
	"github.com/palmal-rl/palmal/nn/nntest"
)

// multiplyingStub has some reduced precision.
type multiplyingStub struct {
	stub
	has nn.Precision
}

func (s *multiplyingStub) Multiplies(p nn.Precision) error {
	if p != s.has {
		return errors.New("it lacks a thing")
	}
	return nil
}

func TestPrecisionsHaveNames(t *testing.T) {
	for i, name := range nn.Precisions() {
		p, err := nn.ParsePrecision(name)
		if err != nil || p != nn.Precision(i) || p.String() != name {
			t.Errorf("%q is precision %v, %v", name, p, err)
		}
	}
	for _, name := range []string{"", "FP32", "fp16"} {
		if _, err := nn.ParsePrecision(name); err == nil {
			t.Errorf("%q is a precision", name)
		}
	}
}

// TestBackendsRefusePrecisionsThatTheyLack, by their name and with what is missing; fp32 none refuses.
func TestBackendsRefusePrecisionsThatTheyLack(t *testing.T) {
	guard := func(machine nn.Machine[*stubNetwork, *stubNetwork, *stubPolicy, *stubPaths]) nn.Guarded {
		return nn.Guard[*stubNetwork, *stubNetwork, *stubPolicy, *stubPaths]("stub", machine)
	}
	ensemble := func(g nn.Guarded, p nn.Precision) error {
		shape := nn.EnsembleShape{Members: 1, Observation: 1, Action: 1, Hidden: []int{2}, Kinds: []string{nn.KindPredicted}, Precision: p}
		_, err := g.NewEnsemble(shape, shape.Init(1))
		return err
	}
	unknown := nn.Precision(7)
	for _, c := range []struct {
		guarded nn.Guarded
		has     []nn.Precision
		why     string // it refuses bf16x3
	}{
		{guard(new(stub)), []nn.Precision{nn.FP32}, "fp32 alone"},
		{guard(&multiplyingStub{has: nn.BF16}), []nn.Precision{nn.FP32, nn.BF16}, "it lacks a thing"},
		{guard(&multiplyingStub{has: unknown}), []nn.Precision{nn.FP32}, "it lacks a thing"},
	} {
		for _, p := range []nn.Precision{nn.FP32, nn.BF16, nn.BF16x3, unknown} {
			if slices.Contains(c.has, p) {
				if err := errors.Join(c.guarded.Multiplies(p), ensemble(c.guarded, p)); err != nil {
					t.Errorf("%v is refused: %v", p, err)
				}
				continue
			}
			unsupported(t, p.String(), c.guarded.Multiplies(p))
			nntest.Refused(t, "an ensemble", func() error { return ensemble(c.guarded, p) }, "stub", p.String())
		}
		nntest.Refused(t, "an ensemble", func() error { return ensemble(c.guarded, nn.BF16x3) }, c.why)
	}
}
