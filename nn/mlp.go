package nn

import (
	"fmt"
	"math"
)

// MLP is the shape of a multilayer perceptron: the sizes of its input, hidden layers and output.
// Hidden layers have an activation; the output is linear.
type MLP struct {
	Sizes      []int // input, hidden..., output
	Activation Activation
	Norm       bool    // hidden units are normalised over each layer
	Floor      float64 // added to the variance of the units of every layer; 0: that of [NormFloor]
}

// Activation is the nonlinearity of hidden layers.
type Activation uint8

// The activations. The paper's models and value functions use ReLU, its policies tanh.
const (
	ReLU Activation = iota
	Tanh
	SiLU // x·sigmoid(x), which is smooth; only for members of an ensemble and critics
)

// NewMLP returns the shape with the given hidden sizes.
func NewMLP(input int, hidden []int, output int, activation Activation) MLP {
	sizes := make([]int, 0, len(hidden)+2)
	sizes = append(sizes, input)
	sizes = append(sizes, hidden...)
	return MLP{Sizes: append(sizes, output), Activation: activation}
}

// Layer locates one affine layer y = x·W + b in the flat parameter vector.
type Layer struct {
	In, Out int
	Weights int // offset of W [In,Out]
	Bias    int // offset of b [Out]
}

// End is the offset after the layer.
func (l Layer) End() int { return l.Bias + l.Out }

// Layers is the table of offsets, input side first.
func (m MLP) Layers() []Layer {
	layers := make([]Layer, len(m.Sizes)-1)
	offset := 0
	for i := range layers {
		in, out := m.Sizes[i], m.Sizes[i+1]
		layers[i] = Layer{In: in, Out: out, Weights: offset, Bias: offset + in*out}
		offset = layers[i].End()
	}
	return layers
}

// Parameters is P, the length of the flat vector.
func (m MLP) Parameters() int {
	last := len(m.Sizes) - 1
	return countParameters(m.Sizes[0], m.Sizes[1:last], m.Sizes[last])
}

// countParameters counts weights and biases without a table, so that checks at every step of a policy
// allocate nothing.
func countParameters(input int, hidden []int, output int) int {
	count := 0
	for _, size := range hidden {
		count += (input + 1) * size
		input = size
	}
	return count + (input+1)*output
}

// NormFloor is added to the variance of the units of hidden layer i, counted from 0.
func (m MLP) NormFloor(layer int) float64 {
	if m.Floor > 0 {
		return m.Floor
	}
	return NormFloor(layer)
}

// Input and Output are the outer sizes.
func (m MLP) Input() int  { return m.Sizes[0] }
func (m MLP) Output() int { return m.Sizes[len(m.Sizes)-1] }

// Check refuses a shape without layers or with an empty layer.
func (m MLP) Check() error {
	if len(m.Sizes) < 2 {
		return fmt.Errorf("network of sizes %v: needs an input and an output", m.Sizes)
	}
	for _, size := range m.Sizes {
		if size < 1 {
			return fmt.Errorf("network of sizes %v: every layer needs at least one unit", m.Sizes)
		}
	}
	return nil
}

// Init fills parameters [P] with weights and biases uniform in ±1/√(fan-in), the default of
// PyTorch's linear layer, which the reference implementation uses. Parameter i is drawn at (key, step 0,
// lane first+i).
func (m MLP) Init(parameters []float32, key Key, first uint32) {
	for _, layer := range m.Layers() {
		bound := 1 / math.Sqrt(float64(layer.In))
		for i := layer.Weights; i < layer.End(); i++ {
			parameters[i] = float32(bound * (2*key.Uniform(0, first+uint32(i)) - 1))
		}
	}
}
