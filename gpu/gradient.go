//go:build cuda

package gpu

import (
	"errors"
	"math"

	"github.com/palmal-rl/palmal/gpu/internal/driver"
)

// densities mirrors the policy that acted and the present policy.
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
func (b *machine) PolicyGradient(gradient []float64, p *paths, pi *policy) (err error) {
	scratch := b.d.arena(forScratch)
	defer func() { err = errors.Join(err, scratch.close()) }()
	return b.d.do("policy gradient", func(q *driver.Queue) {
		s := p.every(1)
		b.gradient(q, scratch, gradient, pi, s, p.densities(q, scratch, pi), 0, int(s.count))
	})
}

// gradient writes the sum over samples divided by count: the policy gradient, or with deltas [N,T,A] that of what has these
// derivatives by the actions.
func (b *machine) gradient(q *driver.Queue, scratch *arena, gradient []float64, pi *policy, s *steps, g *gaussians, deltas driver.Ptr[float32], count int) {
	plan, shape, err := b.pass(&pi.network, pi.packed, int(s.count))
	if err != nil {
		q.Fail(err)
		return
	}
	sums := newPartials(scratch, shape.Grid.X, len(gradient))
	launchGradientPartials(q, shape, sums.each.Ptr, s, plan, g, deltas, pi.in.on.Ptr, int64(pi.shape.LogStd()), int64(sums.stride))
	sums.mean(q, gradient, count)
}
