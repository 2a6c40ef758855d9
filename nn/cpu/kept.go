package cpu

import "unsafe"

// kept keeps what passes of several lots of rows through a network leave, so that one product for each layer gives the
// gradient of all rows by the parameters. Products of a few rows each take several times as long.
type kept struct {
	w          *worker
	network    *network
	layers     []packed   // of the network; nil where a BLAS multiplies: nothing is kept
	x, inward  matrix     // [rows,In] and 1; derivatives by them
	activities []activity // [layers]
	deltas     []matrix   // [layers] of [rows,Out]
	zeros      []float32  // [widest]
	sums       []float32  // packed gradient of a layer
	rows       int        // kept so far
}

// keep prepares passes of at most this number of rows in all.
func (w *worker) keep(n *network, layers []packed, rows int) kept {
	k := kept{w: w, network: n, layers: layers}
	if layers == nil {
		return k
	}
	k.activities, k.deltas = w.activities.take(len(n.layers)), make([]matrix, len(n.layers))
	var size carver
	k.lay(&size, rows)
	k.lay(&carver{block: w.floats.take(size.used)}, rows)
	clear(k.zeros)
	k.x.augment(rows, n.layers[0].In)
	for i, layer := range n.layers[:len(n.layers)-1] {
		k.activities[i].out.augment(rows, layer.Out)
	}
	return k
}

// lay lays out all arrays.
func (k *kept) lay(c *carver, rows int) {
	n, size := k.network, 0
	in := n.layers[0].In
	k.x, k.inward = c.matrix(rows, in), matrix{c.take(rows * in), in}
	k.zeros = c.take(n.widest)
	for i, layer := range n.layers {
		k.activities[i], k.deltas[i] = c.activity(n, i, rows, forthBack), c.matrix(rows, layer.Out)
		size = max(size, k.layers[i].size())
	}
	k.sums = c.take(size)
}

// pass passes a lot of inputs x [rows,In] through the network and back from delta [rows,Out], the derivatives by the outputs. It returns
// the derivatives by the inputs.
func (k *kept) pass(x, delta []float32, rows int) (inward []float32) {
	p, n, lot := k.w.product.(*own), k.network, span{k.rows, k.rows + rows}
	k.rows = lot.end
	width, last := n.layers[0].In, len(n.layers)-1
	outputs := n.layers[last].Out
	for row := range rows {
		copy(k.x.row(lot.first+row, width), x[row*width:])
		copy(k.deltas[last].row(lot.first+row, outputs), delta[row*outputs:])
	}
	in := k.x
	for i := range last { // nobody asks for the outputs
		n.pass(p, &k.layers[i], in, &k.activities[i], lot, i, k.zeros, nil)
		in = k.activities[i].out
	}
	for i := last; i > 0; i-- {
		l := &k.layers[i]
		p.back(l, k.deltas[i], k.deltas[i-1], lot)
		for row := lot.first; row < lot.end; row++ {
			n.back(k.deltas[i-1].row(row, l.In), &k.activities[i-1], row)
		}
	}
	l := &k.layers[0]
	p.back(l, k.deltas[0], k.inward, lot)
	return k.inward.numbers[lot.first*width : lot.end*width]
}

// gradient writes the gradient [P], summed over all rows.
func (k *kept) gradient(gradient []float32) {
	if k.rows == 0 {
		clear(gradient)
		return
	}
	p, in := k.w.product.(*own), k.x
	t := &p.tile
	t.k, t.floor, t.add = k.rows, noFloor(), 0
	for i := range k.layers {
		l := &k.layers[i]
		u, tiles := l.units, (l.rows()+l.units.rows-1)/l.units.rows
		l.units.each(l.Out, func(first, width, _ int) {
			t.lda, t.ldb, t.ldc, t.b = in.stride, k.deltas[i].stride, width, k.deltas[i].at(0, first)
			t.ahead = [3]unsafe.Pointer{t.b, t.b, t.b}
			for tile := range tiles {
				top, end := tile*l.rows()/tiles, (tile+1)*l.rows()/tiles
				t.a, t.c = in.at(0, top), unsafe.Pointer(&k.sums[l.rows()*first+top*width])
				u.multiply(byColumns, end-top, width/u.vector, t)
			}
		})
		l.unpack(gradient, k.sums)
		in = k.activities[i].out
	}
}
