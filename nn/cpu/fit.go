package cpu

import (
	"fmt"
	"math"

	"github.com/palmal-rl/palmal/nn"
)

// Fit measures the normalisers and trains all members, one worker to a member.
func (b *Backend) Fit(model nn.Ensemble, data nn.Transitions, options nn.FitOptions) (nn.FitReport, error) {
	m, err := b.ensemble(model)
	if err != nil {
		return nn.FitReport{}, err
	}
	if err := options.Check(); err != nil {
		return nn.FitReport{}, err
	}
	d, err := newDataset(data, m.shape)
	if err != nil {
		return nn.FitReport{}, err
	}
	m.normaliseInputs(&d, options.Scaling)
	m.normaliseOutputs(&d, options)
	fit := b.newFitJob(m, &d, options)
	err = b.crew.each(m.shape.Members, fit)
	b.buffers.give(fit.inputs)
	b.buffers.give(fit.targets)
	if err != nil {
		return nn.FitReport{}, fmt.Errorf("fit: %w", err)
	}
	perEpoch := int64((d.rows + options.Batch - 1) / options.Batch)
	m.optimiser.steps += int64(fit.steps)
	m.optimiser.epochs += (int64(fit.steps) + perEpoch - 1) / perEpoch
	return nn.FitReport{Steps: fit.steps, First: fit.first, Last: fit.last}, nil
}

// fitJob trains member task.
type fitJob struct {
	model           *ensemble
	options         nn.FitOptions
	rows, steps     int
	inputs, targets []float32 // [n,O+A], [n,outputs] normalised
	loss            squaredError
	first, last     []float64 // [E]
}

func (b *Backend) newFitJob(m *ensemble, d *dataset, options nn.FitOptions) *fitJob {
	fit := &fitJob{model: m, options: options, rows: d.rows, steps: options.Steps(d.rows)}
	fit.inputs = b.buffers.take(d.rows * (m.shape.Observation + m.shape.Action))
	fit.targets = b.buffers.take(d.rows * m.shape.Outputs())
	m.normalised(d, 0, d.rows, fit.inputs, fit.targets)
	fit.loss = m.squaredError(options.RawLoss)
	fit.first, fit.last = make([]float64, m.shape.Members), make([]float64, m.shape.Members)
	return fit
}

// memberFit is the work of one member on one worker.
type memberFit struct {
	*fitJob
	w               *worker
	member          int
	parameters      []float32 // [P]
	gradient        []float32 // [P]
	moment1         []float32 // [P]
	moment2         []float32 // [P]
	x, target, grad []float32 // [B,O+A], [B,outputs], [B,outputs]
	tape            [][]float32
}

func (fit *fitJob) run(w *worker, member int) error {
	m, batch := fit.model, min(fit.options.Batch, fit.rows)
	first, last := member*m.size, (member+1)*m.size
	one := memberFit{
		fitJob: fit, w: w, member: member,
		parameters: m.parameters[first:last],
		gradient:   w.floats.take(m.size),
		moment1:    m.optimiser.moment1[first:last],
		moment2:    m.optimiser.moment2[first:last],
		x:          w.floats.take(batch * (m.shape.Observation + m.shape.Action)),
		target:     w.floats.take(batch * m.shape.Outputs()),
		grad:       w.floats.take(batch * m.shape.Outputs()),
		tape:       w.tape(&m.network, batch),
	}
	key := nn.Key{Seed: fit.options.Seed, Stream: nn.StreamEnsembleFit}
	for step, epoch := 0, 0; step < fit.steps; epoch++ {
		order := nn.NewPermutation(fit.rows, key, uint64(m.optimiser.epochs)+uint64(epoch), uint32(member))
		sum, count := 0.0, 0
		for row := 0; row < fit.rows && step < fit.steps; row += batch {
			loss := one.step(&order, row, min(batch, fit.rows-row), m.optimiser.steps+int64(step)+1)
			if math.IsNaN(loss) || math.IsInf(loss, 0) {
				return fmt.Errorf("member %d: loss %g at epoch %d, minibatch %d: %w",
					member, loss, epoch, count, nn.ErrDiverged)
			}
			sum += loss
			count++
			step++
		}
		fit.last[member] = sum / float64(count)
		if epoch == 0 {
			fit.first[member] = fit.last[member]
		}
	}
	return nil
}

// step makes one Adam step on rows first.. of the order and returns the loss before it.
func (one *memberFit) step(order *nn.Permutation, first, rows int, number int64) float64 {
	inputs, outputs := len(one.inputs)/one.rows, len(one.targets)/one.rows
	for row := range rows {
		at := order.At(first + row)
		copy(one.x[row*inputs:(row+1)*inputs], one.inputs[at*inputs:])
		copy(one.target[row*outputs:(row+1)*outputs], one.targets[at*outputs:])
	}
	net := &one.model.network
	out := one.w.forward(net, one.parameters, one.x, one.tape, rows)
	loss := one.loss.gradient(one.grad, out, one.target, rows)
	one.w.backward(net, one.parameters, one.gradient, one.x, one.tape, one.grad[:rows*outputs], rows)
	update := newAdamStep(one.options.Adam, number)
	adamUpdate(one.parameters, one.gradient, one.moment1, one.moment2, &update)
	return loss
}

// squaredError is the loss of an ensemble: the mean over rows and predicted outputs of weight
// times squared error. What it reports is without weights.
type squaredError struct {
	weights []float32 // [outputs]; 0 where an output is not predicted
	counted []bool    // [outputs]
	count   int       // predicted outputs
}

// squaredError is the loss under the present normalisers; raw weighs outputs by their scale².
func (m *ensemble) squaredError(raw bool) squaredError {
	outputs := m.shape.Outputs()
	loss := squaredError{weights: make([]float32, outputs), counted: make([]bool, outputs)}
	for i := range outputs {
		if !m.predicts(i) {
			continue
		}
		loss.weights[i] = 1
		if raw {
			loss.weights[i] = m.out.scale[i] * m.out.scale[i]
		}
		loss.counted[i] = true
		loss.count++
	}
	return loss
}

// sum is the sum of squared errors of rows, not yet divided by anything.
func (l *squaredError) sum(out, target []float32, rows int) float64 {
	width, sum := len(l.counted), 0.0
	for row := range rows {
		for i, counted := range l.counted {
			if counted {
				at := row*width + i
				difference := float64(out[at] - target[at])
				sum += difference * difference
			}
		}
	}
	return sum
}

// gradient writes the gradient at the outputs [rows,outputs] and returns the loss.
func (l *squaredError) gradient(gradient, out, target []float32, rows int) float64 {
	if l.count == 0 {
		clear(gradient)
		return 0
	}
	width, sum := len(l.counted), 0.0
	scale := float32(2 / float64(rows*l.count))
	for row := range rows {
		for i, weight := range l.weights {
			at := row*width + i
			if !l.counted[i] {
				gradient[at] = 0
				continue
			}
			difference := out[at] - target[at]
			gradient[at] = weight * scale * difference
			sum += float64(difference) * float64(difference)
		}
	}
	return sum / float64(rows*l.count)
}

// lossRows is how many rows a task of ModelLoss takes.
const lossRows = 512

// lossJob sums the squared errors of one member over one piece of the data.
type lossJob struct {
	model  *ensemble
	data   *dataset
	loss   squaredError
	pieces int
	sums   []float64 // [E,pieces]
}

// ModelLoss is the mean squared error of the normalised outputs, per member.
func (b *Backend) ModelLoss(model nn.Ensemble, data nn.Transitions) ([]float64, error) {
	m, err := b.ensemble(model)
	if err != nil {
		return nil, err
	}
	d, err := newDataset(data, m.shape)
	if err != nil {
		return nil, err
	}
	pieces := (d.rows + lossRows - 1) / lossRows
	members := m.shape.Members
	job := &lossJob{model: m, data: &d, loss: m.squaredError(false), pieces: pieces, sums: make([]float64, members*pieces)}
	if err := b.crew.each(members*pieces, job); err != nil {
		return nil, fmt.Errorf("model loss: %w", err)
	}
	losses := make([]float64, members)
	for member := range losses {
		for _, sum := range job.sums[member*pieces : (member+1)*pieces] {
			losses[member] += sum
		}
		losses[member] /= float64(d.rows * max(job.loss.count, 1))
		if math.IsNaN(losses[member]) || math.IsInf(losses[member], 0) {
			return nil, fmt.Errorf("model loss: member %d: loss %g: %w", member, losses[member], nn.ErrDiverged)
		}
	}
	return losses, nil
}

func (j *lossJob) run(w *worker, task int) error {
	m, first := j.model, task%j.pieces*lossRows
	rows := min(lossRows, j.data.rows-first)
	inputs := w.floats.take(rows * (m.shape.Observation + m.shape.Action))
	targets := w.floats.take(rows * m.shape.Outputs())
	m.normalised(j.data, first, rows, inputs, targets)
	out := w.forward(&m.network, m.member(task/j.pieces), inputs, w.tape(&m.network, rows), rows)
	j.sums[task] = j.loss.sum(out, targets, rows)
	return nil
}
