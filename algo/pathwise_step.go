package algo

import (
	"errors"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"

	"github.com/palmal-rl/palmal/nn"
)

// pathwiseMove is the player's move of one iteration.
type pathwiseMove struct {
	*pathwisePlayer
	turn
	chains *chains
	bound  float64  // largest KL to the first policy
	anchor nn.Paths // those of the first policy
}

func (m *pathwiseMove) close() error {
	if m.anchor == nil {
		return nil
	}
	return m.anchor.Close()
}

// step is one step of the policy and one fit of V. It reports whether the iteration ends.
func (m *pathwiseMove) step() (done bool, err error) {
	number := m.pathwisePlayer.model.rollouts
	paths, report, options, err := m.roll(m.turn, m.chains.starts(), m.config.Pathwise.Horizon)
	if err != nil {
		return false, err
	}
	if m.anchor == nil {
		m.anchor = paths
	} else {
		defer func() { err = errors.Join(err, paths.Close()) }()
	}
	m.recordPaths(report, &m.record.Policy)
	if err := m.pathwisePlayer.model.recordFalls(paths, &m.record.Policy); err != nil {
		return false, err
	}
	ratio, err := m.ratio(paths)
	if err != nil {
		return false, err
	}
	if err := m.estimate(m.turn, paths); err != nil {
		return false, err
	}
	cosine, err := m.climb(paths, options, ratio)
	if err != nil {
		return false, err
	}
	if err := m.fitValue(m.turn, paths, report.Steps, m.sums.steps == 1); err != nil {
		return false, err
	}
	columns, err := paths.Download()
	if err != nil {
		return false, err
	}
	m.chains.advance(columns, number)
	if m.sums.steps == 1 {
		m.spare(cosine)
	}
	_, far, err := m.backend.Surrogate(m.anchor, m.policy)
	m.sums.moved = far
	return far > m.bound || m.config.Pathwise.doubts(cosine), err
}

// spare lets later steps take only as many paths as they need, where the first step's halves agreed with a cosine.
func (m *pathwiseMove) spare(cosine float64) {
	all := m.config.Pathwise.Starts
	enough := m.config.Pathwise.enough(cosine)
	m.chains.keep(enough)
	m.sums.spared = float64(all-enough) / float64(all)
}

// ratio is the gradient by likelihood ratios, where it counts.
func (m *pathwiseMove) ratio(paths nn.Paths) (g halfGradients, err error) {
	if m.config.Pathwise.Mix == mixNone {
		return g, nil
	}
	err = m.stage(StageGradient, func() (err error) {
		g, err = m.likelihoodRatio(paths, m.gamma)
		return err
	})
	return g, err
}

// differentiate is the gradient through the model, mixed with that by likelihood ratios where it counts.
func (m *pathwiseMove) differentiate(paths nn.Paths, options nn.RolloutOptions, ratio halfGradients) (halfGradients, error) {
	g, model := newHalfGradients(len(m.theta)), m.pathwisePlayer.model
	err := m.backend.(nn.Differentiator).PathwiseGradient(g.first, g.second, paths, m.policy, model.ensemble, m.value, model.task,
		nn.PathwiseOptions{Gamma: m.gamma, Smooth: m.config.Pathwise.Smooth, Score: model.charged(model.scoring(0)), Rollout: options})
	if err == nil && m.config.Pathwise.Mix != mixNone {
		m.sums.through += g.mixWith(ratio, m.config.Pathwise.Mix == mixError)
	}
	return g, err
}

// climb takes the step and returns how well the halves of the paths agree on it: NaN where nobody asks.
func (m *pathwiseMove) climb(paths nn.Paths, options nn.RolloutOptions, ratio halfGradients) (cosine float64, err error) {
	size := len(m.theta)
	var halves halfGradients
	gradient, direction := make([]float64, size), make([]float64, size)
	err = m.stage(StageGradient, func() (err error) {
		halves, err = m.differentiate(paths, options, ratio)
		for i := range gradient {
			gradient[i] = (halves.first[i] + halves.second[i]) / 2
		}
		floats.AddConst(m.config.NPG.Entropy, gradient[m.policy.Shape().LogStd():])
		return err
	})
	if err != nil {
		return 0, err
	}
	if err := m.stage(StageCG, func() error {
		report, err := m.solveFisher(direction, gradient, paths)
		m.sums.cg += float64(report.Iterations)
		m.sums.residual += report.Residual
		return err
	}); err != nil {
		return 0, err
	}
	cosine, delta := math.NaN(), m.config.NPG.StepSize
	if c := m.config.Pathwise; c.FullCosine > 0 || c.LeastCosine > 0 || (c.EnoughCosine > 0 || m.config.Measure) && m.sums.steps == 0 {
		if err := m.stage(StageDiagnose, func() (err error) {
			cosine, err = m.naturalCosine(halves.first, halves.second, paths)
			return err
		}); err != nil {
			return 0, err
		}
		delta *= shortening(cosine, c.FullCosine)
	}
	if m.sums.steps == 0 {
		m.sums.cosine = cosine
		if err := m.measureExplained(direction, paths); err != nil {
			return 0, err
		}
	}
	return cosine, m.stage(StageStep, func() error { return m.backtrack(gradient, direction, delta, paths) })
}

// measureExplained records the share of the squared advantages that a step explains, which its gradient does not come from.
func (m *pathwiseMove) measureExplained(direction []float64, paths nn.Paths) error {
	if !m.config.Measure {
		return nil
	}
	return m.stage(StageDiagnose, func() (err error) {
		gradient := make([]float64, len(direction))
		if err := m.backend.PolicyGradient(gradient, paths, m.policy); err != nil {
			return err
		}
		m.sums.explained, err = m.explained(gradient, direction, paths)
		return err
	})
}

// shortening is the factor of a step's size where the halves agree with a cosine.
func shortening(cosine, full float64) float64 {
	if full == 0 || !(cosine < full) {
		return 1
	}
	share := max(cosine, 0.1*full) / full // a step is never nothing
	return share * share
}

// mostOvershoot is how many times the KL of a step may be what its size asked for, δ/2.
const mostOvershoot = 1.5

// backtrack takes the step, and halves it while its KL is too large.
func (m *pathwiseMove) backtrack(gradient, direction []float64, delta float64, paths nn.Paths) error {
	before := slices.Clone(m.theta)
	if err := m.makeStep(direction, gradient, delta); err != nil {
		return err
	}
	for asked, share := delta/2, 1.0; ; share /= 2 {
		copy(m.theta, before)
		if err := m.moveTheta(direction, share); err != nil {
			return err
		}
		gain, kl, err := m.backend.Surrogate(paths, m.policy)
		if err != nil {
			return err
		}
		if kl <= mostOvershoot*asked || share < 1e-3 {
			m.followAverage()
			m.sums.steps++
			m.sums.gain += gain
			m.sums.kl += kl
			return nil
		}
	}
}
