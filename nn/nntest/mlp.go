package nntest

import (
	"math"

	"github.com/palmal-rl/palmal/nn"
)

// network is a multilayer perceptron in float64, one sample at a time. Source: any textbook; the
// layout of the parameters is [nn.MLP.Layers].
type network struct {
	layers     []nn.Layer
	activation nn.Activation
	norm       bool
	floor      float64 // of the variance, in every layer; 0: another in each
	// factor is 0 for a unit of a hidden layer that is left out, and what makes up for it for the others; nil: none is.
	factor func(layer, unit int) float64
}

func newNetwork(shape nn.MLP) network {
	return network{layers: shape.Layers(), activation: shape.Activation, norm: shape.Norm, floor: shape.Floor}
}

// forward returns what enters every layer and, last, the output of the network.
func (n network) forward(parameters, input []float64) [][]float64 {
	values := [][]float64{input}
	for i := range n.layers {
		out := n.sums(parameters, values[i], i)
		if i < len(n.layers)-1 {
			out = n.hidden(out, i)
		}
		values = append(values, out)
	}
	return values
}

// sums are what enters the activation of a layer.
func (n network) sums(parameters, in []float64, i int) []float64 {
	layer := n.layers[i]
	out := make([]float64, layer.Out)
	for j := range out {
		out[j] = parameters[layer.Bias+j]
		for k, x := range in {
			out[j] += x * parameters[layer.Weights+k*layer.Out+j]
		}
	}
	return out
}

// output is forward's last vector.
func (n network) output(parameters, input []float64) []float64 {
	return n.forward(parameters, input)[len(n.layers)]
}

// backward adds the gradient of a scalar to gradient [P]: values come from forward, and dOutput is
// the derivative of the scalar by the network's output. It returns the derivative by the input.
func (n network) backward(gradient, parameters []float64, values [][]float64, dOutput []float64) []float64 {
	dOut := dOutput
	for i := len(n.layers) - 1; i >= 0; i-- {
		layer, in := n.layers[i], values[i]
		dIn := make([]float64, layer.In)
		for j, d := range dOut {
			gradient[layer.Bias+j] += d
			for k, x := range in {
				w := layer.Weights + k*layer.Out + j
				gradient[w] += x * d
				dIn[k] += parameters[w] * d
			}
		}
		if i > 0 {
			n.backHidden(dIn, in, parameters, values, i-1)
		}
		dOut = dIn
	}
	return dOut
}

func (n network) activate(x float64) float64 {
	switch n.activation {
	case nn.Tanh:
		return math.Tanh(x)
	case nn.SiLU:
		return x / (1 + math.Exp(-x))
	}
	return math.Max(0, x)
}

// slope is the derivative of the activation at the value y.
func (n network) slope(y float64) float64 {
	if n.activation == nn.Tanh {
		return 1 - y*y
	}
	if y > 0 {
		return 1
	}
	return 0
}

// adamStep is one step of Adam: Kingma and Ba 2015, algorithm 1, with Decay·w added to the
// gradient. count is the number of the step, from 1. The state is rounded to float32 after every
// step, because every backend keeps it so; the arithmetic is float64.
func adamStep(w, m, v []float32, gradient []float64, count int64, adam nn.Adam) {
	correct1 := 1 - math.Pow(adam.Beta1, float64(count))
	correct2 := 1 - math.Pow(adam.Beta2, float64(count))
	for i := range w {
		g := gradient[i] + adam.Decay*float64(w[i])
		first := adam.Beta1*float64(m[i]) + (1-adam.Beta1)*g
		second := adam.Beta2*float64(v[i]) + (1-adam.Beta2)*g*g
		step := adam.Rate * (first / correct1) / (math.Sqrt(second/correct2) + adam.Epsilon)
		w[i], m[i], v[i] = float32(float64(w[i])-step), float32(first), float32(second)
	}
}

// allFinite reports whether all numbers are finite.
func allFinite[N float32 | float64](x ...[]N) bool {
	for _, numbers := range x {
		for _, number := range numbers {
			if math.IsNaN(float64(number)) || math.IsInf(float64(number), 0) {
				return false
			}
		}
	}
	return true
}
