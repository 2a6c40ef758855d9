package cpu

// pairs are words of pairs of rows of n numbers and 1, by part.
func (c *carver) pairs(parts, rows, n int) (m [2]matrix) {
	for part := range parts {
		m[part] = c.matrix(words(rows), n)
	}
	return m
}

// pair writes the words of which the gradients of the weights are products.
func (t *trainer) pair(rows span) {
	last := len(t.layers) - 1
	for i := range t.layers {
		l := &t.layers[i]
		if i == 0 {
			l.units.pairs(&t.xPairs, t.parts, t.x, rows, l.In+1, t.zeros)
		}
		if i < last {
			l.units.pairs(&l.outPairs, t.parts, l.out, rows, l.Out+1, t.zeros)
		}
		l.units.pairs(&l.deltaPairs, t.parts, l.delta, rows, l.Out, t.zeros)
	}
}

// factors are a layer's inputs and the gradients by its sums, by part, as its own gradient is a product of them, with the
// units that multiply and the number of words, or of rows if products are of float32.
func (t *trainer) factors(p *own, layer, rows int) (u *units, k int, in, delta [2]matrix) {
	l, x, pairs := &t.layers[layer], t.x, t.xPairs
	if layer > 0 {
		x, pairs = t.layers[layer-1].out, t.layers[layer-1].outPairs
	}
	if t.parts > 0 {
		return p.halves, words(rows), pairs, l.deltaPairs
	}
	return p.units, rows, [2]matrix{x}, [2]matrix{l.delta}
}
