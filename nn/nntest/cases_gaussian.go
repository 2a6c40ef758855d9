package nntest

import "github.com/palmal-rl/palmal/nn"

const gaussianReason = sumReason + "; errors of the mean count by 1/σ², and σ is near 1"

// gaussianKinds are the members that the cases know, by name.
func gaussianKinds() map[string]nn.Gaussian {
	return map[string]nn.Gaussian{
		"smooth":   {Activation: nn.SiLU, LayerNorm: true},
		"rough":    {Activation: nn.ReLU},
		"by-state": {Activation: nn.SiLU, ByState: true},
	}
}

// gaussianModel is the shape of an ensemble of them for the bead.
func gaussianModel(kind nn.Gaussian, members int, reward bool, hidden ...int) nn.EnsembleShape {
	shape := beadModel(members, reward, hidden...)
	shape.Gaussian = &kind
	return shape
}

func gaussianCase(name, what string) Case {
	return Case{Name: "gaussian/" + name, What: what, Optional: "GaussianMembers", Methods: []string{fitMethods}, Bound: 3e-5, Reason: gaussianReason}
}

func gaussianCases() []Case {
	var cases []Case
	for _, name := range []string{"smooth", "rough", "by-state"} {
		kind := gaussianKinds()[name]
		gradient := gaussianCase("gradient-"+name, "the first moment after one step is (1-β1) times the gradient of the likelihood, with a learned reward and termination")
		gradient.agree = func(d *driver) results { return gaussianMoment(d, kind, func(*nn.FitOptions) {}) }
		differences := gaussianCase("finite-differences-"+name, "the gradient is the central difference of the likelihood, in float64, by weights and by log σ")
		differences.holds = func(c *check) { gaussianDifferences(c, kind) }
		steps := gaussianCase("steps-"+name, "steps of two fits: the rate of log σ, moments, reported losses")
		steps.Reason, steps.agree = stepsReason, func(d *driver) results { return gaussianSteps(d, kind) }
		cases = append(cases, gradient, differences, steps)
	}
	beta := gaussianCase("beta", "Beta weighs each output by a power of its σ that has no derivative")
	beta.agree = func(d *driver) (r results) {
		for _, name := range []string{"smooth", "by-state"} {
			r = append(r, gaussianMoment(d, gaussianKinds()[name], func(o *nn.FitOptions) { o.Care.Beta = 0.5 })...)
		}
		return r
	}
	bounds := gaussianCase("bounds", "a log σ beyond its bounds counts as the bound, and passes on only derivatives that lead back")
	bounds.agree = gaussianBounds
	dropout := gaussianCase("dropout", "a minibatch leaves out units, fewer in later layers, and the others make up for them")
	dropout.agree = func(d *driver) (r results) {
		for _, name := range []string{"smooth", "rough", "by-state"} {
			r = append(r, gaussianMoment(d, gaussianKinds()[name], func(o *nn.FitOptions) { o.Care.Dropout, o.MaxSteps, o.Batch = 0.3, 3, 30 })...)
		}
		return r
	}
	wide := gaussianCase("dropout-wide", "a row that leaves out more units than its first random blocks hold goes on with others that no row has")
	wide.agree = wideDropout
	return append(cases, beta, bounds, dropout, wide)
}

// gaussianMoment fits one step, unless the options say more.
func gaussianMoment(d *driver, kind nn.Gaussian, change func(*nn.FitOptions)) (r results) {
	shape := gaussianModel(kind, 3, true, 16, 13, 11)
	shape.Termination = true
	model := d.ensemble(shape, shaken(shape.Init(2), 0.1, 2))
	options := fitOptions(1, 64)
	change(&options)
	r.report(d.fit(model, endings(experience(64, 2, true), 0.8), options))
	r.modelState(d, model, nn.StateMoment1, nn.StateMoment2)
	return r
}

// wideDropout leaves out some 350 units, where 64 blocks hold 256 gaps.
func wideDropout(d *driver) (r results) {
	shape := gaussianModel(gaussianKinds()["rough"], 2, false, 700, 5)
	model := d.ensemble(shape, shape.Init(7))
	options := fitOptions(1, 6)
	options.Care.Dropout = 0.5
	r.report(d.fit(model, experience(6, 7, false), options))
	r.modelState(d, model, nn.StateMoment1)
	return r
}

// gaussianDifferences compares the gradient with central differences of the oracle's likelihood.
func gaussianDifferences(c *check, kind nn.Gaussian) {
	shape := gaussianModel(kind, 1, true, 9, 7)
	initial, data := shaken(shape.Init(3), 0.1, 3), experience(40, 3, true)
	model := c.ensemble(shape, initial)
	options := fitOptions(1, 40)
	c.fit(model, data, options)
	state := c.save(model)
	twin := c.oracle.ensemble(shape, shape.Init(0))
	c.need("Load of the backend's state into the reference", twin.Load(state))
	a := newAim(own[*ensemble](c, twin), newDataset(shape, data), data, options)
	var got, want []float64
	theta := widen(initial)
	for i, m := range c.array(state, nn.StateMoment1) {
		got = append(got, float64(m)/(1-options.Adam.Beta1))
		want = append(want, difference(func(theta []float64) float64 { return a.likelihood(theta, sequence(data.Rows())) }, theta, i))
	}
	c.near("gradient", got, want)
}

func gaussianSteps(d *driver, kind nn.Gaussian) (r results) {
	shape := gaussianModel(kind, 3, false, 16, 16)
	model := d.ensemble(shape, shape.Init(4))
	for fit := range uint64(2) {
		r.report(d.fit(model, experience(49+int(fit), 4, false), fitOptions(d.pick(12, 3), 16)))
		r.modelState(d, model, nn.StateParameters, nn.StateMoment1, nn.StateMoment2)
	}
	obs, act := queries(d.pick(29, 9))
	r.add("loss", d.modelLoss(model, experience(37, 30, false)))
	r.add("next", unwound(d.predict(model, bead{2}, obs, act)))
	noise, err := d.Backend.(nn.GaussianMembers).Noise(model, bead{2}, obs, act)
	d.need("Noise", err)
	r.add("noise", widen(nn.RowMajor(noise)))
	return r
}

// gaussianBounds moves each log σ far beyond one of its bounds.
func gaussianBounds(d *driver) (r results) {
	for _, beyond := range []float32{-8, 3} {
		shape := gaussianModel(gaussianKinds()["smooth"], 2, false, 8)
		parameters := shape.Init(5)
		for member := range shape.Members {
			end := (member + 1) * shape.Parameters()
			for i := end - shape.Outputs(); i < end; i++ {
				parameters[i] = beyond
			}
		}
		model := d.ensemble(shape, parameters)
		data := experience(20, 5, false)
		d.fit(model, data, fitOptions(1, 20))
		state := d.save(model)
		last := shape.Parameters() - shape.Outputs()
		moments := d.array(state, nn.StateMoment1)[last:shape.Parameters()]
		r.add("moments of log σ", widen(moments))
		obs, act := queries(5)
		noise, err := d.Backend.(nn.GaussianMembers).Noise(model, bead{2}, obs, act)
		d.need("Noise", err)
		r.add("noise", widen(nn.RowMajor(noise)))
	}
	return r
}
