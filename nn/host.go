package nn

import (
	"fmt"
	"math"
)

// hostNetwork evaluates a network on the host, one row at a time. The pure Go code is the same for every
// backend, so that equal parameters give equal numbers. It serves one goroutine.
type hostNetwork struct {
	layers     []Layer
	activation Activation
	parameters []float32
	hidden     [2][]float32
}

func newHostNetwork(shape MLP, parameters []float32) hostNetwork {
	widest := 0
	for _, size := range shape.Sizes {
		widest = max(widest, size)
	}
	return hostNetwork{layers: shape.Layers(), activation: shape.Activation, parameters: parameters,
		hidden: [2][]float32{make([]float32, widest), make([]float32, widest)}}
}

// input returns the slice [n] from which forward reads its input.
func (h *hostNetwork) input(n int) []float32 { return h.hidden[0][:n] }

// forward writes the output for an input of n numbers to out. It does not allocate.
func (h *hostNetwork) forward(out []float32, n int) {
	in := h.input(n)
	for i, layer := range h.layers {
		last := i == len(h.layers)-1
		y := out
		if !last {
			y = h.hidden[(i+1)%2][:layer.Out]
		}
		affine(y, in, h.parameters[layer.Weights:layer.Bias], h.parameters[layer.Bias:layer.End()])
		if !last {
			h.activate(y)
		}
		in = y
	}
}

func (h *hostNetwork) activate(x []float32) {
	for i, y := range x {
		if h.activation == Tanh {
			x[i] = float32(math.Tanh(float64(y)))
		} else {
			x[i] = max(y, 0)
		}
	}
}

// affine computes out [Out] = in [In] · weights [In,Out] + bias [Out].
func affine(out, in, weights, bias []float32) {
	copy(out, bias)
	for i, x := range in {
		row := weights[i*len(out) : (i+1)*len(out)]
		for j, w := range row {
			out[j] += x * w
		}
	}
}

// Critic is a value network on the host. One critic serves one goroutine.
type Critic struct {
	shape   ValueShape
	network hostNetwork
}

// NewCritic returns a critic with parameters [P]. It keeps the slice, which must not change.
func NewCritic(shape ValueShape, parameters []float32) (*Critic, error) {
	if err := shape.CheckParameters(parameters); err != nil {
		return nil, fmt.Errorf("critic: %w", err)
	}
	return &Critic{shape, newHostNetwork(shape.MLP(), parameters)}, nil
}

// Value returns V(obs, time) for an observation [O] at a time in its episode, in decisions. It does not
// allocate.
func (c *Critic) Value(obs []float32, time float32) float64 {
	if c.shape.Over(time) {
		return 0
	}
	c.shape.Inputs(c.network.input(c.shape.Features()), obs, time)
	var v [1]float32
	c.network.forward(v[:], c.shape.Features())
	return float64(v[0])
}
