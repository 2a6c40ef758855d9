//go:build cuda

package gpu

import (
	"errors"

	"github.com/palmal-rl/palmal/gpu/internal/driver"
	"github.com/palmal-rl/palmal/nn"
)

// metric multiplies with the Fisher matrix of the mean, by cuda/fisher.cu; the Fisher matrix of log σ is 2.
type metric struct {
	policy  *policy
	samples *steps
	plan    *pass
	shape   driver.Shape
	sums    partials       // sums of the product over samples
	packed  array[float32] // packed copy of the vector, see cuda/pack.cu
	inverse array[float32] // [A] 1/σ²
}

// newMetric takes memory for products over every stride-th step, and uploads 1/σ².
func (b *machine) newMetric(q *driver.Queue, scratch *arena, p *paths, pi *policy, stride int) *metric {
	m := &metric{policy: pi, samples: p.every(stride)}
	var err error
	if m.plan, m.shape, err = b.pass(&pi.network, pi.packed, int(m.samples.count)); err != nil {
		q.Fail(err)
		return m
	}
	m.sums = newPartials(scratch, m.shape.Grid.X, pi.shape.LogStd())
	m.packed = take[float32](scratch, pi.network.packed)
	m.inverse = uploaded(q, scratch, nn.Rounded(exponentials(-2, pi.logStd())))
	return m
}

// multiply enqueues the product with v [width], up to its partial sums. If over is given and is not 0 on
// the device by then, the sums stay as they are.
func (m *metric) multiply(q *driver.Queue, v array[float32], over driver.Ptr[int64]) {
	m.policy.network.pack(q, m.packed, v, false)
	launchFisherPartials(q, m.shape, m.sums.each.Ptr, m.samples, m.plan, m.packed.Ptr, m.policy.in.on.Ptr, m.inverse.Ptr,
		int64(m.sums.stride), over)
}

// FisherVector writes F·v: for the mean by cuda/fisher.cu, for log σ exactly 2·v.
func (b *machine) FisherVector(product, v []float64, p *paths, pi *policy, stride int) (err error) {
	width := pi.shape.LogStd()
	scratch := b.d.arena(forScratch)
	defer func() { err = errors.Join(err, scratch.close()) }()
	err = b.d.do("fisher", func(q *driver.Queue) {
		m := b.newMetric(q, scratch, p, pi, stride)
		if q.Err() != nil {
			return
		}
		m.multiply(q, uploaded(q, scratch, nn.Rounded(v[:width])), 0)
		m.sums.mean(q, product[:width], int(m.samples.count))
	})
	if err != nil {
		return err
	}
	for i := width; i < len(v); i++ {
		product[i] = 2 * v[i]
	}
	return nil
}
