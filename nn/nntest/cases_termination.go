package nntest

import (
	"math"

	"github.com/palmal-rl/palmal/nn"
)

func terminationCases() []Case {
	const step = "one step from the backend's own state: sums of tens of products through three layers in float32"
	return []Case{
		{Name: "termination/normaliser", Methods: []string{"Fit"}, Bound: 1e-5, Reason: sumReason, agree: terminationNormaliser,
			What: "the scale of a termination is the weight of terminal rows, from 1 to 20, and 0 without any; its shift is 0"},
		{Name: "termination/gradient", Methods: []string{"Fit"}, Bound: 2e-5, Reason: sumReason, agree: terminationGradient,
			What: "the gradient is that of the weighted cross-entropy, the loss the squared error of the probability, with a learned reward and without, raw or not"},
		{Name: "termination/differences", Methods: []string{"Fit"}, Bound: 2e-5, Reason: sumReason + "; the differences themselves are good to 1e-8",
			holds: terminationDifferences, What: "the gradient is the central difference of twice the weighted cross-entropy and the squared errors, in float64"},
		{Name: "termination/loss", Methods: []string{"ModelLoss"}, Bound: 2e-5, Reason: sumReason, agree: terminationLoss,
			What: "the loss of a model that learned what ends an episode"},
		{Name: "termination/rollout", Methods: []string{"Rollout", "Score"}, Bound: 1e-5, Reason: step, holds: terminationRollout,
			What: "a path ends where its member's logit is above 0, whether the task may end it or not, and every score keeps that end"},
	}
}

// endings marks the rows of an experience whose next state is fast.
func endings(data nn.Transitions, limit float32) nn.Transitions {
	n := data.Rows()
	ended := make([]float32, n)
	next := nn.RowMajor(data.Next)
	for i := range ended {
		if next[i*len(next)/n+beadSpeed] > limit {
			ended[i] = 1
		}
	}
	data.Ended = nn.Matrix(ended, n)
	return data
}

func endingShape(members int, reward bool, hidden ...int) nn.EnsembleShape {
	shape := beadModel(members, reward, hidden...)
	shape.Termination = true
	return shape
}

func terminationNormaliser(d *driver) (r results) {
	for _, limit := range []float32{-100, 0, 1, 2, 100} { // all rows, many, some, few, none
		shape := endingShape(2, true, 4)
		model := d.ensemble(shape, shape.Init(1))
		d.fit(model, endings(experience(200, 3, true), limit), fitOptions(1, 61))
		r.modelState(d, model, nn.StateOutShift, nn.StateOutScale)
	}
	return r
}

func terminationGradient(d *driver) (r results) {
	for _, reward := range []bool{false, true} {
		for _, raw := range []bool{false, true} {
			shape := endingShape(3, reward, 16, 13)
			model := d.ensemble(shape, shape.Init(2))
			options := fitOptions(1, 64)
			options.RawLoss = raw
			report := d.fit(model, endings(experience(64, 2, reward), 0.8), options)
			r.modelState(d, model, nn.StateMoment1, nn.StateMoment2)
			if !raw {
				r.report(report)
			}
		}
	}
	return r
}

// terminationDifferences compares the gradient with central differences of a loss that is written out here.
func terminationDifferences(c *check) {
	shape := endingShape(1, false, 9, 7)
	initial, data := shape.Init(3), endings(experience(40, 3, false), 0.8)
	model := c.ensemble(shape, initial)
	options := fitOptions(1, 40)
	c.fit(model, data, options)
	state := c.save(model)
	oracle := c.oracle.ensemble(shape, shape.Init(0))
	c.need("Load of the backend's state into the reference", oracle.Load(state))
	m, set := own[*ensemble](c, oracle), newDataset(shape, data)
	last := shape.Outputs() - 1
	loss := func(theta []float64) (sum float64) {
		for i, input := range set.inputs {
			output := newNetwork(shape.MLP()).output(theta, m.input(input))
			errors, count := m.errors(output, set.outputs[i])
			for _, e := range errors[:last] {
				sum += e * e / float64(count*len(set.inputs))
			}
			likelihood, weight := 1/(1+math.Exp(output[last])), 1.0 // likelihood that it does not end
			if set.outputs[i][last] == 1 {
				likelihood, weight = 1-likelihood, float64(m.outScale[last])
			}
			sum -= 2 * weight * math.Log(likelihood) / float64(count*len(set.inputs))
		}
		return sum
	}
	var got, want []float64
	theta := widen(initial)
	for i, moment := range c.array(state, nn.StateMoment1) {
		got, want = append(got, float64(moment)/(1-options.Adam.Beta1)), append(want, difference(loss, theta, i))
	}
	c.near("gradient", got, want)
}

func terminationLoss(d *driver) (r results) {
	model := endingModel(d, 0.8)
	losses, err := d.ModelLoss(model, endings(experience(50, 9, true), 0.8))
	d.need("ModelLoss", err)
	r.add("losses", losses)
	return r
}

// endingModel has learned well enough what ends an episode that some of its paths end.
func endingModel(d *driver, limit float32) nn.Ensemble {
	shape := endingShape(2, true, 16, 12)
	model := d.ensemble(shape, shape.Init(33))
	options := fitOptions(d.pick(60, 30), 20)
	options.Adam.Rate = 0.01
	d.fit(model, endings(experience(100, 33, true), limit), options)
	return model
}

// sure is how far a logit must be from 0 for its sign to be the same on every backend: the bound of a step.
const sure = 1e-4

func terminationRollout(c *check) {
	s := newScenario(c, true)
	s.model = endingModel(c.driver, 0.8)
	s.twin = own[*ensemble](c, copied(c, s.model))
	ends := 0
	for _, terminate := range []bool{false, true} {
		s.task.limit = 100 // the task ends nothing
		paths := c.rollout(s.policy, s.model, s.task, s.starts, nn.RolloutOptions{Horizon: 8, Seed: 6, Terminate: terminate})
		for range 2 {
			report := c.score(paths, s.task, nn.ScoreOptions{RewardScale: 1, Learned: true})
			columns := c.download(paths)
			near(c, "terminated", flags(report.Terminated), flags(columns.Terminated), exact("decisions"))
			for i, length := range columns.Lengths {
				ends += s.checkLearnedEnd(c, columns, i, length)
			}
		}
	}
	if ends == 0 {
		c.Errorf("no path ended")
	}
}

// checkLearnedEnd compares the end of path i with the logits of the oracle, and counts ends.
func (s scenario) checkLearnedEnd(c *check, columns *nn.PathColumns, i, length int) int {
	last := s.twin.shape.Outputs() - 1
	for t := range length {
		obs, act := widen(slot(columns.Observations, i, t)), clipAction(s.task, widen(slot(columns.Actions, i, t)))
		logit := newNetwork(s.twin.shape.MLP()).output(s.twin.memberParameters(i/len(s.starts.Times)), s.twin.input(append(obs, act...)))[last]
		ended := columns.Terminated[i] && t == length-1
		if ended != (logit > 0) && math.Abs(logit) > sure {
			c.Errorf("path %d of %d steps, terminated %v: the logit after step %d is %g", i, length, columns.Terminated[i], t, logit)
		}
	}
	if columns.Terminated[i] {
		return 1
	}
	return 0
}
