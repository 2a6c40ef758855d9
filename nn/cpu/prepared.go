package cpu

// prepared is a network for many forward passes with the same parameters, which own tiles read in their order.
type prepared struct {
	w          *worker
	network    *network
	parameters []float32 // [P]
	tape       [][]float32
	layers     []packed // none where a BLAS multiplies, or where the tape holds more than outputs
	x          matrix   // [rows,In] and 1
	outs       []matrix // [layers] of [rows,Out] and 1; the last without gaps
	zeros      []float32
}

// prepare prepares passes of at most this number of rows; it lives until the task ends.
func (w *worker) prepare(n *network, parameters []float32, rows int) prepared {
	p, ok := w.product.(*own)
	if !ok || n.taped {
		return prepared{w: w, network: n, parameters: parameters, tape: w.tape(n, rows)}
	}
	r := prepared{w: w, network: n, layers: make([]packed, len(n.layers)), outs: make([]matrix, len(n.layers))}
	r.x = w.augmented(rows, n.layers[0].In)
	r.zeros = w.floats.take(n.widest)
	clear(r.zeros)
	for i, layer := range n.layers {
		l := &r.layers[i]
		l.Layer, l.units = layer, p.units
		l.weights = w.floats.take(l.size())
		l.pack(l.weights, parameters)
		r.outs[i] = w.augmented(rows, layer.Out)
	}
	last := n.last().Out
	r.outs[len(r.outs)-1] = matrix{w.floats.take(rows * last), last}
	return r
}

// augmented takes a matrix [rows,n] whose rows continue with a 1.
func (w *worker) augmented(rows, n int) matrix {
	s := stride(n)
	m := matrix{w.floats.take(rows * s), s}
	for row := range rows {
		m.numbers[row*s+n] = 1
	}
	return m
}

// forward returns the outputs [rows,Out] for inputs [rows,In].
func (r *prepared) forward(x []float32, rows int) []float32 {
	if r.layers == nil {
		return r.w.forward(r.network, r.parameters, x, r.tape, rows)
	}
	width := r.network.layers[0].In
	p, in, all := r.w.product.(*own), r.x, span{0, rows}
	for first, most := 0, 2*p.units.vector; first < width; first += most {
		p.units.copyColumns(r.x.numbers[first:], x[first:], rows, r.x.stride, width, min(most, width-first))
	}
	for i := range r.layers {
		r.network.pass(p, &r.layers[i], in, r.outs[i], all, i == len(r.layers)-1, r.zeros)
		in = r.outs[i]
	}
	return in.numbers[:rows*in.stride]
}
