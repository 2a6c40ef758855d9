package algo

import (
	"cmp"
	"fmt"
	"math"

	"github.com/palmal-rl/palmal/nn"
)

// recordPaths records what scoring reported of the model paths that it kept. Whoever rolls them out counts their steps.
func (p *naturalGradient) recordPaths(report nn.ScoreReport, r *PolicyRecord) {
	kept, terminated, total := 0, 0, 0.0
	for i, length := range report.Lengths {
		if length == 0 {
			continue
		}
		kept++
		total += report.Returns[i]
		if report.Terminated[i] {
			terminated++
		}
	}
	r.Paths = kept
	r.ModelReturn = Number(total / float64(kept))
	r.Terminated = Number(float64(terminated) / float64(kept))
}

// predictReturn records the return of the present policy in the model, from initial states and over the
// decisions of a model path, next to the return of the same policy in the world.
func (p *naturalGradient) predictReturn(t turn) error {
	n := p.config.Diagnostics
	if n == 0 {
		t.model.rollouts++ // whether it is predicted changes no random number of what follows
		return nil
	}
	return t.stage(StageDiagnose, func() error {
		starts := t.data.initial.draw(n, nn.Key{Seed: p.config.Seed, Stream: nn.StreamStarts}, t.model.rollouts)
		paths, report, err := t.model.rollOut(p.policy, starts, 0) // short paths count, as short episodes do
		if err != nil {
			return err
		}
		t.record.Model.Predicted = Number(mean(report.Returns))
		return paths.Close()
	})
}

// describe records means over the policy steps, and σ and entropy at the end of the iteration.
func (p *naturalGradient) describe(r *Record) {
	steps := float64(p.sums.steps)
	q := &r.Policy
	q.Steps, q.PathSteps = p.sums.steps, p.sums.pathSteps
	q.Gain, q.KL = Number(p.sums.gain/steps), Number(p.sums.kl/steps)
	q.CGSteps, q.CGResidual = Number(p.sums.cg/steps), Number(p.sums.residual/steps)
	if p.config.Policy.Player == PlayerPathwise {
		moved, through := Number(p.sums.moved), Number(p.sums.through/steps)
		q.Moved = &moved
		if p.config.Pathwise.Mix != mixNone {
			q.Through = &through
		}
	}
	q.Cosine, q.Explained = Number(p.sums.cosine), Number(p.sums.explained)
	r.Value = ValueRecord{Before: Number(p.sums.before / float64(p.sums.fits)), After: Number(p.sums.after / float64(p.sums.fits))}
	entropy := 0.0
	for _, logStd := range p.theta[p.policy.Shape().LogStd():] {
		q.Std = append(q.Std, Number(math.Exp(float64(logStd))))
		entropy += float64(logStd) + 0.5*math.Log(2*math.Pi*math.E)
	}
	q.Entropy = Number(entropy)
	r.Timing.ModelPerSecond = perSecond(p.sums.pathSteps, r.Timing.Stages[string(StageRollout)])
}

// networks are the player's groups of a snapshot.
func (p *naturalGradient) networks() map[string]nn.Network {
	return map[string]nn.Network{GroupPolicy: p.policy, GroupValue: p.value}
}

func (p *naturalGradient) save() (map[string]nn.State, error) {
	groups, err := saveNetworks(p.networks())
	if err == nil {
		p.saveAverage(groups)
	}
	return groups, err
}

// load keeps its own value network where there is none.
func (p *naturalGradient) load(groups map[string]nn.State) error {
	policy, err := gaussianFromState(p.policy.Shape(), groups[GroupPolicy])
	if err != nil {
		return fmt.Errorf("restore policy: %w", err)
	}
	if err := p.tie.check(policy.Parameters); err != nil {
		return fmt.Errorf("restore policy: %w", err)
	}
	p.theta = append([]float32(nil), policy.Parameters...)
	p.shift = append([]float32(nil), policy.Shift...)
	p.scale = append([]float32(nil), policy.Scale...)
	if err := cmp.Or(p.loadAverage(groups), p.normaliseValue()); err != nil {
		return err
	}
	networks := p.networks()
	if groups[GroupValue] == nil {
		delete(networks, GroupValue)
	}
	return loadNetworks(networks, groups)
}
