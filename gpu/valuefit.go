//go:build cuda

package gpu

import (
	"errors"
	"fmt"
	"math"

	"github.com/palmal-rl/palmal/gpu/internal/driver"
	"github.com/palmal-rl/palmal/nn"
)

// FitValue fits the value network to the returns, with one launch per epoch; see cuda/value_fit.cu. If the blocks
// cannot wait for each other or do not fit, it uses the launches of an ensemble of one member instead.
func (b *machine) FitValue(v *value, p *paths, options nn.ValueFitOptions) (report nn.ValueReport, err error) {
	scratch := b.d.arena(forScratch)
	defer func() { err = errors.Join(err, scratch.close()) }()
	err = b.d.do("value fit", func(q *driver.Queue) {
		report.Before = b.valueError(q, scratch, p, v, options)
		r := v.regression(q, scratch, p, options.Batch)
		for epoch := 0; epoch < options.Epochs && q.Err() == nil; epoch++ {
			b.runEpoch(q, scratch, r, v, options, epoch)
		}
		report.Steps = options.Epochs * r.minibatches()
		report.After = b.valueError(q, scratch, p, v, options)
	})
	if err != nil {
		return nn.ValueReport{}, err
	}
	return report, nil
}

// regression collects the data of the fit: features and returns of all kept steps.
func (v *value) regression(q *driver.Queue, a *arena, p *paths, batch int) *regression {
	n, one := p.steps(), uploaded(q, a, []float32{1})
	r := newRegression(a, &v.network, 1, n, batch, tiles(n, min(batch, n)))
	inputs, targets := take[float32](a, n*v.shape.Features()), take[float32](a, n)
	launchValueFeatures(q, driver.Line(n, 256), inputs.Ptr, targets.Ptr, p.every(1), v.inputs(), p.start.Ptr, p.returns.Ptr)
	r.learn(inputs, targets, one, one, 1)
	r.train(v.parameters, &v.optimiser)
	return r
}

// runEpoch makes one pass over the pool.
func (b *machine) runEpoch(q *driver.Queue, a *arena, r *regression, v *value, options nn.ValueFitOptions, epoch int) {
	v.version++
	r.shuffle(q, nn.Key{Seed: options.Seed, Stream: nn.StreamValueFit}, v.optimiser.epochs)
	r.corrections(q, v.optimiser.steps, r.minibatches(), func(int) nn.Adam { return options.Adam })
	if shared := r.epochShared(); b.apart || shared > b.d.Properties.Shared {
		for i := range r.minibatches() {
			r.step(q, r.minibatch(i, i), constants(options.Adam))
		}
	} else {
		r.launchEpoch(q, a, constants(options.Adam), shared)
	}
	rows := make([]int, r.minibatches())
	for i := range rows {
		rows[i] = int(r.minibatch(i, i).rows)
	}
	for i, sum := range r.sums(q, rows) {
		if loss := r.mean(sum, rows[i]); math.IsNaN(loss) || math.IsInf(loss, 0) {
			q.Fail(fmt.Errorf("epoch %d: minibatch %d: loss %g: %w", epoch, i, loss, nn.ErrDiverged))
			return
		}
	}
	if q.Err() == nil {
		v.optimiser.epochs++
		v.optimiser.steps += int64(r.minibatches())
	}
}

// epochShared is the shared memory of a block: the larger of Rows and Update in cuda/value_rows.cuh and
// cuda/value_update.cuh.
func (r *regression) epochShared() int {
	last := r.network.last()
	tape := int(last.tape) + narrow(int(last.in))
	rows := 8*deviceRowThreads + 4*deviceRows*(deviceRowThreads+narrow(int(last.out))+tape+2*narrow(r.network.widest))
	update := 4 * (2*deviceUpdateRows*deviceUpdateTile + deviceRowThreads/deviceWarp*deviceUpdateTile*deviceUpdateTile)
	return max(rows, update)
}

// launchEpoch runs all minibatches of an epoch in one launch, on as many blocks as a phase can use.
func (r *regression) launchEpoch(q *driver.Queue, a *arena, adam *adam, shared int) {
	counter, transposed := take[uint32](a, 1), take[float32](a, r.network.size)
	driver.Zero(q, counter.Ptr, 1)
	shape := driver.Shape{Block: driver.Dim{X: deviceRowThreads}, Shared: shared, Cooperative: true}
	blocks := max(r.updateTiles(deviceUpdateTile), tiles(r.batch, deviceRows))
	shape.Grid.X = min(blocks, q.Resident(kernelValueFit, shape))
	launchValueFit(q, shape, &r.mirror, int64(r.minibatches()), int64(r.batch), transposed.Ptr, adam, r.schedule.Ptr, counter.Ptr)
}

// errorThreads is the number of threads that add up a path; value_errors in cuda/value.cu.
const errorThreads = 128

// valueError is the mean squared error divided by the variance of the returns; NaN where nobody asks.
func (b *machine) valueError(q *driver.Queue, a *arena, p *paths, v *value, options nn.ValueFitOptions) float64 {
	if options.Unjudged {
		return math.NaN()
	}
	b.evaluate(q, p, v)
	first := p.errors(q, a, 0)
	n := float64(p.steps())
	second := p.errors(q, a, first[0]/n)
	squares, variance := first[2]/n, second[1]/n
	if math.IsNaN(squares) || math.IsInf(squares, 0) {
		q.Fail(fmt.Errorf("mean squared error %g: %w", squares, nn.ErrDiverged))
	}
	return squares / math.Max(variance, math.SmallestNonzeroFloat32)
}

// errors sums, over all kept steps, the differences between returns and mean, their squares, and the
// squared errors of the values.
func (p *paths) errors(q *driver.Queue, a *arena, mean float64) (sums [3]float64) {
	on := take[float64](a, 3*p.n)
	shape := driver.Shape{Grid: driver.Dim{X: p.n}, Block: driver.Dim{X: errorThreads}, Shared: 8 * errorThreads}
	launchValueErrors(q, shape, on.Ptr, p.values.Ptr, p.returns.Ptr, p.lengthsOn.Ptr, int64(p.horizon), mean)
	for i, x := range downloaded(q, on) {
		sums[i%3] += x
	}
	return sums
}
