package cpu

import (
	"testing"

	"github.com/palmal-rl/palmal/nn"
	"github.com/palmal-rl/palmal/nn/nntest"
)

// reduced is a backend whose ensembles all have a precision.
type reduced struct {
	*Backend
	precision nn.Precision
}

func (r reduced) NewEnsemble(shape nn.EnsembleShape, parameters []float32) (nn.Ensemble, error) {
	shape.Precision = r.precision
	return r.Backend.NewEnsemble(shape, parameters)
}

// TestReducedPrecisionsConform holds members of reduced precision to the reference in float64. The suite's bounds are for sums of up to some
// hundred products, each wrong by 2⁻²⁴, as if all errors had one sign. A product is wrong by 770 times as much at most in bf16x3, and 2¹⁷ times as much in bf16,
// typically by a few times less, and errors of independent roundings cancel as the root of their number: 30 and 3,000 times the
// bounds are a tenth of that, or less.
func TestReducedPrecisionsConform(t *testing.T) {
	// The derivative of a unit of ReLU jumps where rounding moves its sum across 0. Of the few hundred rows that an entry of a
	// gradient is averaged over, this concerns one or two in bf16, each of about a tenth of the entry's size, and steps of Adam follow.
	const kink = 0.75
	kinks := map[string]float64{}
	for _, name := range []string{"fit/gradient", "fit/gradient-raw-loss", "fit/gradient-reward", "fit/steps", "fit/wide", "termination/gradient",
		"gaussian/gradient-rough", "gaussian/finite-differences-rough", "care/bootstrap", "care/restart", "shape/ensemble"} {
		kinks[name] = kink
	}
	kinks["gaussian/steps-rough"] = 2 * kink // a hundred steps of members of ReLU alone
	const decides = "rounding to bf16 changes which of two states or disagreements is the larger"
	for _, c := range []struct {
		precision nn.Precision
		config    nntest.Config
	}{
		{nn.BF16x3, nntest.Config{Scale: 30, Bounds: map[string]float64{"fit/wide": 0.15}}}, // wide layers, some units of which are near a kink
		{nn.BF16, nntest.Config{Scale: 3000, Bounds: kinks,
			Without: map[string]string{"care/hold-out": decides, "disagreement/cut": decides, "disagreement/cut-all": decides}}},
	} {
		if raced && c.precision == nn.BF16 {
			continue // the same accesses to memory as one part of bf16x3
		}
		for _, kind := range []string{"AMX", "AVX512_BF16"} {
			if raced && kind != "AMX" {
				continue // writes less: no turned words
			}
			t.Run(c.precision.String()+"/"+kind, func(t *testing.T) {
				c.config.New = func(nntest.TB) nn.Backend {
					return reduced{newBackendBy(ownLibrary(*unitsBy(kind)), 2), c.precision}
				}
				nntest.Run(t, c.config)
			})
		}
	}
}
