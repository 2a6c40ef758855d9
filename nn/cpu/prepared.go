package cpu

// prepared passes rows through a network, whose weights own tiles read in their order.
type prepared struct {
	w          *worker
	network    *network
	layers     []packed   // of the network; nil where a BLAS multiplies
	x          matrix     // [rows,In] and 1
	activities []activity // [layers]
	deltas     [2]matrix  // [rows,widest] derivatives; none where nobody goes back
	zeros      []float32  // [widest]

	parameters []float32 // [P], where a BLAS multiplies
	tape       [][]float32
}

// way says whether passes also go back.
type way bool

const (
	forth     way = false
	forthBack way = true
)

// prepare prepares passes of at most this number of rows; it lives until the task ends. Its network may be exchanged for one
// of the same shape.
func (w *worker) prepare(n *network, layers []packed, parameters []float32, rows int, way way) prepared {
	r := prepared{w: w, network: n, layers: layers, parameters: parameters}
	if _, ok := w.product.(*own); !ok {
		r.tape = w.tape(n, rows)
		return r
	}
	r.activities = w.activities.take(len(n.layers))
	var size carver
	r.lay(&size, rows, way)
	r.lay(&carver{block: w.floats.take(size.used)}, rows, way)
	clear(r.zeros)
	r.x.augment(rows, n.layers[0].In)
	for i, layer := range n.layers[:len(n.layers)-1] {
		r.activities[i].out.augment(rows, layer.Out)
	}
	return r
}

// lay lays out all arrays. The outputs have no gaps; without a way back, all rows write their slopes to one place.
func (r *prepared) lay(c *carver, rows int, way way) {
	n := r.network
	r.x, r.zeros = c.matrix(rows, n.layers[0].In), c.take(n.widest)
	for i := range n.layers {
		r.activities[i] = c.activity(n, i, rows, way)
	}
	last := n.last().Out
	r.activities[len(n.layers)-1].out = matrix{c.take(rows * last), last}
	if way == forthBack {
		r.deltas = [2]matrix{c.matrix(rows, n.widest), c.matrix(rows, n.widest)}
	}
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

// inward replaces x [rows,In], the inputs of the last pass, by the derivatives by them, given those by the outputs, delta [rows,Out].
func (r *prepared) inward(x, delta []float32, rows int) {
	if r.layers == nil {
		r.w.differentiate(r.network, r.parameters, nil, x, x, r.tape, delta, rows)
		return
	}
	p, from := r.w.product.(*own), matrix{delta, r.network.last().Out}
	for i := len(r.layers) - 1; i > 0; i-- {
		l, to := &r.layers[i], r.deltas[i%2]
		p.back(l, from, to, span{0, rows})
		for row := range rows {
			r.network.back(to.row(row, l.In), &r.activities[i-1], row)
		}
		from = to
	}
	l := &r.layers[0]
	p.back(l, from, matrix{x, l.In}, span{0, rows})
}
