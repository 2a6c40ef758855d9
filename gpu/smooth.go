//go:build cuda

package gpu

import (
	"github.com/palmal-rl/palmal/gpu/internal/driver"
	"github.com/palmal-rl/palmal/nn"
)

// likely gives a regression the hidden layers and the loss of gaussian members, if the ensemble has them; see
// cuda/smooth.cuh and cuda/likelihood.cuh.
func (r *regression) likely(a *arena, m *ensemble) {
	g := m.shape.Gaussian
	if g == nil {
		return
	}
	r.bend(a)
	r.mirror.likelihood = likelihood{kind: deviceOwnNoise, rate: nn.NoiseRate}
	if g.ByState {
		r.mirror.likelihood.kind = deviceStateNoise
	}
}

// bend keeps the slopes of hidden layers, which do not follow from the outputs of SiLU or of normalised units.
func (r *regression) bend(a *arena) {
	r.mirror.smooth.slopes = take[float32](a, r.members*r.batch*r.network.hidden).Ptr
	if r.network.norm {
		r.mirror.smooth.inverses = take[float32](a, r.members*r.batch*(len(r.network.layers)-1)).Ptr
	}
}

// noisy takes the sums of the likelihood of some minibatches; nil for members that predict a number.
func (r *regression) noisy(a *arena, minibatches int) (sums array[float64]) {
	if r.mirror.likelihood.kind != deviceSquares {
		sums = take[float64](a, minibatches*r.members*r.blocks*2*int(r.mirror.outputs))
		r.mirror.likelihood.sums = sums.Ptr
	}
	return sums
}

// careful gives a fit of gaussian members the options of its loss and of the units that it leaves out.
func (r *regression) careful(options nn.FitOptions) {
	if r.mirror.likelihood.kind == deviceSquares {
		return
	}
	r.mirror.likelihood.beta = options.Care.Beta
	r.mirror.smooth.dropout = options.Care.Dropout
	r.mirror.smooth.seed, r.mirror.smooth.stream = options.Seed, uint64(nn.StreamDropout)
}

// overRows is a launch of a warp for every row.
func (r *regression) overRows(b *minibatch) driver.Shape {
	return driver.Shape{Grid: driver.Dim{X: tiles(int(b.rows)*deviceWarp, deviceSmoothThreads), Y: r.members}, Block: driver.Dim{X: deviceSmoothThreads}}
}

// smoothen finishes the outputs of a hidden layer.
func (r *regression) smoothen(q *driver.Queue, layer int, b *minibatch) {
	if r.network.norm || r.mirror.smooth.dropout > 0 {
		launchEnsembleSmooth(q, r.overRows(b), &r.mirror, int64(layer), b)
	}
}

// roughen turns gradients at the outputs of a hidden layer into those at its sums; layer -1 is none.
func (r *regression) roughen(q *driver.Queue, layer int, b *minibatch) {
	if r.network.norm && layer >= 0 {
		launchEnsembleRoughen(q, r.overRows(b), &r.mirror, int64(layer), b)
	}
}
