package cpu

import (
	"math"
	"unsafe"

	"github.com/palmal-rl/palmal/nn"
)

// examples is a minibatch. Every lane has its own.
type examples interface {
	// inputs writes the network's inputs for some rows into the first columns of theirs.
	inputs(rows span, x matrix)
	// loss writes the gradient of the loss by the outputs of a row, and returns the row's share of the loss.
	loss(row int, gradient, out []float32) float64
	// left are the units that the rows leave out; nil: none.
	left() *leaving
	// loose writes the gradient by the trainer's loose parameters; one lane calls it, after every row's loss.
	loose(gradient []float32, rows int)
}

// trainer trains a network by Adam on minibatches, by own tiles. A gradient never leaves the cache: a tile of it goes
// straight into the step of its weights. In the first half of a step each lane passes its rows forwards and backwards; in
// the second each updates its tiles of the weights, by all rows. An entry of a product has the same bits in every tile and the
// losses are added row by row, so the number of lanes changes nothing.
type trainer struct {
	network *network
	layers  []trained
	loose   loose
	moves   []stretch  // one for each layer and one for the loose parameters; nil: all move alike
	x       matrix     // [B,In] and 1
	losses  []float64  // [B]
	zeros   []float32  // enough for the largest tile, and for the widest layer and 1
	parts   int        // numbers of bf16 that stand for one, see halved
	xWords  inputWords // words of x
	scratch []float32  // see packed.arrange
	memory  []float32  // what all arrays are cut from
	lanes   int
	barrier barrier
}

// trained is a layer with its moments, its outputs and the gradients by them.
type trained struct {
	packed
	activity
	moment1, moment2 []float32 // as the weights
	delta            matrix    // [B,Out]

	outWords   inputWords // words of the outputs
	deltaPairs [2]matrix  // gradients in words of pairs, by part
}

// loose are the parameters that follow those of the layers.
type loose struct {
	count                               int
	weights, moment1, moment2, gradient []float32
	shares                              []float64 // [B,count] of the rows in the gradient
}

// row is a row's share of the gradient.
func (l *loose) row(i int) []float64 { return l.shares[i*l.count : (i+1)*l.count] }

// lay lays out all arrays for a network and minibatches of this number of rows.
func (t *trainer) lay(n *network, u *units, batch int, c *carver) {
	t.network = n
	t.layers = resized(t.layers, len(n.layers))
	t.x = c.matrix(batch, n.layers[0].In)
	t.zeros = c.take(max(u.edge(), n.widest+1, t.loose.count, n.layers[0].In+1, n.last().Out))
	t.scratch = c.take(u.scratch())
	t.xWords = c.inputWords(u, t.parts, batch, n.layers[0].In)
	for i, layer := range n.layers {
		l := &t.layers[i]
		l.Layer, l.units = layer, u
		l.weights, l.moment1, l.moment2 = c.take(l.size()), c.take(l.size()), c.take(l.size())
		l.turned, l.halved = nil, halved{}
		switch {
		case t.parts > 0:
			l.layHalves(c, t.parts, i > 0)
			l.outWords, l.deltaPairs = c.inputWords(u, t.parts, batch, layer.Out), c.pairs(t.parts, batch, layer.Out)
		case i > 0:
			l.turned = c.take(l.turnedSize())
		}
		l.activity, l.delta = c.activity(n, i, batch, forthBack), c.matrix(batch, layer.Out)
	}
	for _, array := range []*[]float32{&t.loose.weights, &t.loose.moment1, &t.loose.moment2, &t.loose.gradient} {
		*array = c.take(t.loose.count)
	}
}

// need is the memory of a trainer.
func (t *trainer) need(n *network, u *units, batch int) int {
	var c carver
	t.lay(n, u, batch, &c)
	return c.used
}

// begin prepares lanes for minibatches of at most batch rows. The memory is at least what it needs.
func (t *trainer) begin(n *network, u *units, batch, lanes int, memory []float32) {
	clear(memory)
	t.memory = memory
	t.lay(n, u, batch, &carver{block: memory})
	t.losses = resized(t.losses, batch)
	t.loose.shares = resized(t.loose.shares, batch*t.loose.count)
	t.lanes = lanes
	t.barrier.begin(lanes)
	for row := range batch {
		t.x.numbers[row*t.x.stride+n.layers[0].In] = 1
		for i := range t.layers {
			l := &t.layers[i]
			l.out.numbers[row*l.out.stride+l.Out] = 1
		}
	}
}

// load copies parameters [P] and moments whose own begin at an offset in the optimiser's arrays.
func (t *trainer) load(parameters []float32, o *optimiser, offset int) {
	clearTiny(parameters, o.moment1[offset:offset+len(parameters)])
	for i := range t.layers {
		l := &t.layers[i]
		l.pack(l.weights, parameters)
		l.pack(l.moment1, o.moment1[offset:])
		l.pack(l.moment2, o.moment2[offset:])
		l.arrangeAll(t.scratch)
	}
	first := t.network.parameters()
	copy(t.loose.weights, parameters[first:])
	copy(t.loose.moment1, o.moment1[offset+first:])
	copy(t.loose.moment2, o.moment2[offset+first:])
}

// show copies the present parameters [P].
func (t *trainer) show(parameters []float32) {
	for i := range t.layers {
		t.layers[i].unpack(parameters, t.layers[i].weights)
	}
	copy(parameters[t.network.parameters():], t.loose.weights)
}

// store copies parameters and moments back.
func (t *trainer) store(parameters []float32, o *optimiser, offset int) {
	t.show(parameters)
	for i := range t.layers {
		l := &t.layers[i]
		l.unpack(o.moment1[offset:], l.moment1)
		l.unpack(o.moment2[offset:], l.moment2)
	}
	first := offset + t.network.parameters()
	copy(o.moment1[first:], t.loose.moment1)
	copy(o.moment2[first:], t.loose.moment2)
}

// step runs one lane of an Adam step on rows of a minibatch, whose number counts from 1, and returns the loss before the step. All lanes
// return the same loss.
func (t *trainer) step(w *worker, lane int, number int64, constants nn.Adam, rows int, e examples) float64 {
	p := w.product.(*own)
	t.differentiate(p, t.rows(lane, rows), e)
	t.barrier.wait()
	loss := 0.0
	for _, share := range t.losses[:rows] {
		loss += share
	}
	t.update(p, lane, rows, number, constants)
	if lane == 0 && t.loose.count > 0 {
		e.loose(t.loose.gradient, rows)
		t.loose.update(t.zeros, t.move(len(t.layers)), number, constants)
	}
	t.barrier.wait()
	return loss
}

// move says how the parameters of a layer move, or after those of the last one the loose ones.
func (t *trainer) move(layer int) stretch {
	if t.moves == nil {
		return stretch{rate: 1}
	}
	return t.moves[layer]
}

// update makes the step of the loose parameters.
func (l *loose) update(zeros []float32, move stretch, number int64, constants nn.Adam) {
	step, shrink := move.step(number, constants)
	if shrink != 1 {
		scale(l.weights, shrink)
	}
	adamUpdate(l.weights, l.gradient, zeros[:l.count], l.moment1, l.moment2, &step)
}

// rows is a lane's share of the rows of a minibatch, in whole pairs.
func (t *trainer) rows(lane, rows int) span {
	return evenSpan(lane, t.lanes, rows)
}

// evenSpan is the i-th of n spans of about the same length that rows are divided into; each begins at an even row.
func evenSpan(i, n, rows int) span {
	pairs := words(rows)
	return span{2 * (pairs * i / n), min(rows, 2*(pairs*(i+1)/n))}
}

// differentiate passes rows forwards and backwards.
func (t *trainer) differentiate(p *own, rows span, e examples) {
	e.inputs(rows, t.x)
	in, last, left := t.x, len(t.layers)-1, e.left()
	for i := range t.layers {
		l := &t.layers[i]
		t.network.pass(p, &l.packed, in, &l.activity, rows, i, t.zeros, left)
		in = l.out
	}
	output := &t.layers[last]
	for row := rows.first; row < rows.end; row++ {
		t.losses[row] = e.loss(row, output.delta.row(row, output.Out), output.out.row(row, output.Out))
	}
	for i := last; i > 0; i-- {
		l, below := &t.layers[i], &t.layers[i-1]
		p.back(&l.packed, l.delta, below.delta, rows)
		for row := rows.first; row < rows.end; row++ {
			t.network.back(below.delta.row(row, l.In), &below.activity, row)
		}
	}
	t.pair(rows)
}

// tiles is the number of tiles of rows of the weights in a panel.
func (l *trained) tiles() int {
	height := l.units.rows
	if l.halved.parts > 0 {
		height = l.units.halves.strip
	}
	return (l.rows() + height - 1) / height
}

// panels is the number of panels.
func (l *trained) panels() int { return (l.Out + 2*l.units.vector - 1) / (2 * l.units.vector) }

// update makes the step of a lane's share of all tiles.
func (t *trainer) update(p *own, lane, rows int, number int64, constants nn.Adam) {
	total := 0
	for i := range t.layers {
		total += t.layers[i].tiles() * t.layers[i].panels()
	}
	first, end := total*lane/t.lanes, total*(lane+1)/t.lanes
	for i := range t.layers {
		l := &t.layers[i]
		step, shrink := t.move(i).step(number, constants)
		tiles := l.tiles()
		for panel := range l.panels() {
			from, to := max(first, 0), min(end, tiles)
			if from < to {
				t.updatePanel(p, i, panel*2*l.units.vector, from, to, rows, shrink, &step)
			}
			first, end = first-tiles, end-tiles
		}
	}
}

// updatePanel makes the step of tiles [from, to) of the panel of a layer that begins at a column.
func (t *trainer) updatePanel(p *own, layer, column, from, to, rows int, shrink float32, step *adamStep) {
	l, tl := &t.layers[layer], &p.tile
	u, way, k, in, delta := t.factors(p, layer, rows)
	width, tiles := u.columns(column, l.Out), l.tiles()
	used := min(width, l.Out-column)
	tl.ldc, tl.k, tl.c, tl.floor = width, k, unsafe.Pointer(&p.edge[0]), noFloor()
	for i := from; i < to; i++ {
		rows := evenSpan(i, tiles, l.rows())
		first, last := l.rows()*column+rows.first*width, l.rows()*column+rows.end*width
		weights, moment1, moment2 := l.weights[first:last], l.moment1[first:last], l.moment2[first:last]
		tl.ahead = [3]unsafe.Pointer{unsafe.Pointer(&weights[0]), unsafe.Pointer(&moment1[0]), unsafe.Pointer(&moment2[0])}
		tl.lines = (last - first + 15) / 16
		tl.add = 0
		for i := range terms(t.parts) {
			left, right := term(i, t.parts)
			tl.a, tl.lda, tl.b, tl.ldb = in[left].begin(way, rows.first), in[left].stride, delta[right].at(0, column), delta[right].stride
			u.multiply(way, rows.end-rows.first, width/u.vector, tl)
			tl.add = 1
		}
		if shrink != 1 {
			scale(weights, shrink)
		}
		n := last - first
		adamFlushed(weights, p.edge[:n], t.zeros[:n], moment1, moment2, step)
	}
	l.arrange(p.scratch, column, width, used, evenSpan(from, tiles, l.rows()).first, evenSpan(to-1, tiles, l.rows()).end)
}

// bad reports whether a loss is not a number or infinite.
func bad(loss float64) bool { return math.IsNaN(loss) || math.IsInf(loss, 0) }
