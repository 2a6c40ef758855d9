package cpu

import "github.com/palmal-rl/palmal/nn"

// beginTrainers prepares a trainer for each group of members; false where a BLAS multiplies.
func (b *machine) beginTrainers(fit *fitJob) bool {
	u := b.library.units
	if u == nil {
		return false
	}
	batch := min(fit.options.Batch, fit.rows)
	fit.groups, fit.lanes = spread(fit.model.shape.Members, len(b.workers.all), batch)
	fit.trainers = make([]*trainer, fit.groups)
	for i := range fit.trainers {
		t := &trainer{parts: parts(fit.model.shape.Precision), loose: loose{count: fit.model.size - fit.model.network.parameters()}, moves: fit.model.stretches(fit.options.Care)}
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
func (b *minibatch) end() {
	if t, m := b.trainer(), b.fit.model; t != nil {
		t.store(b.parameters, &m.optimiser, b.member*m.size)
	}
}

// prepare takes what a trainer's lane needs, which judges at most a number of rows at once.
func (b *minibatch) prepare(judged int) {
	b.places = b.w.counts.take(min(b.fit.options.Batch, b.fit.rows))
	if b.fit.options.Care.Bootstrap {
		b.weights = b.w.floats.take(len(b.fit.hashes))
		for row := range b.weights {
			b.weights[row] = b.weight(row)
		}
	}
	if judged > 0 {
		t := b.trainer()
		layers := make([]packed, len(t.layers))
		for i := range layers {
			layers[i] = t.layers[i].packed
		}
		b.held = b.w.prepare(&b.fit.model.network, layers, nil, judged, forth)
	}
}

// outputs are those of the present parameters for rows that were gathered.
func (b *minibatch) outputs(rows int) []float32 {
	if b.trainer() != nil {
		return b.held.forward(b.x, rows)
	}
	return b.w.forward(&b.fit.model.network, b.parameters, b.x, b.tape, rows)
}

// show copies the present parameters [P].
func (b *minibatch) show(parameters []float32) {
	if t := b.trainer(); t != nil {
		t.show(parameters)
	} else {
		copy(parameters, b.parameters)
	}
}

// barrier is where the lanes of the member wait for each other.
func (b *minibatch) barrier() *barrier {
	if t := b.trainer(); t != nil {
		return &t.barrier
	}
	return &b.fit.descents[b.member].barrier
}

// step runs one lane of an Adam step.
func (b *minibatch) step(lane int, number int64, constants nn.Adam) float64 {
	if b.fit.model.shape.Gaussian != nil {
		b.fit.likely.settle(b.noises, b.own())
	}
	if t := b.trainer(); t != nil {
		return t.step(b.w, lane, number, constants, b.rows, b)
	}
	return b.fit.descents[b.member].step(lane, number, constants, b)
}

// inputs copies rows of the data, which lie anywhere in memory: all are fetched before the first is needed.
func (b *minibatch) inputs(rows span, x matrix) {
	shape := &b.fit.model.shape
	width, outputs := shape.Observation+shape.Action, shape.Outputs()
	for row := rows.first; row < rows.end; row++ {
		at := b.fit.row(b.order.At(b.first + row))
		b.places[row] = at
		prefetch(&b.fit.inputs[at*width], &b.fit.inputs[(at+1)*width-1])
		prefetch(&b.fit.targets[at*outputs], &b.fit.targets[(at+1)*outputs-1])
	}
	for row := rows.first; row < rows.end; row++ {
		copy(x.row(row, width), b.fit.inputs[b.places[row]*width:])
	}
}

func (b *minibatch) loss(row int, gradient, out []float32) float64 {
	at, outputs, slopes := b.places[row], b.fit.model.shape.Outputs(), b.trainer().loose.row(row)
	clear(slopes)
	target, weight := b.fit.targets[at*outputs:(at+1)*outputs], float32(1)
	if b.weights != nil {
		weight = b.weights[at]
	}
	if b.fit.model.shape.Gaussian != nil {
		return b.fit.likely.mean(b.fit.likely.row(gradient, slopes, out, target, b.noises, weight, b.rows), b.rows)
	}
	loss := b.fit.loss.gradient(gradient, out, target, 1, b.rows)
	weigh(gradient, weight)
	return loss
}

func (b *minibatch) left() *leaving { return b.leave(b.first) }

func (b *minibatch) loose(gradient []float32, rows int) {
	l := &b.trainer().loose
	sums := l.row(0)
	for row := 1; row < rows; row++ {
		for i, x := range l.row(row) {
			sums[i] += x
		}
	}
	b.fit.likely.free(gradient, l.weights, sums)
}
