package cpu

// valueLanes is the largest number of lanes of a value fit. A step takes a tenth of a millisecond, and each lane waits twice.
const valueLanes = 8

// beginTrainer prepares the trainer.
func (f *valueFit) beginTrainer(u *units, workers int) {
	batch := min(f.options.Batch, f.rows)
	f.lanes = max(1, min(workers, valueLanes, batch/leastRows))
	t, n := &f.trainer, &f.value.network
	t.begin(n, u, batch, f.lanes, resized(t.memory, t.need(n, u, batch)))
	t.barrier.crowd(f.lanes)
	t.load(f.value.parameters, &f.value.optimiser, 0)
}

// end takes the parameters from the trainer.
func (f *valueFit) end() {
	if f.own {
		f.trainer.store(f.value.parameters, &f.value.optimiser, 0)
	}
}

// step runs one lane of an Adam step.
func (b *valueBatch) step(lane int, number int64) float64 {
	if b.fit.own {
		return b.fit.trainer.step(b.w, lane, number, b.fit.options.Adam, len(b.steps), b)
	}
	return b.fit.descent.step(lane, number, b.fit.options.Adam, b)
}

// aheadRows is how many rows before its use a row of the data is fetched: they lie anywhere in memory.
const aheadRows = 16

func (b *valueBatch) inputs(rows span, x matrix) {
	p, width := b.fit.paths, b.fit.value.network.layers[0].In
	for row := rows.first; row < rows.end; row++ {
		if later := row + aheadRows; later < len(b.steps) {
			step := b.steps[later]
			state := p.state(step/p.horizon, step%p.horizon)
			prefetch(&state[0], &state[len(state)-1])
			prefetch(&p.returns[step], &p.returns[step])
		}
		path, t := b.steps[row]/p.horizon, b.steps[row]%p.horizon
		b.fit.value.inputs(x.row(row, width), p.state(path, t), p.times[path]+float32(t))
	}
}

func (b *valueBatch) loss(row int, gradient, out []float32) float64 {
	difference := out[0] - b.fit.paths.returns[b.steps[row]]
	gradient[0] = float32(2/float64(len(b.steps))) * difference
	return float64(difference) * float64(difference) / float64(len(b.steps))
}

func (b *valueBatch) left() *leaving { return nil }

func (b *valueBatch) loose([]float32, int) {}
