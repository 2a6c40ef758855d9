package cpu

// inputWords are the words by which a layer's inputs and 1 multiply the gradients by its sums, by part: those of pairs of rows, and
// the same turned, so that a row of words belongs to an input, where tiles read by rows only.
type inputWords struct{ pairs, turned [2]matrix }

// inputWords takes memory for the words of rows of n numbers and 1.
func (c *carver) inputWords(u *units, parts, rows, n int) (to inputWords) {
	to.pairs = c.pairs(parts, rows, n)
	if parts > 0 && u.halves.turns {
		for part := range parts {
			to.turned[part] = c.matrix(n+1, words(rows))
		}
	}
	return to
}

// pairs are words of pairs of rows of n numbers and 1, by part.
func (c *carver) pairs(parts, rows, n int) (m [2]matrix) {
	for part := range parts {
		m[part] = c.matrix(words(rows), n)
	}
	return m
}

// write writes the words of some rows of x, n numbers and 1.
func (i *inputWords) write(u *units, parts int, x matrix, rows span, n int, zeros []float32) {
	u.pairs(&i.pairs, parts, x, rows, n+1, zeros)
	if !u.halves.turns {
		return
	}
	first, count := rows.first/2, words(rows.end-rows.first)
	for part := range parts {
		from, to := i.pairs[part].from(first), i.turned[part]
		u.transpose(to.numbers[first:], from.numbers, to.stride, from.stride, count, n+1)
	}
}

// pair writes the words of which the gradients of the weights are products.
func (t *trainer) pair(rows span) {
	if t.parts == 0 || rows.first == rows.end {
		return
	}
	last := len(t.layers) - 1
	for i := range t.layers {
		l := &t.layers[i]
		if i == 0 {
			t.xWords.write(l.units, t.parts, t.x, rows, l.In, t.zeros)
		}
		if i < last {
			l.outWords.write(l.units, t.parts, l.out, rows, l.Out, t.zeros)
		}
		l.units.pairs(&l.deltaPairs, t.parts, l.delta, rows, l.Out, t.zeros)
	}
}

// factors are a layer's inputs and the gradients by its sums, by part, as its own gradient is a product of them, with the
// units that multiply, the way in which they read the inputs, and the number of words, or of rows if products are of float32.
func (t *trainer) factors(p *own, layer, rows int) (u *units, way, k int, in, delta [2]matrix) {
	l, x, inputs := &t.layers[layer], t.x, &t.xWords
	if layer > 0 {
		x, inputs = t.layers[layer-1].out, &t.layers[layer-1].outWords
	}
	switch {
	case t.parts == 0:
		return p.units, byColumns, rows, [2]matrix{x}, [2]matrix{l.delta}
	case l.units.halves.turns:
		return p.halves, byRows, words(rows), inputs.turned, l.deltaPairs
	}
	return p.halves, byColumns, words(rows), inputs.pairs, l.deltaPairs
}
