package cpu

import (
	"fmt"
	"sync/atomic"

	"github.com/palmal-rl/palmal/nn"
)

// Fit measures the normalisers and trains all members, each on one worker or several.
func (b *machine) Fit(m *ensemble, data nn.Transitions, options nn.FitOptions) (nn.FitReport, error) {
	d := newDataset(data, m.shape)
	m.version++
	m.normaliseInputs(&d, options.Scaling)
	m.normaliseOutputs(&d, options)
	fit := b.newFitJob(m, &d, options)
	err := b.workers.each(fit.groups*fit.lanes, fit)
	fit.release(&b.buffers)
	for _, failure := range fit.failures {
		if err == nil {
			err = failure
		}
	}
	if err != nil {
		return nn.FitReport{}, fmt.Errorf("fit: %w", err)
	}
	perEpoch := int64((fit.rows + options.Batch - 1) / options.Batch)
	m.optimiser.steps += int64(fit.steps)
	m.optimiser.epochs += (int64(fit.steps) + perEpoch - 1) / perEpoch
	return fit.report(), nil
}

// fitJob trains an ensemble. A task is one lane of a group; group g trains members g, g+groups,
// g+2·groups and so on.
type fitJob struct {
	model           *ensemble
	options         nn.FitOptions
	rows, steps     int
	inputs, targets []float32 // [n,O+A], [n,outputs] normalised
	loss            squaredError
	groups, lanes   int
	descents        []descent    // [E]; none where trainers train
	trainers        []*trainer   // [groups], see beginTrainers
	first, last     []float64    // [E]
	failures        []error      // [E]
	done            atomic.Int64 // finished minibatches of all members

	hashes        []uint64 // [n] names of the rows; nil: nobody asks
	trained, held []int    // rows that are trained on, and held out; nil: all, none
	likely        likelihood
	keepers       []keeper // [E]
}

func (b *machine) newFitJob(m *ensemble, d *dataset, options nn.FitOptions) *fitJob {
	members := m.shape.Members
	fit := &fitJob{model: m, options: options, rows: d.rows}
	fit.care(d)
	fit.steps = options.Steps(fit.rows)
	fit.inputs = b.buffers.take(d.rows * (m.shape.Observation + m.shape.Action))
	fit.targets = b.buffers.take(d.rows * m.shape.Outputs())
	m.normalised(d, 0, d.rows, fit.inputs, fit.targets)
	fit.loss = m.squaredError(options.RawLoss)
	fit.keep(&b.buffers)
	fit.first, fit.last = make([]float64, members), make([]float64, members)
	fit.failures = make([]error, members)
	if b.beginTrainers(fit) {
		return fit
	}
	fit.groups, fit.lanes = groups(members, len(b.workers.all))
	fit.descents = make([]descent, members)
	stretches := m.stretches(options.Care)
	for i := range fit.descents {
		first, end := i*m.size, (i+1)*m.size
		one := &fit.descents[i]
		one.begin(fit.lanes, m.parameters[first:end], &m.optimiser, first)
		one.stretches = stretches
		for part := range one.gradients {
			one.gradients[part] = b.buffers.take(m.size)
		}
	}
	return fit
}

func (fit *fitJob) release(buffers *buffers) {
	buffers.give(fit.inputs)
	buffers.give(fit.targets)
	for _, t := range fit.trainers {
		buffers.give(t.memory)
	}
	for i := range fit.keepers {
		buffers.give(fit.keepers[i].kept)
	}
	for i := range fit.descents {
		for _, gradient := range fit.descents[i].gradients {
			buffers.give(gradient)
		}
	}
}

// groups returns the number of groups and the number of workers that train a member: two if that is
// faster, which is so if there are fewer members than workers or if they do not divide evenly.
func groups(members, workers int) (groups, lanes int) {
	rounds := (members + workers - 1) / workers
	if pairs := workers / 2; pairs > 0 && (members+pairs-1)/pairs < 2*rounds {
		return min(pairs, members), 2
	}
	return members, 1
}

func (fit *fitJob) run(w *worker, task int) error {
	for member := task / fit.lanes; member < fit.model.shape.Members; member += fit.groups {
		mark := w.mark()
		err := fit.train(w, member, task%fit.lanes)
		w.release(mark)
		if task%fit.lanes == 0 {
			fit.failures[member] = err // the other lane has the same error
		}
	}
	return nil
}

// train runs one lane of all steps of one member.
func (fit *fitJob) train(w *worker, member, lane int) error {
	one := newMinibatch(fit, w, member)
	one.begin(lane)
	if err := fit.descend(one, lane); err != nil || lane > 0 {
		return err
	}
	one.end()
	fit.restore(one)
	return nil
}

// descend makes all steps of one member.
func (fit *fitJob) descend(one *minibatch, lane int) error {
	m, member, batch := fit.model, one.member, min(fit.options.Batch, fit.rows)
	key := nn.Key{Seed: fit.options.Seed, Stream: nn.StreamEnsembleFit}
	fit.look(one, lane, 0)
	for step, epoch := 0, 0; step < fit.steps; epoch++ {
		one.epoch = epoch
		one.order = nn.NewPermutation(fit.rows, key, uint64(m.optimiser.epochs)+uint64(epoch), uint32(member))
		sum, count := 0.0, 0
		for row := 0; row < fit.rows && step < fit.steps; row += batch {
			one.first, one.rows = row, min(batch, fit.rows-row)
			step++
			loss := one.step(lane, m.optimiser.steps+int64(step), fit.options.AdamAt(step, fit.steps))
			if bad(loss) {
				return fmt.Errorf("member %d: loss %g at epoch %d, minibatch %d: %w",
					member, loss, epoch, count, nn.ErrDiverged)
			}
			if fit.options.Care.Checks(step, fit.steps) {
				fit.look(one, lane, step)
			}
			sum += loss
			count++
			if lane == 0 && fit.options.OnStep != nil {
				fit.options.OnStep(int(fit.done.Add(1)) / m.shape.Members)
			}
		}
		if lane > 0 {
			continue
		}
		fit.last[member] = sum / float64(count)
		if epoch == 0 {
			fit.first[member] = fit.last[member]
		}
	}
	return nil
}

// minibatch is the work of one lane on the rows of a minibatch.
type minibatch struct {
	fit              *fitJob
	w                *worker
	parameters       []float32      // [P] of the member
	order            nn.Permutation // order of the epoch's rows
	first, rows      int            // the minibatch is places [first, first+rows) of the order
	x, target, delta []float32      // [B,O+A], [B,outputs], [B,width]
	tape             [][]float32
	places           []int    // [B] rows of the data, for a trainer
	held             prepared // passes rows held out, for a trainer
	member, epoch    int
	weights          []float32 // of the rows: [B], or for a trainer [n]; nil there: all are 1
	wide             []float64 // [outputs]
	noises           []noise   // [outputs] at present
	leaving          leaving
}

func newMinibatch(fit *fitJob, w *worker, member int) *minibatch {
	m := fit.model
	b := &minibatch{fit: fit, w: w, member: member, parameters: m.member(member), noises: make([]noise, m.shape.Outputs())}
	rows := min(judgedRows, len(fit.held))
	if fit.trainers != nil {
		b.prepare(rows)
	} else {
		half := (min(fit.options.Batch, fit.rows) + descentParts - 1) / descentParts
		rows = max(rows, half)
		b.delta, b.tape = w.floats.take(half*m.shape.Width()), w.tape(&m.network, rows)
		b.weights, b.wide = w.floats.take(half), w.wides.take(m.shape.Outputs())
	}
	b.x, b.target = w.floats.take(rows*(m.shape.Observation+m.shape.Action)), w.floats.take(rows*m.shape.Outputs())
	return b
}

// differentiate writes the gradient of a part of the rows and returns its share of the loss.
func (b *minibatch) differentiate(part int, gradient []float32) float64 {
	net := &b.fit.model.network
	first, end := descentPart(part, b.rows)
	rows := end - first
	if rows == 0 {
		clear(gradient)
		return 0
	}
	for row := range rows {
		at := b.fit.row(b.order.At(b.first + first + row))
		b.gather(row, at)
		b.weights[row] = b.weight(at)
	}
	out := b.pass(b.first+first, rows)
	delta := b.delta[:rows*b.fit.model.shape.Width()]
	loss := b.lose(delta, gradient, out, rows)
	b.w.backward(net, b.parameters, gradient, b.x, b.tape, delta, rows)
	return loss
}
