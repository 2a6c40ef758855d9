package cpu

import "github.com/palmal-rl/palmal/nn"

// activity is what a pass of rows through a layer leaves for the way back.
type activity struct {
	out       matrix    // [rows,Out] and 1
	slope     matrix    // [rows,Out] of the activation; none where it follows from the outputs
	deviation []float32 // [rows] by what outputs were divided, inverse; none likewise
}

// pass computes the outputs of a layer for some rows. Zeros are as many as the layer has outputs, at least; rows may leave units out.
func (n *network) pass(p *own, l *packed, in matrix, to *activity, rows span, layer int, zeros []float32, left *leaving) {
	last, floor := layer == len(n.layers)-1, noFloor()
	if !last && n.activation == nn.ReLU && !n.taped {
		floor = 0
	}
	p.forth(l, in, to.out, rows, floor)
	switch { // the bias is a row of the weights
	case last || floor == 0:
	case n.taped:
		s := n.smoothing(p, layer, left)
		for row := rows.first; row < rows.end; row++ {
			to.deviation[row] = s.row(to.out.row(row, l.Out), to.slope.row(row, l.Out), zeros[:l.Out], row)
		}
	default:
		for row := rows.first; row < rows.end; row++ {
			biasTanh(to.out.row(row, l.Out), zeros[:l.Out])
		}
	}
}

// back turns derivatives by the outputs of a hidden layer for a row into those by its sums.
func (n *network) back(delta []float32, a *activity, row int) {
	switch out := a.out.row(row, len(delta)); {
	case n.taped:
		if n.norm {
			standardiseBackward(delta, out, a.deviation[row])
		}
		multiply(delta, a.slope.row(row, len(delta)))
	case n.activation == nn.ReLU:
		reluBackward(delta, out)
	default:
		tanhBackward(delta, out)
	}
}

// activity lays out that of a layer for a number of rows; the ones are not written. Without a way back, all rows share a row of slopes.
func (c *carver) activity(n *network, layer, rows int, way way) (a activity) {
	width := n.layers[layer].Out
	a.out = c.matrix(rows, width)
	if n.taped && layer < len(n.layers)-1 {
		if a.deviation = c.take(rows); way == forthBack {
			a.slope = c.matrix(rows, width)
		} else {
			a.slope = matrix{c.take(width), 0}
		}
	}
	return a
}
