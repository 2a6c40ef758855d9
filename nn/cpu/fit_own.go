package cpu

import "github.com/palmal-rl/palmal/nn"

// beginTrainers prepares a trainer for each group of members; false where a BLAS multiplies, and for fits that do more than
// minimise squared errors of all rows.
func (b *machine) beginTrainers(fit *fitJob) bool {
	u := b.library.units
	if u == nil || fit.model.network.taped || fit.options.Care != (nn.Care{}) {
		return false
	}
	batch := min(fit.options.Batch, fit.rows)
	fit.groups, fit.lanes = spread(fit.model.shape.Members, len(b.workers.all), batch)
	fit.trainers = make([]*trainer, fit.groups)
	for i := range fit.trainers {
		t := new(trainer)
		t.begin(&fit.model.network, u, batch, fit.lanes, b.buffers.take(t.need(&fit.model.network, u, batch)))
		t.barrier.crowd(fit.groups * fit.lanes)
		fit.trainers[i] = t
	}
	return true
}

// leastRows is the least number of rows of a minibatch for each lane: about the height of a tile.
const leastRows = 8

// spread returns the number of groups of members, which are trained at the same time, and of the lanes of each. A lane more costs
// about a hundredth of a step for waiting.
func spread(members, workers, batch int) (groups, lanes int) {
	best := 0.0
	for g := 1; g <= min(members, workers); g++ {
		l := max(1, min(workers/g, batch/leastRows))
		rounds := (members + g - 1) / g
		cost := float64(rounds) / float64(l) * (1 + 0.01*float64(l-1))
		if groups == 0 || cost <= best {
			groups, lanes, best = g, l, cost
		}
	}
	return groups, lanes
}

// trainer is that of the minibatch's member; nil where none trains.
func (b *minibatch) trainer() *trainer {
	if b.fit.trainers == nil {
		return nil
	}
	return b.fit.trainers[b.member%b.fit.groups]
}

// begin gives the trainer the member's parameters.
func (b *minibatch) begin(lane int) {
	t, m := b.trainer(), b.fit.model
	if t == nil {
		return
	}
	if lane == 0 {
		t.load(m.member(b.member), &m.optimiser, b.member*m.size)
	}
	t.barrier.wait()
}

// end takes the parameters back. The last step was the last of all lanes.
func (b *minibatch) end(lane int) {
	if t, m := b.trainer(), b.fit.model; t != nil && lane == 0 {
		t.store(m.member(b.member), &m.optimiser, b.member*m.size)
	}
}

// step runs one lane of an Adam step.
func (b *minibatch) step(lane int, number int64, constants nn.Adam) float64 {
	if t := b.trainer(); t != nil {
		return t.step(b.w, lane, number, constants, b.rows, b)
	}
	return b.fit.descents[b.member].step(lane, number, constants, b)
}

func (b *minibatch) input(row int, x []float32) {
	at := b.order.At(b.first + row)
	b.places[row] = at
	copy(x, b.fit.inputs[at*len(x):])
}

func (b *minibatch) loss(row int, gradient, out []float32) float64 {
	at := b.places[row]
	return b.fit.loss.gradient(gradient, out, b.fit.targets[at*len(out):(at+1)*len(out)], 1, b.rows)
}
