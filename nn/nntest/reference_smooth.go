package nntest

import (
	"math"

	"github.com/palmal-rl/palmal/nn"
)

// hidden is the output of a hidden layer for what enters its activation.
func (n network) hidden(sums []float64, layer int) []float64 {
	out := make([]float64, len(sums))
	for j, x := range sums {
		out[j] = n.activate(x * n.factorOf(layer, j))
	}
	if n.norm {
		mean, deviation := n.spreadOf(out, layer)
		for j := range out {
			out[j] = (out[j] - mean) / deviation
		}
	}
	return out
}

// spreadOf is the mean of the units of a layer and by what they are divided.
func (n network) spreadOf(units []float64, layer int) (mean, deviation float64) {
	variance := math.Pow(10, -float64(layer))
	if n.floor > 0 {
		variance = n.floor
	}
	for _, x := range units {
		mean += x / float64(len(units))
	}
	for _, x := range units {
		variance += (x - mean) * (x - mean) / float64(len(units))
	}
	return mean, math.Sqrt(variance)
}

func (n network) factorOf(layer, unit int) float64 {
	if n.factor == nil {
		return 1
	}
	return n.factor(layer, unit)
}

// backHidden turns derivatives by the outputs of a hidden layer, out, into those by what enters its activation.
func (n network) backHidden(d, out, parameters []float64, values [][]float64, layer int) {
	if n.activation != nn.SiLU && !n.norm && n.factor == nil {
		for k := range d {
			d[k] *= n.slope(out[k])
		}
		return
	}
	sums := n.sums(parameters, values[layer], layer)
	units := make([]float64, len(sums))
	for j, x := range sums {
		units[j] = n.activate(x * n.factorOf(layer, j))
	}
	if n.norm { // the derivative of (x - mean)/deviation, with both functions of all x
		_, deviation := n.spreadOf(units, layer)
		mean, along := 0.0, 0.0
		for j := range d {
			mean += d[j] / float64(len(d))
			along += d[j] * out[j] / float64(len(d))
		}
		for j := range d {
			d[j] = (d[j] - mean - out[j]*along) / deviation
		}
	}
	for j, x := range sums {
		factor := n.factorOf(layer, j)
		d[j] *= factor * n.slopeAt(x*factor)
	}
}

// slopeAt is the derivative of the activation at x.
func (n network) slopeAt(x float64) float64 {
	if n.activation != nn.SiLU {
		return n.slope(n.activate(x))
	}
	s := 1 / (1 + math.Exp(-x))
	return s + x*s*(1-s)
}
