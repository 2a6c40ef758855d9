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

// of mirrors the partial sums of a gradient of a policy.
func (p partials) of(pi *policy) *gradientSums {
	return &gradientSums{partials: p.each.Ptr, in: pi.in.on.Ptr, logStd: int64(pi.shape.LogStd()), stride: int64(p.stride)}
}

// PolicyGradient writes the gradient of the surrogate at the policy's parameters; see cuda/gradient.cu.
func (b *machine) PolicyGradient(gradient []float64, p *paths, pi *policy) (err error) {
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
		launchGradientPartials(q, shape, sums.of(pi), s, plan, p.densities(q, scratch, pi))
		sums.mean(q, gradient, int(s.count))
	})
}
