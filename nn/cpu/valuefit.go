package cpu

import (
	"fmt"
	"math"

	"github.com/palmal-rl/palmal/nn"
)

// valueLanes is into how many parts the rows of a minibatch of the value fit are cut. A step of
// 256 rows takes half a millisecond on one processor, and two lanes meet within a microsecond;
// more parts would only make the products too small.
const valueLanes = 2

// valueFit is one fit of the value network. Its lanes run side by side, each on its part of every
// minibatch, and meet twice a step: when the gradients are there, and when the parameters are.
type valueFit struct {
	paths   *paths
	value   *value
	options nn.ValueFitOptions
	lanes   int // that run; a lane may have more than one part
	meet    barrier
	rows    int   // n
	order   []int // [n] steps of the pool in this epoch's order, as path·T + t
	shuffle valueOrder
	parts   [valueLanes]valuePart
}

// valuePart is one part of the rows and its result.
type valuePart struct {
	gradient []float32 // [P]
	sum      float64   // of squared errors
}

// FitValue fits the value network to the returns.
func (b *Backend) FitValue(network nn.Value, given nn.Paths, options nn.ValueFitOptions) (nn.ValueReport, error) {
	p, v, err := b.critic(given, network)
	if err != nil {
		return nn.ValueReport{}, err
	}
	if err := options.Check(); err != nil {
		return nn.ValueReport{}, err
	}
	if p.returns == nil || p.steps() == 0 {
		return nn.ValueReport{}, fmt.Errorf("value fit: the paths have no returns")
	}
	var report nn.ValueReport
	if report.Before, err = b.valueError(p, v); err != nil {
		return nn.ValueReport{}, fmt.Errorf("value fit: before: %w", err)
	}
	fit := &b.jobs.valueFit
	fit.begin(p, v, options, len(b.crew.workers))
	for epoch := range options.Epochs {
		if err := fit.pass(&b.crew); err != nil {
			return nn.ValueReport{}, fmt.Errorf("value fit: epoch %d: %w", epoch, err)
		}
	}
	report.Steps = options.Epochs * fit.minibatches()
	fit.paths, fit.value, fit.shuffle.paths = nil, nil, nil
	if report.After, err = b.valueError(p, v); err != nil {
		return nn.ValueReport{}, fmt.Errorf("value fit: after: %w", err)
	}
	return report, nil
}

// valueError is the mean squared error over the variance of the returns.
func (b *Backend) valueError(p *paths, v *value) (float64, error) {
	if err := b.evaluate(p, v); err != nil {
		return 0, err
	}
	n := float64(p.steps())
	mean, squares := 0.0, 0.0
	for at, step := p.from(0, 1), 0; step < p.steps(); step++ {
		target := float64(p.returns[at.path*p.horizon+at.t])
		difference := float64(p.values[at.path*(p.horizon+1)+at.t]) - target
		mean += target / n
		squares += difference * difference / n
		at.advance()
	}
	variance := 0.0
	for at, step := p.from(0, 1), 0; step < p.steps(); step++ {
		deviation := float64(p.returns[at.path*p.horizon+at.t]) - mean
		variance += deviation * deviation / n
		at.advance()
	}
	if math.IsNaN(squares) || math.IsInf(squares, 0) {
		return 0, fmt.Errorf("mean squared error %g: %w", squares, nn.ErrDiverged)
	}
	return squares / math.Max(variance, math.SmallestNonzeroFloat32), nil
}

func (f *valueFit) begin(p *paths, v *value, options nn.ValueFitOptions, workers int) {
	f.paths, f.value, f.options, f.rows = p, v, options, p.steps()
	f.lanes = min(valueLanes, workers)
	f.meet.begin(f.lanes)
	f.order = resized(f.order, f.rows)
	for i := range f.parts {
		f.parts[i].gradient = resized(f.parts[i].gradient, len(v.parameters))
	}
}

func (f *valueFit) minibatches() int { return (f.rows + f.options.Batch - 1) / f.options.Batch }

// pass makes one pass over the pool.
func (f *valueFit) pass(crew *crew) error {
	optimiser := &f.value.optimiser
	key := nn.Key{Seed: f.options.Seed, Stream: nn.StreamValueFit}
	f.shuffle.paths, f.shuffle.order = f.paths, f.order
	f.shuffle.permutation = nn.NewPermutation(f.rows, key, uint64(optimiser.epochs), 0)
	if err := crew.each((f.rows+orderSteps-1)/orderSteps, &f.shuffle); err != nil {
		return err
	}
	f.value.version++
	if err := crew.each(f.lanes, f); err != nil {
		return err
	}
	optimiser.epochs++
	optimiser.steps += int64(f.minibatches())
	return nil
}

// orderSteps is how many steps of the order a task computes.
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

// valueScratch is the memory of one lane.
type valueScratch struct {
	x     []float32 // [B,O+4]
	delta []float32 // [B]
	tape  [][]float32
}

// run makes all steps of an epoch as one lane.
func (f *valueFit) run(w *worker, lane int) error {
	net, batch := &f.value.network, min(f.options.Batch, f.rows)
	scratch := valueScratch{
		x:     w.floats.take(batch * f.value.shape.Features()),
		delta: w.floats.take(batch),
		tape:  w.tape(net, batch),
	}
	size := len(f.value.parameters)
	first, end := size*lane/f.lanes&^7, size*(lane+1)/f.lanes&^7
	if lane == f.lanes-1 {
		end = size
	}
	step := f.value.optimiser.steps
	for row := 0; row < f.rows; row += batch {
		rows := min(batch, f.rows-row)
		for part := lane; part < valueLanes; part += f.lanes {
			f.differentiate(w, scratch, part, row, rows)
		}
		f.meet.wait()
		step++
		loss := f.update(first, end, newAdamStep(f.options.Adam, step), rows)
		f.meet.wait()
		if math.IsNaN(loss) || math.IsInf(loss, 0) {
			return fmt.Errorf("minibatch %d: loss %g: %w", row/batch, loss, nn.ErrDiverged)
		}
	}
	return nil
}

// differentiate computes the gradient of one part of the rows row.. of the epoch.
func (f *valueFit) differentiate(w *worker, s valueScratch, part, row, rows int) {
	p, features := f.paths, f.value.shape.Features()
	first, end := rows*part/valueLanes, rows*(part+1)/valueLanes
	result := &f.parts[part]
	result.sum = 0
	if first == end {
		clear(result.gradient)
		return
	}
	steps := f.order[row+first : row+end]
	for i, step := range steps {
		path, t := step/p.horizon, step%p.horizon
		valueFeatures(s.x[i*features:(i+1)*features], p.state(path, t), p.times[path]+float32(t))
	}
	net := &f.value.network
	out := w.forward(net, f.value.parameters, s.x, s.tape, len(steps))
	scale := float32(2 / float64(rows))
	for i, step := range steps {
		difference := out[i] - p.returns[step]
		s.delta[i] = scale * difference
		result.sum += float64(difference) * float64(difference)
	}
	w.backward(net, f.value.parameters, result.gradient, s.x, s.tape, s.delta[:len(steps)], len(steps))
}

// update adds the parts up and makes the Adam step for parameters first..end. It returns the loss
// of the minibatch, which every lane computes alike.
func (f *valueFit) update(first, end int, step adamStep, rows int) float64 {
	gradient := f.parts[0].gradient[first:end]
	sum := f.parts[0].sum
	for part := 1; part < valueLanes; part++ {
		add(gradient, f.parts[part].gradient[first:end])
		sum += f.parts[part].sum
	}
	o := &f.value.optimiser
	adamUpdate(f.value.parameters[first:end], gradient, o.moment1[first:end], o.moment2[first:end], &step)
	return sum / float64(rows)
}
