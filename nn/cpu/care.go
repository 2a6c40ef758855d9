package cpu

import (
	"math"

	"github.com/palmal-rl/palmal/nn"
)

// care prepares what a fit does beyond Adam on all rows.
func (fit *fitJob) care(d *dataset) {
	care := fit.options.Care
	if care.HoldOut > 0 || care.Bootstrap {
		fit.hashes = make([]uint64, d.rows)
		o, a := d.shape.Observation, d.shape.Action
		for i := range fit.hashes {
			row := care.Original(i)
			fit.hashes[i] = nn.HashRow(d.obs[row*o:(row+1)*o], d.actions[row*a:(row+1)*a])
		}
	}
	if care.HoldOut > 0 {
		fit.trained, fit.held = fit.options.Split(fit.hashes)
		fit.rows = len(fit.trained)
	}
	if fit.model.shape.Gaussian != nil {
		fit.likely = fit.model.likelihood(care.Beta)
	}
	if care.Restart {
		fit.model.optimiser.restart()
	}
}

// restart puts the optimiser at rest. Its epochs continue to be counted.
func (o *optimiser) restart() {
	clear(o.moment1)
	clear(o.moment2)
	o.steps = 0
}

// row is the row of the data at a place among those that are trained on.
func (fit *fitJob) row(place int) int {
	if fit.trained == nil {
		return place
	}
	return fit.trained[place]
}

// gather copies a row of the data to row i of the minibatch.
func (b *minibatch) gather(i, row int) {
	inputs, outputs := b.fit.model.shape.Observation+b.fit.model.shape.Action, b.fit.model.shape.Outputs()
	copy(b.x[i*inputs:(i+1)*inputs], b.fit.inputs[row*inputs:])
	copy(b.target[i*outputs:(i+1)*outputs], b.fit.targets[row*outputs:])
}

// weight is by how much a row of the data counts.
func (b *minibatch) weight(row int) float32 {
	if !b.fit.options.Care.Bootstrap {
		return 1
	}
	return b.fit.options.Weight(b.fit.hashes[row], b.member)
}

// own is the part of a member's parameters that is log σ.
func (m *ensemble) own(parameters []float32) []float32 { return parameters[m.network.parameters():] }

// own is the member's log σ at present.
func (b *minibatch) own() []float32 {
	if t := b.trainer(); t != nil {
		return t.loose.weights
	}
	return b.fit.model.own(b.parameters)
}

// leave says which units rows from a place of the epoch leave out; nil: none.
func (b *minibatch) leave(place int) *leaving {
	if b.fit.options.Care.Dropout == 0 || !b.fit.model.network.taped {
		return nil
	}
	b.leaving = leaving{&b.fit.options, uint64(b.fit.model.optimiser.epochs) + uint64(b.epoch), b.member, b.fit.model.shape.Members, place}
	return &b.leaving
}

// pass computes the outputs of rows from a place of the epoch, some units left out if the fit says so.
func (b *minibatch) pass(place, rows int) []float32 {
	net := &b.fit.model.network
	if left := b.leave(place); left != nil {
		return b.w.smoothForward(net, b.parameters, b.x, b.tape, rows, left)
	}
	return b.w.forward(net, b.parameters, b.x, b.tape, rows)
}

// lose writes the derivatives of the loss by the outputs, and by log σ to its part of the gradient.
func (b *minibatch) lose(delta, gradient, out []float32, rows int) float64 {
	m := b.fit.model
	width, outputs := m.shape.Width(), m.shape.Outputs()
	if m.shape.Gaussian == nil {
		loss := b.fit.loss.gradient(delta, out, b.target, rows, b.rows)
		for row, weight := range b.weights[:rows] {
			weigh(delta[row*width:(row+1)*width], weight)
		}
		return loss
	}
	squares := 0.0
	clear(b.wide)
	for row, weight := range b.weights[:rows] {
		at := row * width
		squares += b.fit.likely.row(delta[at:at+width], b.wide, out[at:at+width], b.target[row*outputs:(row+1)*outputs], b.noises, weight, b.rows)
	}
	own := m.own(gradient)
	for i := range own {
		own[i] = float32(b.wide[i]) // update frees the sum of all parts
	}
	return b.fit.likely.mean(squares, b.rows)
}

// weigh multiplies the derivatives of a row by its weight.
func weigh(delta []float32, weight float32) {
	if weight != 1 {
		scale(delta, weight)
	}
}

// keeper keeps the best state of a member, by the rows held out.
type keeper struct {
	best   float64
	at     int         // minibatches before it; -1: none yet
	kept   []float32   // [P]
	scales []float64   // [outputs] by how much log σ is too small, of gaussian members
	now    []float64   // [outputs] the same at present
	sums   [][]float64 // [pieces] of the criterion
}

// judgedRows is the number of rows held out that are judged at once. It fixes the order of summation.
const judgedRows = 64

// keep prepares the keepers.
func (fit *fitJob) keep(buffers *buffers) {
	if fit.held == nil {
		return
	}
	outputs := fit.model.shape.Outputs()
	fit.keepers = make([]keeper, fit.model.shape.Members)
	for i := range fit.keepers {
		k := &fit.keepers[i]
		k.at, k.kept = -1, buffers.take(fit.model.size)
		k.scales, k.now = make([]float64, outputs), make([]float64, outputs)
		k.sums = make([][]float64, (len(fit.held)+judgedRows-1)/judgedRows)
		for piece := range k.sums {
			k.sums[piece] = make([]float64, 2*outputs)
		}
	}
}

// look judges the present parameters after a step; all lanes of the member call it.
func (fit *fitJob) look(b *minibatch, lane, step int) {
	if fit.held == nil {
		return
	}
	k := &fit.keepers[b.member]
	for piece := lane; piece < len(k.sums); piece += fit.lanes {
		clear(k.sums[piece])
		b.judge(k.sums[piece], fit.held[piece*judgedRows:min(len(fit.held), (piece+1)*judgedRows)])
	}
	b.barrier().wait()
	if lane == 0 && fit.better(k, step) {
		b.show(k.kept)
	}
	b.barrier().wait() // before the parameters change
}

// better reports whether the present parameters are the best so far.
func (fit *fitJob) better(k *keeper, step int) bool {
	for _, sums := range k.sums[1:] {
		for i, x := range sums {
			k.sums[0][i] += x
		}
	}
	found := k.sums[0][0] / float64(len(fit.held)*max(fit.loss.count, 1))
	if fit.model.shape.Gaussian != nil {
		found = fit.likely.criterion(k.now, k.sums[0], len(fit.held))
	}
	if k.at >= 0 && !(found < k.best) && !math.IsNaN(k.best) {
		return false
	}
	k.best, k.at = found, step
	copy(k.scales, k.now)
	return true
}

// judge adds the sums of the criterion over rows; of members that predict a number it is the first.
func (b *minibatch) judge(sums []float64, rows []int) {
	m := b.fit.model
	for i, row := range rows {
		b.gather(i, row)
	}
	out := b.outputs(len(rows))
	if m.shape.Gaussian == nil {
		sums[0] += b.fit.loss.sum(out, b.target, len(rows))
		return
	}
	width, outputs := m.shape.Width(), m.shape.Outputs()
	b.fit.likely.settle(b.noises, b.own())
	for row := range rows {
		b.fit.likely.judge(sums, out[row*width:(row+1)*width], b.target[row*outputs:(row+1)*outputs], b.noises)
	}
}

// restore puts the member into its best state, and scales its noise to the errors on the rows held out.
func (fit *fitJob) restore(b *minibatch) {
	if fit.held == nil {
		return
	}
	k := &fit.keepers[b.member]
	copy(b.parameters, k.kept)
	if fit.model.shape.Gaussian != nil {
		fit.model.rescale(b.parameters, k.scales)
	}
}

// report is the report of the whole fit.
func (fit *fitJob) report() nn.FitReport {
	report := nn.FitReport{Steps: fit.steps, First: fit.first, Last: fit.last, HeldRows: len(fit.held)}
	if fit.held != nil {
		for _, k := range fit.keepers {
			report.Held, report.Best = append(report.Held, k.best), append(report.Best, k.at)
		}
	}
	return report
}
