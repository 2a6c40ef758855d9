package algo

import (
	"errors"

	"gonum.org/v1/gonum/floats"

	"github.com/palmal-rl/palmal/nn"
)

// Values of pathwise.mix.
const (
	mixNone     = "none"
	mixVariance = "variance"
	mixError    = "error"
)

// halfGradients are the gradients [P] of the two halves of paths.
type halfGradients struct{ first, second []float64 }

func newHalfGradients(size int) halfGradients {
	return halfGradients{make([]float64, size), make([]float64, size)}
}

// likelihoodRatio are the gradients of the same objective as [nn.Differentiator]'s by likelihood ratios: the mean over paths of
// Σ γᵏ ∇ log π(a_k|s_k) · A_k, with A_k the discounted rewards from decision k on and V at the end of the path, less V of
// the state and the mean of all of these. It differentiates nothing but the policy, so that steps in the reward and ends
// of paths count. The paths keep the advantages: estimate them again.
func (p *naturalGradient) likelihoodRatio(paths nn.Paths, gamma float64) (halfGradients, error) {
	g := newHalfGradients(len(p.theta))
	if err := p.backend.Advantages(paths, p.value, nn.AdvantageOptions{Gamma: gamma, Lambda: 1}); err != nil {
		return g, err
	}
	columns, err := paths.Download()
	if err != nil {
		return g, err
	}
	discountAdvantages(columns, gamma)
	middle := len(columns.Lengths) / 2
	for half, gradient := range [][]float64{g.first, g.second} {
		var rows []int
		for i := half * middle; i < middle+half*(len(columns.Lengths)-middle); i++ {
			rows = append(rows, i)
		}
		if err := p.gradientPerPath(gradient, pickPaths(columns, rows)); err != nil {
			return g, err
		}
	}
	return g, nil
}

// discountAdvantages takes the mean from the advantages of kept steps, and multiplies those of decision k by γᵏ.
func discountAdvantages(c *nn.PathColumns, gamma float64) {
	advantages := nn.RowMajor(c.Advantages)
	horizon, sum, steps := len(advantages)/len(c.Lengths), 0.0, 0
	for i, length := range c.Lengths {
		for _, a := range advantages[i*horizon : i*horizon+length] {
			sum += float64(a)
		}
		steps += length
	}
	centre := sum / float64(max(steps, 1))
	for i, length := range c.Lengths {
		discount := 1.0
		for t := range length {
			a := &advantages[i*horizon+t]
			*a = float32(discount * (float64(*a) - centre))
			discount *= gamma
		}
	}
}

// gradientPerPath writes the gradient of paths as a sum over steps and a mean over paths.
func (p *naturalGradient) gradientPerPath(gradient []float64, columns *nn.PathColumns) (err error) {
	steps := 0
	for _, length := range columns.Lengths {
		steps += length
	}
	if steps == 0 {
		return nil // all paths ended where they began
	}
	paths, err := p.backend.UploadPaths(columns)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, paths.Close()) }()
	if err := p.backend.PolicyGradient(gradient, paths, p.policy); err != nil {
		return err
	}
	floats.Scale(float64(steps)/float64(len(columns.Lengths)), gradient)
	return nil
}

// mixWith makes the gradients of halves w times themselves and 1 − w times those of other, and returns w. With v the variance of
// a mean of two halves, summed over its entries, w is v_other/(v_other + v) (Parmas et al. 2018). Where biased, the
// square b² of the bias against other, which has none, is added to the denominator: the least expected squared error.
// b² is estimated without bias, since both halves are independent, and counts as 0 where noise makes it negative.
func (g halfGradients) mixWith(other halfGradients, biased bool) (w float64) {
	variance := func(g halfGradients) float64 {
		d := floats.Distance(g.first, g.second, 2)
		return d * d / 4
	}
	own, others, square := variance(g), variance(other), 0.0
	if biased {
		for i := range g.first {
			square += (g.first[i] - other.first[i]) * (g.second[i] - other.second[i])
		}
	}
	if w = 1; own+others > 0 || square > 0 {
		w = others / (others + own + max(square, 0))
	}
	for i := range g.first {
		g.first[i] = w*g.first[i] + (1-w)*other.first[i]
		g.second[i] = w*g.second[i] + (1-w)*other.second[i]
	}
	return w
}
