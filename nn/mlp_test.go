package nn_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/palmal-rl/palmal/nn"
)

func TestLayersTableOfOffsets(t *testing.T) {
	net := nn.NewMLP(3, []int{4, 5}, 2, nn.Tanh)
	want := []nn.Layer{
		{In: 3, Out: 4, Weights: 0, Bias: 12},
		{In: 4, Out: 5, Weights: 16, Bias: 36},
		{In: 5, Out: 2, Weights: 41, Bias: 51},
	}
	if got := net.Layers(); !slices.Equal(got, want) {
		t.Errorf("layers %+v, want %+v", got, want)
	}
	if net.Parameters() != 53 || net.Input() != 3 || net.Output() != 2 {
		t.Errorf("%d parameters, input %d, output %d; want 53, 3, 2", net.Parameters(), net.Input(), net.Output())
	}
	if layers := net.Layers(); layers[len(layers)-1].End() != net.Parameters() {
		t.Errorf("the table of offsets ends at %d, not at %d", layers[len(layers)-1].End(), net.Parameters())
	}
	if linear := nn.NewMLP(3, nil, 2, nn.ReLU); linear.Parameters() != 8 || len(linear.Layers()) != 1 {
		t.Errorf("a network without hidden layers has %d parameters in %d layers, want 8 in 1",
			linear.Parameters(), len(linear.Layers()))
	}
}

func TestNewMLPDoesNotKeepTheHiddenSizes(t *testing.T) {
	hidden := []int{4, 5}
	net := nn.NewMLP(3, hidden, 2, nn.ReLU)
	hidden[0] = 100
	if net.Sizes[1] != 4 {
		t.Error("the shape changed with the slice that it was made from")
	}
}

func TestMLPCheck(t *testing.T) {
	for _, sizes := range [][]int{nil, {3}, {3, 0, 2}, {-1, 2}, {3, 4, 0}} {
		if (nn.MLP{Sizes: sizes}).Check() == nil {
			t.Errorf("sizes %v were accepted", sizes)
		}
	}
	if err := (nn.MLP{Sizes: []int{1, 1}}).Check(); err != nil {
		t.Error(err)
	}
}

// Weights and biases of a layer are uniform in ±1/√fan-in: within, close to the bounds, centred. A
// mean of n has the standard error bound/√(3n); the margin is five of them.
func TestInitIsUniformWithinFanIn(t *testing.T) {
	net := nn.NewMLP(25, []int{100}, 64, nn.ReLU)
	parameters := make([]float32, net.Parameters())
	net.Init(parameters, nn.Key{Seed: 1, Stream: nn.StreamValueInit}, 0)
	for i, layer := range net.Layers() {
		bound := 1 / math.Sqrt(float64(layer.In))
		for what, part := range map[string][]float32{
			"weights": parameters[layer.Weights:layer.Bias], "biases": parameters[layer.Bias:layer.End()],
		} {
			n, mean, largest := float64(len(part)), 0.0, 0.0
			for _, w := range part {
				mean += float64(w) / n
				largest = math.Max(largest, math.Abs(float64(w)))
			}
			// No |w| beyond 90 % of the bound has the chance 0.9^64 ≈ 0.1 % for the fewest, the last biases.
			if !(largest <= bound) || !(largest >= 0.9*bound) || !(math.Abs(mean) <= 5*bound/math.Sqrt(3*n)) {
				t.Errorf("layer %d: %s within ±%g with mean %g, want within ±%g and centred", i, what, largest, mean, bound)
			}
		}
	}
}

func TestEnsembleMembersStartApart(t *testing.T) {
	shape := ensembleShape()
	parameters := shape.Init(7)
	size := shape.MLP().Parameters()
	if len(parameters) != shape.Members*size {
		t.Fatalf("%d parameters, want %d", len(parameters), shape.Members*size)
	}
	seen := map[float32]int{}
	equal := 0
	for i, w := range parameters {
		if other, ok := seen[w]; ok && other/size != i/size {
			equal++
		}
		seen[w] = i
	}
	// Two of 300 numbers on a grid of 2⁻²⁴ coincide with a chance below 1 %.
	if equal > 0 {
		t.Errorf("%d parameters of one member occur in another", equal)
	}
	if !slices.Equal(parameters, shape.Init(7)) || slices.Equal(parameters, shape.Init(8)) {
		t.Error("the parameters are not a function of the seed")
	}
}

func ensembleShape() nn.EnsembleShape {
	return nn.EnsembleShape{Members: 3, Observation: 2, Action: 1, Hidden: []int{8}, Reward: true,
		Kinds: []string{nn.KindPredicted, nn.KindAngle}}
}

func TestEnsembleShape(t *testing.T) {
	shape := ensembleShape()
	if err := shape.Check(); err != nil {
		t.Error(err)
	}
	if shape.Outputs() != 3 || shape.MLP().Input() != 3 || shape.MLP().Output() != 3 || shape.MLP().Activation != nn.ReLU {
		t.Errorf("outputs %d, network %+v", shape.Outputs(), shape.MLP())
	}
	for what, change := range map[string]func(*nn.EnsembleShape){
		"members": func(s *nn.EnsembleShape) { s.Members = 0 },
		"kinds":   func(s *nn.EnsembleShape) { s.Kinds = s.Kinds[1:] },
		"layer":   func(s *nn.EnsembleShape) { s.Hidden = []int{0} },
	} {
		changed := ensembleShape()
		change(&changed)
		if err := changed.Check(); err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("a shape of impossible %s gives error %v, want one that names it", what, err)
		}
	}
}
