package nntest

import (
	"math"

	"github.com/palmal-rl/palmal/nn"
)

func valueCases() []Case {
	methods := []string{"NewValue", "FitValue"}
	return []Case{
		{Name: "value/gradient", Methods: methods, Bound: 2e-5, Reason: sumReason,
			What:  "the first moment after one step is (1-β1) times the gradient of the mean squared error",
			agree: func(d *driver) results { return fittedValue(d, 1, 1, 10000) }},
		{Name: "value/steps", Methods: methods, Bound: 3e-5, Reason: stepsReason,
			What:  "many steps: minibatch order, the remainder of an epoch, error before and after over the variance",
			agree: func(d *driver) results { return fittedValue(d, 1, d.pick(20, 4), d.pick(130, 13)) }},
		{Name: "value/continues", Methods: methods, Bound: 3e-5, Reason: stepsReason,
			What:  "a second fit keeps moments, steps and epochs",
			agree: func(d *driver) results { return fittedValue(d, 2, 3, 50) }},
		{Name: "value/normalised", Methods: methods, Bound: 3e-5, Reason: stepsReason,
			What:  "the fit normalises observations before it clips them",
			agree: func(d *driver) results { return fittedCritic(d, normalisedValue(beadValue(15, 10)), 1, 2, 50) }},
		{Name: "value/unjudged", Methods: methods, Bound: 0, Reason: "the same bits", holds: valueUnjudged,
			What: "a fit that is not judged changes the network as any other, and its errors are NaN"},
		{Name: "value/finite-differences", Methods: methods, Bound: 2e-5, Reason: sumReason + "; the differences are good to 1e-8",
			What: "the gradient is the central difference of the loss, in float64", holds: valueDifferences},
	}
}

func valueOptions(epochs, batch int) nn.ValueFitOptions {
	return nn.ValueFitOptions{Epochs: epochs, Batch: batch, Adam: fitOptions(1, 1).Adam, Seed: 21}
}

func fittedValue(d *driver, fits, epochs, batch int) results {
	return fittedCritic(d, beadValue(15, 10), fits, epochs, batch)
}

// normalisedValue is a shape with another shift and scale for every entry.
func normalisedValue(shape nn.ValueShape) nn.ValueShape {
	random := source(102)
	shape.Shift, shape.Scale = narrow(normals(random, shape.Observation, 0.5)), ones(shape.Observation)
	for i := range shape.Scale {
		shape.Scale[i] = 0.3 + random.Float32()
	}
	return shape
}

func fittedCritic(d *driver, shape nn.ValueShape, fits, epochs, batch int) (r results) {
	critic := d.value(shape, shape.Init(100))
	paths := newScene(d, 0).paths
	for range fits {
		report := d.fitValue(critic, paths, valueOptions(epochs, batch))
		r.addExact("steps", []float64{float64(report.Steps)})
		r.add("error before", []float64{report.Before})
		r.add("error after", []float64{report.After})
	}
	state := d.save(critic)
	for _, name := range []string{nn.StateParameters, nn.StateMoment1, nn.StateMoment2} {
		r.add(name, widen(d.array(state, name)))
	}
	return r
}

func valueUnjudged(c *check) {
	paths, shape := newScene(c.driver, 0).paths, beadValue(15, 10)
	judged, other := c.value(shape, shape.Init(100)), c.value(shape, shape.Init(100))
	options := valueOptions(2, 50)
	steps := c.fitValue(judged, paths, options).Steps
	options.Unjudged = true
	report := c.fitValue(other, paths, options)
	if report.Steps != steps || !math.IsNaN(report.Before) || !math.IsNaN(report.After) {
		c.Errorf("report %+v of an unjudged fit, want %d steps and NaN", report, steps)
	}
	was, is := c.save(judged), c.save(other)
	for _, name := range []string{nn.StateParameters, nn.StateMoment1, nn.StateMoment2} {
		sameBits(c, name, c.array(is, name), c.array(was, name))
	}
}

func valueDifferences(c *check) {
	shape := nn.ValueShape{Observation: 3, Hidden: []int{6, 5}, Clip: 2, TimeScale: 25}
	initial, s := shape.Init(101), smallScene(c.driver, 0)
	critic := c.value(shape, initial)
	options := valueOptions(1, 1000)
	c.fitValue(critic, s.paths, options)
	twin := own[*value](c, c.oracle.value(shape, initial))
	rows := newRegression(twin, own[*paths](c, c.oracle.upload(s.columns)))
	loss := func(theta []float64) float64 {
		loss, _ := rows.loss(twin, theta, sequence(len(rows.targets)))
		return loss
	}
	var got, want []float64
	for i, m := range c.array(c.save(critic), nn.StateMoment1) {
		got = append(got, float64(m)/(1-options.Adam.Beta1))
		want = append(want, difference(loss, widen(initial), i))
	}
	c.near("gradient", got, want)
}
