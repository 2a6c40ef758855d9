package cpu

import (
	"fmt"
	"math"

	"github.com/palmal-rl/palmal/nn"
)

// valueFit fits the value network. A task is one lane.
type valueFit struct {
	paths   *paths
	value   *value
	options nn.ValueFitOptions
	rows    int   // n
	order   []int // [n] steps of the pool in the order of the epoch, as path·T + t
	shuffle valueOrder
	lanes   int
	descent descent
	trainer trainer // used where own tiles multiply
	own     bool
}

// FitValue fits the value network to the returns.
func (b *machine) FitValue(v *value, p *paths, options nn.ValueFitOptions) (report nn.ValueReport, err error) {
	if report.Before, err = b.valueError(p, v, options); err != nil {
		return nn.ValueReport{}, fmt.Errorf("value fit: before: %w", err)
	}
	fit := &b.jobs.valueFit
	fit.begin(p, v, options, b)
	for epoch := range options.Epochs {
		if err := fit.pass(&b.workers); err != nil {
			fit.end()
			return nn.ValueReport{}, fmt.Errorf("value fit: epoch %d: %w", epoch, err)
		}
	}
	fit.end()
	report.Steps = options.Epochs * fit.minibatches()
	fit.paths, fit.value, fit.shuffle.paths = nil, nil, nil
	if report.After, err = b.valueError(p, v, options); err != nil {
		return nn.ValueReport{}, fmt.Errorf("value fit: after: %w", err)
	}
	return report, nil
}

// valueError is the mean squared error divided by the variance of the returns; NaN where nobody asks.
func (b *machine) valueError(p *paths, v *value, options nn.ValueFitOptions) (float64, error) {
	if options.Unjudged {
		return math.NaN(), nil
	}
	if err := b.evaluate(p, v); err != nil {
		return 0, err
	}
	n := float64(p.steps())
	mean, squares := 0.0, 0.0
	for i, length := range p.lengths {
		values := p.values[i*(p.horizon+1):]
		for t, target := range p.returns[i*p.horizon : i*p.horizon+length] {
			difference := float64(values[t]) - float64(target)
			mean += float64(target) / n
			squares += difference * difference / n
		}
	}
	variance := 0.0
	for i, length := range p.lengths {
		for _, target := range p.returns[i*p.horizon : i*p.horizon+length] {
			deviation := float64(target) - mean
			variance += deviation * deviation / n
		}
	}
	if math.IsNaN(squares) || math.IsInf(squares, 0) {
		return 0, fmt.Errorf("mean squared error %g: %w", squares, nn.ErrDiverged)
	}
	return squares / math.Max(variance, math.SmallestNonzeroFloat32), nil
}

func (f *valueFit) begin(p *paths, v *value, options nn.ValueFitOptions, b *machine) {
	f.paths, f.value, f.options, f.rows = p, v, options, p.steps()
	f.order = resized(f.order, f.rows)
	if f.own = b.library.units != nil; f.own {
		f.beginTrainer(b.library.units, len(b.workers.all))
		return
	}
	f.lanes = min(descentParts, len(b.workers.all))
	f.descent.begin(f.lanes, v.parameters, &v.optimiser, 0)
	for i := range f.descent.gradients {
		f.descent.gradients[i] = resized(f.descent.gradients[i], len(v.parameters))
	}
}

func (f *valueFit) minibatches() int { return (f.rows + f.options.Batch - 1) / f.options.Batch }

// pass makes one pass over the pool.
func (f *valueFit) pass(workers *workers) error {
	optimiser := &f.value.optimiser
	key := nn.Key{Seed: f.options.Seed, Stream: nn.StreamValueFit}
	f.shuffle.paths, f.shuffle.order = f.paths, f.order
	f.shuffle.permutation = nn.NewPermutation(f.rows, key, uint64(optimiser.epochs), 0)
	if err := workers.each((f.rows+orderSteps-1)/orderSteps, &f.shuffle); err != nil {
		return err
	}
	f.value.version++
	if err := workers.each(f.lanes, f); err != nil {
		return err
	}
	optimiser.epochs++
	optimiser.steps += int64(f.minibatches())
	return nil
}

// orderSteps is the number of steps in a task of valueOrder.
const orderSteps = 4096

// valueOrder computes the order of an epoch.
type valueOrder struct {
	paths       *paths
	order       []int // [n]
	permutation nn.Permutation
}

func (o *valueOrder) run(_ *worker, task int) error {
	for i := task * orderSteps; i < min(len(o.order), (task+1)*orderSteps); i++ {
		at := o.paths.from(o.permutation.At(i), 1)
		o.order[i] = at.path*o.paths.horizon + at.t
	}
	return nil
}

// run runs one lane of all steps of an epoch.
func (f *valueFit) run(w *worker, lane int) error {
	b := w.valueBatch(f)
	for row := 0; row < f.rows; row += f.options.Batch {
		b.steps = f.order[row:min(row+f.options.Batch, f.rows)]
		number := f.value.optimiser.steps + int64(row/f.options.Batch) + 1
		loss := b.step(lane, number)
		if bad(loss) {
			return fmt.Errorf("minibatch %d: loss %g: %w", row/f.options.Batch, loss, nn.ErrDiverged)
		}
	}
	return nil
}

// valueBatch is the work of one lane on the steps of a minibatch.
type valueBatch struct {
	fit   *valueFit
	w     *worker
	steps []int     // [B] as in valueFit.order
	x     []float32 // [B,O+4]
	delta []float32 // [B]
	tape  [][]float32
}

// valueBatch prepares the worker's batch, so that no epoch allocates one.
func (w *worker) valueBatch(f *valueFit) *valueBatch {
	if f.own {
		w.batch = valueBatch{fit: f, w: w}
		return &w.batch
	}
	rows := (min(f.options.Batch, f.rows) + descentParts - 1) / descentParts
	w.batch = valueBatch{
		fit: f, w: w,
		x:     w.floats.take(rows * f.value.shape.Features()),
		delta: w.floats.take(rows),
		tape:  w.tape(&f.value.network, rows),
	}
	return &w.batch
}

// differentiate writes the gradient of a part of the steps and returns its share of the loss.
func (b *valueBatch) differentiate(part int, gradient []float32) float64 {
	first, end := descentPart(part, len(b.steps))
	if first == end {
		clear(gradient)
		return 0
	}
	p, v := b.fit.paths, b.fit.value
	steps, features := b.steps[first:end], v.shape.Features()
	for i, step := range steps {
		path, t := step/p.horizon, step%p.horizon
		v.inputs(b.x[i*features:(i+1)*features], p.state(path, t), p.times[path]+float32(t))
	}
	out := b.w.forward(&v.network, v.parameters, b.x, b.tape, len(steps))
	sum, scale := 0.0, float32(2/float64(len(b.steps)))
	for i, step := range steps {
		difference := out[i] - p.returns[step]
		b.delta[i] = scale * difference
		sum += float64(difference) * float64(difference)
	}
	b.w.backward(&v.network, v.parameters, gradient, b.x, b.tape, b.delta[:len(steps)], len(steps))
	return sum / float64(len(b.steps))
}
