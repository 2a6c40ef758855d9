package algo

import (
	"fmt"
	"slices"

	"github.com/palmal-rl/palmal/nn"
)

// followAverage moves the averaged policy towards the present one, after a step of the policy. The last iterate of a
// policy gradient is noisy; the mean over some tens of steps is less so (Polyak and Juditsky 1992).
func (p *naturalGradient) followAverage() {
	keep := p.config.Policy.Average
	if keep == 0 {
		return
	}
	for i := range p.average {
		p.average[i] += float32((1 - keep) * (float64(p.theta[i]) - float64(p.average[i])))
	}
}

// reporting is the policy that is judged, and that a run hands on: the averaged one where there is one.
func (p *naturalGradient) reporting() (Policy, error) {
	policy := p.gaussian()
	if p.config.Policy.Average > 0 {
		policy.Parameters = slices.Clone(p.average)
	}
	return policy, nil
}

// LatestPolicy is the latest policy of a snapshot's groups, which need hold [GroupPolicy] alone, whatever mean a run hands on.
func LatestPolicy(c Config, task nn.Task, groups map[string]nn.State) (GaussianPolicy, error) {
	return gaussianFromState(ShapesOf(c, task).Policy, groups[GroupPolicy])
}

// MeanPolicy is the mean of the parameters of policies of one shape, with the normaliser of the last. Those of another normaliser are
// rewritten first, so that they act as they did.
func MeanPolicy(policies []GaussianPolicy) GaussianPolicy {
	last := policies[len(policies)-1]
	sums := make([]float64, len(last.Parameters))
	for _, p := range policies {
		parameters := slices.Clone(p.Parameters)
		rescaling{p.Shift, p.Scale, last.Shift, last.Scale}.weights(parameters, p.Shape.MLP().Layers()[0], 1)
		for i, x := range parameters {
			sums[i] += float64(x) / float64(len(policies))
		}
	}
	mean := GaussianPolicy{Shape: last.Shape, Parameters: make([]float32, len(sums)), Shift: slices.Clone(last.Shift), Scale: slices.Clone(last.Scale)}
	for i, x := range sums {
		mean.Parameters[i] = float32(x)
	}
	return mean
}

// saveAverage adds the averaged policy to the groups of a snapshot, where there is one.
func (p *naturalGradient) saveAverage(groups map[string]nn.State) {
	if p.config.Policy.Average > 0 {
		groups[GroupAverage] = p.policy.Shape().Layout().State([][]float32{slices.Clone(p.average), slices.Clone(p.shift), slices.Clone(p.scale)}, nil)
	}
}

// loadAverage restores the averaged policy, where there is one. From networks of a run that had none it begins as the
// policy.
func (p *naturalGradient) loadAverage(groups map[string]nn.State) error {
	p.average = slices.Clone(p.theta)
	if p.config.Policy.Average == 0 || groups[GroupAverage] == nil {
		return nil
	}
	policy, err := gaussianFromState(p.policy.Shape(), groups[GroupAverage])
	if err != nil {
		return fmt.Errorf("restore averaged policy: %w", err)
	}
	p.average = slices.Clone(policy.Parameters)
	return nil
}
