package nntest

import (
	"fmt"

	"github.com/palmal-rl/palmal/nn"
)

// hiddenLayers are depths and widths that a special case in a backend may forget.
func hiddenLayers(d *driver) [][]int {
	return [][]int{nil, {1}, {1, 1}, {7, 5, 3}, {d.pick(129, 33)}, {2, d.pick(65, 17), 2}}
}

func shapeCases() []Case {
	return []Case{
		{Name: "shape/ensemble", Methods: []string{"NewEnsemble", "Fit", "ModelLoss", "Predict"}, Bound: 3e-5, Reason: sumReason,
			What: "no hidden layer, one unit, three layers, odd widths, one member, one observation, one row", agree: unusualEnsembles},
		{Name: "shape/policy", Methods: []string{"NewPolicy", "PolicyGradient", "FisherVector"}, Bound: 2e-5, Reason: sumReason,
			What: "the same layers, one observation and one action, five actions", agree: unusualPolicies},
		{Name: "shape/value", Methods: []string{"NewValue", "FitValue"}, Bound: 3e-5, Reason: sumReason,
			What: "the same layers", agree: unusualValues},
	}
}

func unusualEnsembles(d *driver) (r results) {
	for _, hidden := range hiddenLayers(d) {
		shape := beadModel(1, true, hidden...)
		model := d.ensemble(shape, shape.Init(160))
		d.fit(model, experience(21, 161, true), fitOptions(1, 8))
		r.modelState(d, model, nn.StateParameters, nn.StateMoment1)
		r.add(fmt.Sprint("loss with layers ", hidden), d.modelLoss(model, experience(1, 162, true)))
	}
	task := plain{1, 1}
	shape := nn.EnsembleShape{Members: 5, Observation: 1, Action: 1, Hidden: []int{4}, Kinds: task.ObservationKinds()}
	one := nn.Matrix([]float32{0.5}, 1, 1)
	r.add("one entry", d.predict(d.ensemble(shape, shape.Init(163)), task, one, one))
	return r
}

func unusualPolicies(d *driver) (r results) {
	for i, hidden := range hiddenLayers(d) {
		task := plain{observation: 1 + 2*(i%3), action: 1 + 4*(i%2)}
		shape := nn.PolicyShape{Observation: task.observation, Action: task.action, Hidden: hidden}
		s := sceneOf(d, task, shape, pathsOf{paths: 5, horizon: 6, seed: 164}, 0.02)
		r.add(fmt.Sprint("gradient with layers ", hidden), d.gradient(s.paths, s.policy))
		r.add(fmt.Sprint("product with layers ", hidden), d.fisher(normals(source(165), len(s.theta), 1), s.paths, s.policy, 1))
	}
	return r
}

func unusualValues(d *driver) (r results) {
	for _, hidden := range hiddenLayers(d) {
		shape := beadValue(hidden...)
		critic := d.value(shape, shape.Init(166))
		report := d.fitValue(critic, newScene(d, 0).paths, valueOptions(1, 64))
		r.add(fmt.Sprint("error with layers ", hidden), []float64{report.Before, report.After})
		state := d.save(critic)
		r.add("parameters", widen(d.array(state, nn.StateParameters)))
		r.add("first moment", widen(d.array(state, nn.StateMoment1)))
	}
	return r
}
