package cpu

// prepared is a network for many forward passes with the same parameters, which own tiles read in their order.
type prepared struct {
	w          *worker
	network    *network
	parameters []float32 // [P]
	tape       [][]float32
	layers     []packed // none where a BLAS multiplies
	x          matrix   // [rows,In] and 1
	activities []activity
	zeros      []float32
}

// prepare prepares passes of at most this number of rows; it lives until the task ends.
func (w *worker) prepare(n *network, parameters []float32, rows int) prepared {
	p, ok := w.product.(*own)
	if !ok {
		return prepared{w: w, network: n, parameters: parameters, tape: w.tape(n, rows)}
	}
	r := w.passes(n, rows)
	for i, layer := range n.layers {
		l := &r.layers[i]
		l.Layer, l.units = layer, p.units
		l.weights = w.floats.take(l.size())
		l.pack(l.weights, parameters)
	}
	return r
}

// passes takes what passes of at most this number of rows leave; the layers are the caller's.
func (w *worker) passes(n *network, rows int) prepared {
	r := prepared{w: w, network: n, layers: make([]packed, len(n.layers)), activities: make([]activity, len(n.layers))}
	var size carver
	r.lay(&size, rows)
	r.lay(&carver{block: w.floats.take(size.used)}, rows)
	clear(r.zeros)
	r.x.augment(rows, n.layers[0].In)
	for i, layer := range n.layers[:len(n.layers)-1] {
		r.activities[i].out.augment(rows, layer.Out)
	}
	return r
}

// lay lays out all arrays. The outputs have no gaps.
func (r *prepared) lay(c *carver, rows int) {
	n := r.network
	r.x, r.zeros = c.matrix(rows, n.layers[0].In), c.take(n.widest)
	for i := range n.layers {
		r.activities[i] = c.activity(n, i, rows)
	}
	last := n.last().Out
	r.activities[len(n.layers)-1].out = matrix{c.take(rows * last), last}
}

// augment lets rows of n numbers continue with a 1.
func (m matrix) augment(rows, n int) {
	for row := range rows {
		m.numbers[row*m.stride+n] = 1
	}
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
		r.network.pass(p, &r.layers[i], in, &r.activities[i], all, i, r.zeros, nil)
		in = r.activities[i].out
	}
	return in.numbers[:rows*in.stride]
}
