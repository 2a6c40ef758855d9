package nntest

import (
	"math"

	"github.com/palmal-rl/palmal/nn"
)

func adamCases() []Case {
	const reason = "one division, root and difference in float32, 2⁻²⁴ each; w counts against its own size, and 1-βᵗ is float64"
	return []Case{
		{Name: "adam/formula", Methods: []string{"Fit"}, Bound: 3e-6, Reason: reason, holds: adamFormula,
			What: "every step of many, with and without decay and with the published constants, follows from the backend's own moments by the formula"},
		{Name: "adam/second-moment", Methods: []string{"Fit"}, Bound: 1e-5, holds: adamSecondMoment,
			What:   "the second moment accumulates the squares of the gradients that the first moment implies",
			Reason: "the gradient comes from a difference of moments ten times its size, 10·2⁻²⁴, and is squared"},
	}
}

// adamTrace is the state of an optimiser before and after one step.
type adamTrace struct{ w, m, v []float32 }

// trace takes single steps and returns the states between them, the first included.
func trace(d *driver, steps int, adam nn.Adam) []adamTrace {
	shape := beadModel(2, false, 10)
	model := d.ensemble(shape, shape.Init(20))
	data := experience(30, 20, false)
	options := nn.FitOptions{Epochs: 1, Batch: 30, Adam: adam, Seed: 1}
	var states []adamTrace
	for step := range steps + 1 {
		if step > 0 {
			d.fit(model, data, options)
		}
		state := d.save(model)
		states = append(states, adamTrace{
			d.array(state, nn.StateParameters), d.array(state, nn.StateMoment1), d.array(state, nn.StateMoment2),
		})
	}
	return states
}

func adams() []nn.Adam {
	decayed := nn.Adam{Rate: 0.01, Beta1: 0.8, Beta2: 0.95, Epsilon: 1e-3, Decay: 0.1}
	return []nn.Adam{nn.DefaultAdam(), decayed}
}

func adamFormula(c *check) {
	for _, adam := range adams() {
		states := trace(c.driver, c.pick(40, 6), adam)
		for step := 1; step < len(states); step++ {
			before, after := states[step-1], states[step]
			want := make([]float64, len(after.w))
			for i := range want {
				mean := float64(after.m[i]) / (1 - math.Pow(adam.Beta1, float64(step)))
				square := float64(after.v[i]) / (1 - math.Pow(adam.Beta2, float64(step)))
				want[i] = float64(before.w[i]) - adam.Rate*mean/(math.Sqrt(square)+adam.Epsilon)
			}
			c.near("parameters", widen(after.w), want)
		}
	}
}

func adamSecondMoment(c *check) {
	for _, adam := range adams() {
		states := trace(c.driver, c.pick(10, 4), adam)
		for step := 1; step < len(states); step++ {
			before, after := states[step-1], states[step]
			want := make([]float64, len(after.v))
			for i := range want {
				g := (float64(after.m[i]) - adam.Beta1*float64(before.m[i])) / (1 - adam.Beta1)
				want[i] = adam.Beta2*float64(before.v[i]) + (1-adam.Beta2)*g*g
			}
			c.near("second moment", widen(after.v), want)
		}
	}
}
