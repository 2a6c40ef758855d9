//go:build cuda

package gpu

import (
	"errors"
	"fmt"
	"math"

	"github.com/palmal-rl/palmal/gpu/internal/driver"
	"github.com/palmal-rl/palmal/nn"
)

// learner refuses paths and a policy that do not go together.
func (b *Backend) learner(given nn.Paths, actor nn.Policy) (*paths, *policy, error) {
	p, err := b.paths(given)
	if err != nil {
		return nil, nil, err
	}
	pi, err := b.policy(actor)
	if err != nil {
		return nil, nil, err
	}
	if pi.shape.Observation != p.observation || pi.shape.Action != p.action {
		return nil, nil, fmt.Errorf("policy of %d observations and %d actions on paths of %d and %d",
			pi.shape.Observation, pi.shape.Action, p.observation, p.action)
	}
	if p.steps() == 0 {
		return nil, nil, errors.New("the paths have no steps")
	}
	return p, pi, nil
}

// densities mirrors the policy that acted and the policy at hand.
func (p *paths) densities(q *driver.Queue, a *arena, pi *policy) *gaussians {
	g := &gaussians{actions: p.actions.Ptr, means: p.means.Ptr, advantages: p.advantages.Ptr, action: int64(p.action)}
	acted, policy := exponentials(-1, p.logStd), exponentials(-1, pi.logStd())
	spread := make([]float64, p.action)
	for k, logStd := range pi.logStd() {
		difference := float64(p.logStd[k]) - float64(logStd)
		spread[k] = math.Exp(2 * difference)
		g.logRatio += difference
	}
	g.inverse, g.acted, g.spread = uploaded(q, a, policy).Ptr, uploaded(q, a, acted).Ptr, uploaded(q, a, spread).Ptr
	return g
}

// PolicyGradient writes the gradient of the surrogate at the policy's parameters; see cuda/gradient.cu.
func (b *Backend) PolicyGradient(gradient []float64, given nn.Paths, actor nn.Policy) (err error) {
	p, pi, err := b.learner(given, actor)
	if err != nil {
		return err
	}
	if len(gradient) != len(pi.theta) {
		return fmt.Errorf("policy gradient: room for %d entries, want %d", len(gradient), len(pi.theta))
	}
	if p.advantages.n == 0 {
		return errors.New("policy gradient: the paths have no advantages")
	}
	scratch := b.d.arena(forScratch)
	defer func() { err = errors.Join(err, scratch.close()) }()
	return b.d.do("policy gradient", func(q *driver.Queue) {
		s := p.every(1)
		plan, shape, err := b.pass(&pi.network, pi.packed, int(s.count))
		if err != nil {
			q.Fail(err)
			return
		}
		sums := newPartials(scratch, shape.Grid.X, len(gradient))
		launchGradientPartials(q, shape, sums.each.Ptr, s, plan, p.densities(q, scratch, pi), pi.in.on.Ptr, int64(pi.shape.LogStd()), int64(sums.stride))
		sums.mean(q, gradient, int(s.count))
	})
}
