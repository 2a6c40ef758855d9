package cpu

import "github.com/palmal-rl/palmal/nn"

// network is an MLP, prepared for the passes below.
type network struct {
	layers     []nn.Layer
	activation nn.Activation
	widest     int // units of the widest hidden layer
	norm       bool
	floor      func(layer int) float64 // see [nn.MLP.NormFloor]
	taped      bool                    // its tape holds slopes, see smoothTape
}

func newNetwork(shape nn.MLP) network {
	n := network{layers: shape.Layers(), activation: shape.Activation, norm: shape.Norm, floor: shape.NormFloor}
	for _, size := range shape.Sizes[1 : len(shape.Sizes)-1] {
		n.widest = max(n.widest, size)
	}
	return n
}

// last is the output layer.
func (n *network) last() nn.Layer { return n.layers[len(n.layers)-1] }

// parameters is P, the number of parameters.
func (n *network) parameters() int { return n.last().End() }

// tape holds the output of every layer for some rows: [layers] of [rows,Out].
func (w *worker) tape(n *network, rows int) [][]float32 {
	if n.taped {
		return w.smoothTape(n, rows)
	}
	tape := w.lists.take(len(n.layers))
	for i, layer := range n.layers {
		tape[i] = w.floats.take(rows * layer.Out)
	}
	return tape
}

// forward computes the outputs of all layers for x [rows,In] and returns the last, [rows,Out].
func (w *worker) forward(n *network, parameters, x []float32, tape [][]float32, rows int) []float32 {
	if n.taped {
		return w.smoothForward(n, parameters, x, tape, rows, nil)
	}
	in := x
	for i, layer := range n.layers {
		out := tape[i][:rows*layer.Out]
		w.product.gemm(false, false, rows, layer.Out, layer.In,
			in, parameters[layer.Weights:layer.Bias], 0, out)
		n.activate(out, parameters[layer.Bias:layer.End()], rows, i)
		in = out
	}
	return in
}

// activate adds the bias to out [rows,Out] of a layer and applies its activation.
func (n *network) activate(out, bias []float32, rows, layer int) {
	switch {
	case layer == len(n.layers)-1:
		addBias(out, bias, rows)
	case n.activation == nn.ReLU:
		biasReLURows(out, bias, rows)
	default:
		biasTanhRows(out, bias, rows)
	}
}

// backward writes the gradient [P], summed over the rows, given delta [rows,Out], the gradient with
// respect to the output, and the tape of the forward pass.
func (w *worker) backward(n *network, parameters, gradient, x []float32, tape [][]float32, delta []float32, rows int) {
	w.differentiate(n, parameters, gradient, nil, x, tape, delta, rows)
}

// differentiate writes the gradient [P] like backward, and the gradient with respect to the input, inward
// [rows,In]; nil: not wanted.
func (w *worker) differentiate(n *network, parameters, gradient, inward, x []float32, tape [][]float32, delta []float32, rows int) {
	if n.taped {
		w.smoothBackward(n, parameters, gradient, inward, x, tape, delta, rows)
		return
	}
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
			w.product.gemm(true, false, layer.In, layer.Out, rows,
				in, delta, 0, gradient[layer.Weights:layer.Bias])
			columnSums(gradient[layer.Bias:layer.End()], delta, rows)
		}
		if i == 0 {
			if inward != nil {
				w.product.gemm(false, true, rows, layer.In, layer.Out,
					delta, parameters[layer.Weights:layer.Bias], 0, inward)
			}
			return
		}
		below := scratch[i%2][:rows*layer.In]
		w.product.gemm(false, true, rows, layer.In, layer.Out,
			delta, parameters[layer.Weights:layer.Bias], 0, below)
		if n.activation == nn.ReLU {
			reluBackward(below, in[:len(below)])
		} else {
			tanhBackward(below, in[:len(below)])
		}
		delta = below
	}
}

// tangent computes J·v [rows,Out], the derivative of the output along v [P] in the parameters, by
// forward-mode differentiation of a tanh network, given the tape of the forward pass.
func (w *worker) tangent(n *network, parameters, v, x []float32, tape [][]float32, rows int) []float32 {
	var below []float32 // tangent of the layer below; the tangent of x is 0
	in := x
	for i, layer := range n.layers {
		out := w.floats.take(rows * layer.Out)
		beta := float32(0)
		if i > 0 {
			w.product.gemm(false, false, rows, layer.Out, layer.In,
				below, parameters[layer.Weights:layer.Bias], 0, out)
			beta = 1
		}
		w.product.gemm(false, false, rows, layer.Out, layer.In,
			in, v[layer.Weights:layer.Bias], beta, out)
		bias := v[layer.Bias:layer.End()]
		if i == len(n.layers)-1 {
			addBias(out, bias, rows)
			return out
		}
		tanhForwardRows(out, bias, tape[i], rows)
		below, in = out, tape[i]
	}
	return below
}
