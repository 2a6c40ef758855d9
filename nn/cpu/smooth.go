package cpu

import (
	"math"

	"github.com/palmal-rl/palmal/nn"
)

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
	width, s := len(bias), n.smoothing(nil, layer, left)
	for row := range rows {
		out, slope := tape[layer][row*width:(row+1)*width], tape[n.slope(layer)][row*width:(row+1)*width]
		tape[n.deviation(layer)][row] = s.row(out, slope, bias, row)
	}
}

// smoothing is what a hidden layer does to its sums.
type smoothing struct {
	network     *network
	keep, floor float32
	drops       bool       // some units are left out
	units       nn.Dropout // those
	place       int        // of the first row in the epoch
	own         *own       // draws the gaps of eight rows; nil: nothing does
	drawn       int        // first of the rows whose gaps are drawn
}

// smoothing prepares that of a layer; p may be nil.
func (n *network) smoothing(p *own, layer int, left *leaving) smoothing {
	rate := left.rate(layer, len(n.layers))
	s := smoothing{network: n, keep: float32(1 / (1 - rate)), floor: float32(n.floor(layer)), drops: rate > 0}
	if s.drops {
		s.units, s.place = left.options.Dropout(left.epoch, left.member, left.members, layer, len(n.layers)), left.place
		if s.drawn = math.MinInt32; p != nil && p.units.gaps != nil {
			s.own = p
		}
	}
	return s
}

// row turns a row of sums into outputs, writes the slopes of the activation, and returns the inverse of what the outputs were
// divided by.
func (s *smoothing) row(out, slope, bias []float32, row int) (inverse float32) {
	if s.network.activation == nn.SiLU {
		biasSiLU(out, slope, bias, s.keep)
	} else {
		biasSlopeReLU(out, slope, bias, s.keep)
	}
	if s.drops {
		s.drop(out, slope, row)
	}
	if !s.network.norm {
		return 1
	}
	return standardise(out, s.floor)
}

// drop leaves out units of a row.
func (s *smoothing) drop(out, slope []float32, row int) {
	units := s.units.Row(s.place + row)
	if s.own != nil {
		at := s.few(out, slope, row)
		if at >= len(out) {
			return
		}
		units = units.After(at)
	}
	for unit := units.Next(len(out)); unit < len(out); unit = units.Next(len(out)) {
		out[unit], slope[unit] = 0, 0
	}
}

// few leaves out the units of a row that the first gaps lead to, which are drawn for eight rows at once, and returns the last of them;
// beyond the row: there are no more.
func (s *smoothing) few(out, slope []float32, row int) (at int) {
	const rows = 8
	if row < s.drawn || row >= s.drawn+rows {
		key, step, lane, stride, factor := s.units.Gaps()
		lane += uint32((s.place + row) * stride)
		s.own.units.gaps(&s.own.gaps, key.Seed, step, lane, uint32(key.Stream), stride, factor, float64(len(out)))
		s.drawn = row
	}
	at = -1
	for word := row - s.drawn; word < len(s.own.gaps); word += rows {
		if at += 1 + int(s.own.gaps[word]); at >= len(out) {
			break
		}
		out[at], slope[at] = 0, 0
	}
	return at
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
