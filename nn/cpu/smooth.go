package cpu

import "github.com/palmal-rl/palmal/nn"

// A network of gaussian members keeps more than the outputs of its hidden layers: the slopes of their activations, which
// do not follow from the outputs, and by what the outputs were divided to normalise them. Its tape holds the outputs of
// all layers, then the slopes [rows,Out] of the hidden ones, then the inverse deviations [rows] of the hidden ones.

// smoothTape is the tape of such a network.
func (w *worker) smoothTape(n *network, rows int) [][]float32 {
	hidden := len(n.layers) - 1
	tape := w.lists.take(3*hidden + 1)
	for i, layer := range n.layers {
		tape[i] = w.floats.take(rows * layer.Out)
		if i < hidden {
			tape[n.slope(i)], tape[n.deviation(i)] = w.floats.take(rows*layer.Out), w.floats.take(rows)
		}
	}
	return tape
}

// slope and deviation are the places of a hidden layer's slopes and inverse deviations in a tape.
func (n *network) slope(layer int) int     { return len(n.layers) + layer }
func (n *network) deviation(layer int) int { return 2*len(n.layers) - 1 + layer }

// part fills in the part of a tape that belongs to rows [first, end).
func (n *network) part(part, tape [][]float32, first, end int) {
	for i, layer := range n.layers {
		part[i] = tape[i][first*layer.Out : end*layer.Out]
		if n.taped && i < len(n.layers)-1 {
			part[n.slope(i)] = tape[n.slope(i)][first*layer.Out : end*layer.Out]
			part[n.deviation(i)] = tape[n.deviation(i)][first:end]
		}
	}
}

// leaving are the units that rows of a minibatch leave out.
type leaving struct {
	options *nn.FitOptions
	epoch   uint64
	member  int
	members int
	place   int // of the first row in the epoch
}

// rate is the share of units that a layer leaves out; l may be nil.
func (l *leaving) rate(layer, layers int) float64 {
	if l == nil {
		return 0
	}
	return l.options.Care.DropRate(layer, layers)
}

// from takes the units of a row that a layer leaves out from its outputs and slopes.
func (l *leaving) from(out, slope []float32, row, layer, layers int) {
	units := l.options.Dropout(l.epoch, l.member, l.members, l.place+row, layer, layers)
	for unit := units.Next(len(out)); unit < len(out); unit = units.Next(len(out)) {
		out[unit], slope[unit] = 0, 0
	}
}

// smoothForward is forward of a network that keeps slopes; some units may be left out.
func (w *worker) smoothForward(n *network, parameters, x []float32, tape [][]float32, rows int, left *leaving) []float32 {
	in, last := x, len(n.layers)-1
	for i, layer := range n.layers {
		out := tape[i][:rows*layer.Out]
		w.product.gemm(false, false, rows, layer.Out, layer.In, in, parameters[layer.Weights:layer.Bias], 0, out)
		if bias := parameters[layer.Bias:layer.End()]; i < last {
			n.smooth(tape, bias, rows, i, left)
		} else {
			addBias(out, bias, rows)
		}
		in = out
	}
	return in
}

// smooth adds the bias to the outputs of a hidden layer, applies its activation and normalises them.
func (n *network) smooth(tape [][]float32, bias []float32, rows, layer int, left *leaving) {
	width, layers := len(bias), len(n.layers)
	rate := left.rate(layer, layers)
	keep, floor := float32(1/(1-rate)), float32(n.floor(layer))
	for row := range rows {
		out, slope := tape[layer][row*width:(row+1)*width], tape[n.slope(layer)][row*width:(row+1)*width]
		if n.activation == nn.SiLU {
			biasSiLU(out, slope, bias, keep)
		} else {
			biasSlopeReLU(out, slope, bias, keep)
		}
		if rate > 0 {
			left.from(out, slope, row, layer, layers)
		}
		if n.norm {
			tape[n.deviation(layer)][row] = standardise(out, floor)
		}
	}
}

// smoothBackward is differentiate of a network that keeps slopes.
func (w *worker) smoothBackward(n *network, parameters, gradient, inward, x []float32, tape [][]float32, delta []float32, rows int) {
	mark := w.floats.mark()
	defer w.floats.release(mark)
	scratch := [2][]float32{w.floats.take(rows * n.widest), w.floats.take(rows * n.widest)}
	for i := len(n.layers) - 1; ; i-- {
		layer := n.layers[i]
		in := x
		if i > 0 {
			in = tape[i-1]
		}
		if gradient != nil {
			w.product.gemm(true, false, layer.In, layer.Out, rows, in, delta, 0, gradient[layer.Weights:layer.Bias])
			columnSums(gradient[layer.Bias:layer.End()], delta, rows)
		}
		below := inward
		if i > 0 {
			below = scratch[i%2][:rows*layer.In]
		}
		if below != nil {
			w.product.gemm(false, true, rows, layer.In, layer.Out, delta, parameters[layer.Weights:layer.Bias], 0, below)
		}
		if i == 0 {
			return
		}
		n.roughen(tape, below, rows, i-1)
		delta = below
	}
}

// roughen turns derivatives by the outputs of a hidden layer into those by its sums.
func (n *network) roughen(tape [][]float32, delta []float32, rows, layer int) {
	width := n.layers[layer].Out
	if n.norm {
		for row := range rows {
			standardiseBackward(delta[row*width:(row+1)*width], tape[layer][row*width:(row+1)*width], tape[n.deviation(layer)][row])
		}
	}
	multiply(delta[:rows*width], tape[n.slope(layer)][:rows*width])
}
