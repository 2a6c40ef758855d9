package nntest

import "github.com/palmal-rl/palmal/nn"

// fitOptions are the options of the fit cases. Epsilon is large, 1e-4, so that Adam's division does not
// blow up the rounding of a tiny gradient to a whole step.
func fitOptions(epochs, batch int) nn.FitOptions {
	adam := nn.DefaultAdam()
	adam.Epsilon = 1e-4
	return nn.FitOptions{Epochs: epochs, Batch: batch, Adam: adam, Seed: 11}
}

const (
	sumReason   = "sums of up to 200 products in float32: 200·2⁻²⁴ ≈ 1.2e-5, and the layers add up"
	stepsReason = "the gradient's error of about 1e-5 of its size enters every one of 100 steps of 1e-3, which are small against the parameters"
	fitMethods  = "Fit"
)

func fitCases() []Case {
	methods := []string{fitMethods}
	gradient := func(name, what string, reward bool, change func(*nn.FitOptions)) Case {
		return Case{Name: "fit/gradient" + name, What: what, Methods: methods, Bound: 2e-5, Reason: sumReason,
			agree: func(d *driver) results { return firstMoment(d, reward, change) }}
	}
	return []Case{
		{Name: "fit/normalisers", Methods: methods, Bound: 1e-5, Reason: sumReason, agree: normalisers,
			What: "shift and scale of every column: both scalings, without shift, constant columns, angles on the circle"},
		gradient("", "the first moment after one step is (1-β1) times the gradient of the loss", false, func(*nn.FitOptions) {}),
		gradient("-raw-loss", "with RawLoss the gradient weights outputs by outScale²", false, func(o *nn.FitOptions) { o.RawLoss = true }),
		gradient("-no-shift", "with NoShift the targets are not centred", false, func(o *nn.FitOptions) { o.NoShift = true }),
		gradient("-reward", "a learned reward is one more output", true, func(*nn.FitOptions) {}),
		gradient("-decay", "Decay adds Decay·w to the gradient", false, func(o *nn.FitOptions) { o.Adam.Decay = 0.3 }),
		{Name: "fit/finite-differences", Methods: methods, Bound: 2e-5, holds: fitDifferences,
			What:   "the gradient is the central difference of the loss, in float64",
			Reason: sumReason + "; the differences themselves are good to 1e-8"},
		{Name: "fit/steps", Methods: methods, Bound: 3e-5, Reason: stepsReason, agree: manySteps,
			What: "100 steps: each member's own minibatch order, the remainder of an epoch, moments, reported losses"},
		{Name: "fit/wide", Methods: methods, Bound: 5e-5, Reason: sumReason, agree: wideFit,
			What: "layers and minibatches larger than any tile of a device, of odd sizes"},
		{Name: "fit/continues", Methods: methods, Bound: 3e-5, Reason: stepsReason, agree: continuedFit,
			What: "a second fit measures the normalisers again and keeps parameters, moments, steps and epochs"},
		{Name: "fit/floor-and-cap", Methods: methods, Bound: 3e-5, Reason: stepsReason, agree: flooredFit,
			What: "MinSteps adds whole epochs, MaxSteps cuts an epoch, a batch may exceed the data"},
		{Name: "fit/anneal", Methods: methods, Bound: 3e-5, Reason: stepsReason, agree: annealedFit,
			What: "Anneal lets the rate fall to 0 over the end of every fit, across epochs"},
		{Name: "fit/nothing-to-predict", Methods: methods, Bound: 0, Reason: "there is no gradient", agree: constantFit,
			What: "data in which nothing changes leaves the parameters alone and has loss 0"},
	}
}

// modelState gathers the arrays of an ensemble's state as results of the case.
func (r *results) modelState(d *driver, model nn.Ensemble, names ...string) {
	state := d.save(model)
	for _, name := range names {
		r.add(name, widen(d.array(state, name)))
	}
	if counters, err := state.Counters(nn.StateCounters, 2); err == nil {
		r.addExact(nn.StateCounters, widen(counters))
	} else {
		d.Errorf("%s: %v", d.Name(), err)
	}
}

// report adds the results of a fit.
func (r *results) report(report nn.FitReport) {
	r.addExact("steps", []float64{float64(report.Steps)})
	r.add("loss of the first epoch", report.First)
	r.add("loss of the last epoch", report.Last)
}

func normalisers(d *driver) (r results) {
	data := experience(61, 1, true)
	for _, scaling := range []nn.Scaling{nn.StandardDeviation, nn.MeanAbsoluteDeviation} {
		for _, noShift := range []bool{false, true} {
			shape := beadModel(1, true, 4)
			model := d.ensemble(shape, shape.Init(1))
			options := fitOptions(1, 61)
			options.Scaling, options.NoShift = scaling, noShift
			d.fit(model, data, options)
			r.modelState(d, model, nn.StateInShift, nn.StateInScale, nn.StateOutShift, nn.StateOutScale)
			for _, j := range []int{3, 8, beadGoal, beadStill} {
				r.addExact("scale of an output that is not predicted",
					[]float64{float64(d.array(d.save(model), nn.StateOutScale)[j])})
			}
		}
	}
	return r
}

func firstMoment(d *driver, reward bool, change func(*nn.FitOptions)) (r results) {
	shape := beadModel(3, reward, 16, 13)
	model := d.ensemble(shape, shape.Init(2))
	options := fitOptions(1, 64)
	change(&options)
	report := d.fit(model, experience(64, 2, reward), options)
	r.modelState(d, model, nn.StateMoment1, nn.StateMoment2)
	if !options.RawLoss {
		r.report(report)
	}
	return r
}

// fitDifferences compares the gradient with central differences of the oracle's loss. The oracle uses
// the normalisers of the backend.
func fitDifferences(c *check) {
	shape := beadModel(1, true, 9, 7)
	initial, data := shape.Init(3), experience(40, 3, true)
	model := c.ensemble(shape, initial)
	options := fitOptions(1, 40)
	c.fit(model, data, options)
	state := c.save(model)
	loss := oracleLoss(c, shape, state, data)
	var got, want []float64
	theta := widen(initial)
	for i, m := range c.array(state, nn.StateMoment1) {
		got = append(got, float64(m)/(1-options.Adam.Beta1))
		want = append(want, difference(loss, theta, i))
	}
	c.near("gradient", got, want)
}

// oracleLoss is the loss of one member as a function of its parameters, in float64.
func oracleLoss(c *check, shape nn.EnsembleShape, state nn.State, data nn.Transitions) func([]float64) float64 {
	model := c.oracle.ensemble(shape, shape.Init(0))
	c.need("Load of the backend's state into the reference", model.Load(state))
	set := newDataset(shape, data)
	return func(theta []float64) float64 {
		loss, _ := own[*ensemble](c, model).loss(theta, set, sequence(data.Rows()), false)
		return loss
	}
}

// difference is the central difference of f by entry i. The step of 1e-5 balances the cubic term
// against rounding: both stay below 1e-9 for functions of size 1.
func difference(f func([]float64) float64, x []float64, i int) float64 {
	const step = 1e-5
	at := append([]float64(nil), x...)
	at[i] = x[i] + step
	above := f(at)
	at[i] = x[i] - step
	return (above - f(at)) / (2 * step)
}

func manySteps(d *driver) (r results) {
	shape := beadModel(3, false, 16, 16)
	model := d.ensemble(shape, shape.Init(4))
	options := fitOptions(d.pick(25, 5), 16) // 4 minibatches an epoch, the last of 1 row
	report := d.fit(model, experience(49, 4, false), options)
	r.report(report)
	r.modelState(d, model, nn.StateParameters, nn.StateMoment1, nn.StateMoment2)
	return r
}

func wideFit(d *driver) (r results) {
	shape := beadModel(2, false, d.pick(130, 33), d.pick(67, 35))
	model := d.ensemble(shape, shape.Init(5))
	rows := d.pick(333, 41)
	report := d.fit(model, experience(rows, 5, false), fitOptions(1, rows*3/5))
	r.report(report)
	r.modelState(d, model, nn.StateParameters, nn.StateMoment1, nn.StateMoment2)
	return r
}

func continuedFit(d *driver) (r results) {
	shape := beadModel(2, false, 12)
	model := d.ensemble(shape, shape.Init(6))
	for fit := range uint64(3) {
		report := d.fit(model, experience(20+int(fit), 6+fit, false), fitOptions(3, 8))
		r.report(report)
		r.modelState(d, model, nn.StateParameters, nn.StateMoment1, nn.StateMoment2, nn.StateInShift, nn.StateOutScale)
	}
	return r
}

func flooredFit(d *driver) (r results) {
	shape := beadModel(2, false, 12)
	for _, steps := range []struct{ floor, cap, batch int }{{7, 0, 10}, {0, 4, 10}, {9, 8, 10}, {0, 0, 1000}} {
		model := d.ensemble(shape, shape.Init(7))
		options := fitOptions(2, steps.batch)
		options.MinSteps, options.MaxSteps = steps.floor, steps.cap
		r.report(d.fit(model, experience(25, 7, false), options))
		r.modelState(d, model, nn.StateParameters)
	}
	return r
}

func annealedFit(d *driver) (r results) {
	shape := beadModel(2, false, 12)
	model := d.ensemble(shape, shape.Init(9))
	for _, anneal := range []float64{0.5, 1, 0.01} {
		options := fitOptions(3, 10)
		options.Anneal, options.MaxSteps = anneal, 8
		r.report(d.fit(model, experience(25, 9, false), options))
		r.modelState(d, model, nn.StateParameters)
	}
	return r
}

func constantFit(d *driver) (r results) {
	shape := beadModel(2, false, 5)
	model := d.ensemble(shape, shape.Init(8))
	data := experience(12, 8, false)
	data.Next = data.Observations
	report := d.fit(model, data, fitOptions(2, 5))
	r.report(report)
	r.modelState(d, model, nn.StateParameters, nn.StateMoment1, nn.StateOutScale)
	return r
}
