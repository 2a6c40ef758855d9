package cpu

import (
	"fmt"
	"math"

	"github.com/palmal-rl/palmal/nn"
)

// squaredError is the loss of an ensemble: the mean of weight · squared error over rows and predicted
// outputs. Reported losses are unweighted. The error of a termination is that of its probability, and its gradient is that of
// twice the cross-entropy.
type squaredError struct {
	weights []float32 // [outputs]; 0 where an output is not predicted
	counted []bool    // [outputs]
	count   int       // number of predicted outputs
	stride  int       // numbers in a row of the network's outputs

	termination int     // number of the output that is a logit; -1: none
	terminal    float32 // weight of its terminal rows
}

// squaredError is the loss under the present normalisers; raw weights outputs by their scale².
func (m *ensemble) squaredError(raw bool) squaredError {
	outputs := m.shape.Outputs()
	loss := squaredError{weights: m.shape.LossWeights(m.out.scale, raw), counted: make([]bool, outputs), stride: m.shape.Width(), termination: m.shape.TerminationOutput()}
	if loss.termination >= 0 {
		loss.terminal = m.out.scale[loss.termination]
	}
	for i := range outputs {
		if m.predicts(i) {
			loss.counted[i] = true
			loss.count++
		}
	}
	return loss
}

// sum is the sum of the squared errors over rows and predicted outputs.
func (l *squaredError) sum(out, target []float32, rows int) float64 {
	width, sum := len(l.counted), 0.0
	for row := range rows {
		for i, counted := range l.counted {
			if counted {
				difference := float64(l.difference(i, out[row*l.stride+i], target[row*width+i]))
				sum += difference * difference
			}
		}
	}
	return sum
}

// difference is the error of output i.
func (l *squaredError) difference(i int, out, target float32) float32 {
	if i == l.termination {
		out = logistic(out)
	}
	return out - target
}

// logistic is not inlined, so that difference, which rarely calls it, is.
//
//go:noinline
func logistic(x float32) float32 { return float32(1 / (1 + math.Exp(-float64(x)))) }

// gradient writes the gradient of the loss with respect to the outputs [rows,outputs], and returns the
// share of the rows in the loss. The rows are a part of a minibatch of batch rows.
func (l *squaredError) gradient(gradient, out, target []float32, rows, batch int) float64 {
	if l.count == 0 {
		clear(gradient)
		return 0
	}
	width, sum := len(l.counted), 0.0
	scale := float32(2 / float64(batch*l.count))
	for row := range rows {
		for i, weight := range l.weights {
			at := row*width + i
			if !l.counted[i] {
				gradient[at] = 0
				continue
			}
			difference := l.difference(i, out[at], target[at])
			if i == l.termination {
				weight *= nn.TerminationWeight(target[at], l.terminal)
			}
			gradient[at] = weight * scale * difference
			sum += float64(difference) * float64(difference)
		}
	}
	return sum / float64(batch*l.count)
}

// lossRows is the number of rows in a task of ModelLoss.
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
func (b *machine) ModelLoss(m *ensemble, data nn.Transitions) ([]float64, error) {
	b.packModel(m)
	d := newDataset(data, m.shape)
	pieces := (d.rows + lossRows - 1) / lossRows
	members := m.shape.Members
	job := &lossJob{model: m, data: &d, loss: m.squaredError(false), pieces: pieces, sums: make([]float64, members*pieces)}
	if err := b.workers.each(members*pieces, job); err != nil {
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
	m, member, first := j.model, task/j.pieces, task%j.pieces*lossRows
	rows := min(lossRows, j.data.rows-first)
	inputs := w.floats.take(rows * (m.shape.Observation + m.shape.Action))
	targets := w.floats.take(rows * m.shape.Outputs())
	m.normalised(j.data, first, rows, inputs, targets)
	pass := w.prepare(&m.network, m.forms.of(member), m.member(member), rows, forth)
	j.sums[task] = j.loss.sum(pass.forward(inputs, rows), targets, rows)
	return nil
}
