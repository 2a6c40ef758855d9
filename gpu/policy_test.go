//go:build cuda

package gpu

import (
	"fmt"
	"testing"

	"github.com/palmal-rl/palmal/nn"
)

// madeUp are paths of uneven length, with every column.
func madeUp(n, horizon, observation, action int) *nn.PathColumns {
	c := &nn.PathColumns{
		Observations: nn.Matrix(normal(20, n*(horizon+1)*observation, 1), n, horizon+1, observation),
		Actions:      nn.Matrix(normal(21, n*horizon*action, 0.5), n, horizon, action),
		Means:        nn.Matrix(normal(22, n*horizon*action, 0.1), n, horizon, action),
		LogStd:       make([]float32, action), Times: make([]float32, n),
		Rewards:    nn.Matrix(normal(23, n*horizon, 1), n, horizon),
		Advantages: nn.Matrix(normal(24, n*horizon, 1), n, horizon),
		Returns:    nn.Matrix(normal(25, n*horizon, 3), n, horizon),
	}
	for i := range n {
		c.Lengths = append(c.Lengths, 1+(i*7)%horizon)
		c.Terminated = append(c.Terminated, i%3 == 0)
		c.Times[i] = float32(i)
	}
	for k := range c.LogStd {
		c.LogStd[k] = -0.3 - 0.01*float32(k) // a σ much smaller than the actions' would make ratios overflow
	}
	return c
}

// sizes are those that DESIGN names, and two that no tile divides.
func policySizes() map[string]nn.PolicyShape {
	return map[string]nn.PolicyShape{
		"hopper": {Observation: 12, Action: 3, Hidden: []int{64, 64}},
		"ant":    {Observation: 28, Action: 8, Hidden: []int{64, 64}},
		"pen":    {Observation: 45, Action: 24, Hidden: []int{64, 64}},
		"odd":    {Observation: 7, Action: 5, Hidden: []int{33, 9, 130}},
		"linear": {Observation: 5, Action: 2},
	}
}

// TestPolicyPlayerAtFullWidth: sums of 64 products in three layers, averaged over samples; the ratio is an
// exponential of differences of squares.
func TestPolicyPlayerAtFullWidth(t *testing.T) {
	for name, shape := range policySizes() {
		t.Run(name, func(t *testing.T) {
			p := newPair(t)
			columns := madeUp(9, 23, shape.Observation, shape.Action)
			v := widened(normal(26, shape.Parameters(), 1))
			var gradients, products, surrogates [][]float64
			for _, b := range p.both() {
				pi := must[nn.Policy](t)(b.NewPolicy(shape, shape.Init(4, -0.2, 0.3)))
				paths := must[nn.Paths](t)(b.UploadPaths(columns))
				gradient, product := make([]float64, len(v)), make([]float64, len(v))
				if err := b.PolicyGradient(gradient, paths, pi); err != nil {
					t.Fatal(err)
				}
				if err := b.FisherVector(product, v, paths, pi, 2); err != nil {
					t.Fatal(err)
				}
				gain, kl, err := b.Surrogate(paths, pi)
				if err != nil {
					t.Fatal(err)
				}
				gradients, products = append(gradients, gradient), append(products, product)
				surrogates = append(surrogates, []float64{gain, kl})
				shut(t, paths, pi)
			}
			near(t, "gradient", gradients[0], gradients[1], 1e-5)
			near(t, "Fisher product", products[0], products[1], 1e-5)
			near(t, "surrogate", surrogates[0], surrogates[1], 1e-5)
		})
	}
}

// TestValuePlayerAtFullWidth: values, advantages and a fit of several minibatches with 128 units.
func TestValuePlayerAtFullWidth(t *testing.T) {
	p := newPair(t)
	shape := nn.ValueShape{Observation: 12, Hidden: []int{128, 128}, Clip: nn.ValueClip, TimeScale: nn.ValueTimeScale}
	columns := madeUp(12, 17, 12, 3)
	var returns, advantages, parameters [][]float64
	for _, b := range p.both() {
		v := must[nn.Value](t)(b.NewValue(shape, shape.Init(5)))
		paths := must[nn.Paths](t)(b.UploadPaths(columns))
		if err := b.Advantages(paths, v, nn.AdvantageOptions{Gamma: 0.99, Lambda: 0.97, Whiten: true}); err != nil {
			t.Fatal(err)
		}
		o := nn.ValueFitOptions{Epochs: 2, Batch: 40, Adam: nn.DefaultAdam(), Seed: 6}
		o.Adam.Epsilon = 1e-4
		report := must[nn.ValueReport](t)(b.FitValue(v, paths, o))
		c := must[*nn.PathColumns](t)(paths.Download())
		returns = append(returns, kept(c, c.Returns.Data().([]float32)))
		advantages = append(advantages, kept(c, c.Advantages.Data().([]float32)))
		parameters = append(parameters, append(arrayOf(t, v, nn.StateParameters), report.Before, report.After))
		shut(t, paths, v)
	}
	near(t, "returns", returns[0], returns[1], 2e-6)
	near(t, "advantages", advantages[0], advantages[1], 1e-5)
	near(t, "parameters and errors", parameters[0], parameters[1], 1e-4)
}

// kept gathers the numbers of a column that are defined.
func kept(c *nn.PathColumns, column []float32) (numbers []float64) {
	horizon := c.Actions.Shape()[1]
	for i, length := range c.Lengths {
		numbers = append(numbers, widened(column[i*horizon:i*horizon+length])...)
	}
	return numbers
}

// TestValueFitInOneLaunchIsTheSame: two phases with barriers, and launches of their own as for an ensemble, which
// add in another order. There are more pieces in a phase than few multiprocessors hold blocks, batches of less and
// of more rows than a phase stages at a time, and minibatches that no piece divides.
func TestValueFitInOneLaunchIsTheSame(t *testing.T) {
	columns := madeUp(40, 17, 12, 3)
	for _, hidden := range [][]int{{70, 33, 17}, {300}, nil} {
		shape := nn.ValueShape{Observation: 12, Hidden: hidden, Clip: 3, TimeScale: 200, Limit: 300}
		for _, batch := range []int{100, 300} {
			var parameters [][]float64
			for _, apart := range []bool{false, true} {
				b := open(t)
				b.machine.apart = apart
				v := must[nn.Value](t)(b.NewValue(shape, shape.Init(5)))
				paths := must[nn.Paths](t)(b.UploadPaths(columns))
				o := nn.ValueFitOptions{Epochs: 2, Batch: batch, Adam: nn.DefaultAdam()}
				o.Adam.Epsilon = 1e-4 // else a step turns on the sign of a gradient near 0
				must[nn.ValueReport](t)(b.FitValue(v, paths, o))
				parameters = append(parameters, arrayOf(t, v, nn.StateParameters))
				shut(t, paths, v, b)
			}
			near(t, fmt.Sprintf("parameters of %v, batch %d", hidden, batch), parameters[0], parameters[1], 1e-5)
		}
	}
}
