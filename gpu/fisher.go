//go:build cuda

package gpu

import (
	"errors"
	"fmt"

	"github.com/palmal-rl/palmal/gpu/internal/driver"
	"github.com/palmal-rl/palmal/nn"
)

// FisherVector writes F·v: for the mean by cuda/fisher.cu, for log σ exactly 2·v.
func (b *Backend) FisherVector(product, v []float64, given nn.Paths, actor nn.Policy, stride int) (err error) {
	p, pi, err := b.learner(given, actor)
	if err != nil {
		return err
	}
	if len(product) != len(pi.theta) || len(v) != len(pi.theta) {
		return fmt.Errorf("fisher: vectors of %d and %d entries, want %d", len(product), len(v), len(pi.theta))
	}
	if stride < 1 {
		return fmt.Errorf("fisher: stride %d: must be positive", stride)
	}
	width := pi.shape.LogStd()
	scratch := b.d.arena(forScratch)
	defer func() { err = errors.Join(err, scratch.close()) }()
	err = b.d.do("fisher", func(q *driver.Queue) {
		s := p.every(stride)
		plan, shape, err := b.pass(&pi.network, pi.packed, int(s.count))
		if err != nil {
			q.Fail(err)
			return
		}
		sums, packed := newPartials(scratch, shape.Grid.X, width), take[float32](scratch, pi.network.packed)
		pi.network.pack(q, packed, uploaded(q, scratch, rounded(v[:width])), false)
		inverse := uploaded(q, scratch, rounded(exponentials(-2, pi.logStd())))
		launchFisherPartials(q, shape, sums.each.Ptr, s, plan, packed.Ptr, pi.in.on.Ptr, inverse.Ptr, int64(width))
		sums.mean(q, product[:width], int(s.count))
	})
	if err != nil {
		return err
	}
	for i := width; i < len(v); i++ {
		product[i] = 2 * v[i]
	}
	return nil
}
