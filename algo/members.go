package algo

import (
	"fmt"

	"github.com/palmal-rl/palmal/nn"
)

// gaussian describes the members; nil where they are deterministic.
func (m ModelConfig) gaussian() *nn.Gaussian {
	if m.Kind != kindGaussian {
		return nil
	}
	g := &nn.Gaussian{Activation: nn.SiLU, LayerNorm: m.LayerNorm, ByState: m.StateNoise}
	if m.Activation == activationReLU {
		g.Activation = nn.ReLU
	}
	return g
}

// precision is that of the members' products.
func (m ModelConfig) precision() nn.Precision {
	p, _ := nn.ParsePrecision(m.Precision) // validated
	return p
}

// care is what a fit does beyond Adam on all rows.
func (m ModelConfig) care() nn.Care {
	c := nn.Care{HoldOut: m.HoldOut, Bootstrap: m.WeighRows, LayerDecay: m.LayerDecay, Restart: m.Restart}
	if m.Kind == kindGaussian {
		c.Dropout, c.Beta = m.Dropout, m.Beta
	}
	return c
}

// validateMembers lists what is wrong with the keys of gaussian members and careful fits.
func (m ModelConfig) validateMembers(check *checker) {
	check.oneOf(m.Kind, "model.kind", kindDeterministic, kindGaussian)
	check.oneOf(m.Activation, "model.activation", activationSiLU, activationReLU)
	check.oneOf(m.Precision, "model.precision", nn.Precisions()...)
	check.notNegative(m.LayerDecay, "model.layer_decay")
	check.must(!(m.LayerDecay*m.LearningRate*float64(len(m.Hidden)+1) >= 1), "model.layer_decay",
		"is %g: a step of the learning rate would turn weights of the last layer around", m.LayerDecay)
	check.atLeast(0, m.WarmUp, "model.warm_up")
	check.within(0, m.AnnealFloor, 1, "model.anneal_floor")
	check.count(1, m.FirstFit, mostFirstFit, "model.first_fit")
	check.must(m.MaxSteps <= mostCount/max(m.FirstFit, 1), "model.first_fit", "is %d: times model.max_steps %d it is more than %d", m.FirstFit, m.MaxSteps, mostCount)
	check.within(0, m.HoldOut, 0.9, "model.hold_out")
	check.within(0, m.Dropout, 0.9, "model.dropout")
	check.within(0, m.Beta, 1, "model.beta")
	if m.Kind == kindGaussian {
		check.must(m.Loss == lossNormalised, "model.loss", "is %q, but gaussian members weigh errors by their noise: needs %q", m.Loss, lossNormalised)
	}
	if m.Kind != kindDeterministic {
		return
	}
	check.must(m.Dropout == 0, "model.dropout", "is %g: needs model.kind %s", m.Dropout, kindGaussian)
	check.must(m.Beta == 0, "model.beta", "is %g: needs model.kind %s", m.Beta, kindGaussian)
	check.must(!m.StateNoise, "model.state_noise", "needs model.kind %s", kindGaussian)
}

// mostFirstFit is the most times longer that the first fit may be.
const mostFirstFit = 1000

// checkMembers refuses members and fits that a backend does not have.
func (c Config) checkMembers(backend nn.Backend) error {
	if g, ok := backend.(nn.GaussianMembers); ok && g.Gaussian() == nil {
		return nil
	}
	if c.Model.Kind == kindGaussian {
		return Problem{"model.kind", fmt.Sprintf("%s members need a backend that has them, and backend %s does not: choose another backend", kindGaussian, backend.Name())}
	}
	if c.Model.care() != (nn.Care{}) {
		return Problem{"model", fmt.Sprintf("layer_decay, restart, hold_out and weigh_rows need a backend that carries them out, and backend %s does not: choose another backend", backend.Name())}
	}
	return nil
}

// checkPrecision refuses a precision that a backend does not have here.
func (c Config) checkPrecision(backend nn.Backend) error {
	p := c.Model.precision()
	if p == nn.FP32 {
		return nil
	}
	if m, ok := backend.(nn.Multiplying); ok {
		if err := m.Multiplies(p); err != nil {
			return Problem{"model.precision", fmt.Sprintf("%v: want fp32", err)}
		}
		return nil
	}
	return Problem{"model.precision", fmt.Sprintf("is %v, which backend %s does not have: want fp32", p, backend.Name())}
}

// recordHeld records the rows that a fit held out.
func (r *ModelRecord) recordHeld(report nn.FitReport) {
	if report.HeldRows == 0 {
		return
	}
	kept := 0.0
	for _, step := range report.Best {
		kept += float64(step) / float64(len(report.Best))
	}
	r.Held = &HeldRecord{Rows: report.HeldRows, Loss: Number(mean(report.Held)), Kept: Number(kept)}
}
