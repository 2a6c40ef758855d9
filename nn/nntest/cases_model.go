package nntest

import (
	"math"

	"github.com/palmal-rl/palmal/nn"
	"gorgonia.org/tensor"
)

func modelCases() []Case {
	return []Case{
		{Name: "loss/never-fitted", Methods: []string{"NewEnsemble", "ModelLoss"}, Bound: 1e-5, Reason: sumReason,
			What: "the loss of a new ensemble is under normalisers 0 and 1, over the entries that are predicted",
			agree: func(d *driver) (r results) {
				shape := beadModel(3, true, 16, 8)
				r.add("loss", d.modelLoss(d.ensemble(shape, shape.Init(30)), experience(37, 30, true)))
				return r
			}},
		{Name: "loss/fitted", Methods: []string{"ModelLoss"}, Bound: 3e-5, Reason: stepsReason,
			What: "the loss on other data is under the normalisers of the last fit",
			agree: func(d *driver) (r results) {
				r.add("loss", d.modelLoss(fittedModel(d, false), experience(d.pick(517, 37), 31, false)))
				return r
			}},
		{Name: "predict/never-fitted", Methods: []string{"Predict"}, Bound: 1e-5, Reason: sumReason,
			What: "a new ensemble predicts under normalisers 0 and 1",
			agree: func(d *driver) (r results) {
				shape := beadModel(3, false, 16, 8)
				obs, act := queries(d.pick(29, 9))
				r.add("next", unwound(d.predict(d.ensemble(shape, shape.Init(32)), bead{2}, obs, act)))
				return r
			}},
		{Name: "predict/fitted", Methods: []string{"Predict"}, Bound: 2e-5, Reason: sumReason, holds: predictFitted,
			What: "one step of every member from the backend's own parameters and normalisers; actions outside the box are clipped"},
		{Name: "predict/own-rows", Methods: []string{"Predict"}, Bound: 2e-5, Reason: sumReason, holds: predictOwnRows,
			What: "every member steps its own rows of observations [E,n,O] and actions [E,n,A]"},
		{Name: "predict/blind", Methods: []string{"NewEnsemble", "Fit", "Predict"}, Bound: 2e-5, holds: predictBlind,
			What:   "a model does not see the entries that it is blind to, in the fit or in a prediction",
			Reason: sumReason + "; what is left of an entry over BlindScale is below the last bit"},
		{Name: "predict/kinds", Methods: []string{"Predict"}, Bound: 0, holds: predictKinds,
			What:   "last actions, constants and what never changed are copies; angles lie in [-π, π), unit vectors have length 1",
			Reason: "copies are exact; the length of a unit vector is good to a few float32 roundings"},
	}
}

// fittedModel is an ensemble after a few steps, so that its normalisers matter.
func fittedModel(d *driver, reward bool) nn.Ensemble {
	shape := beadModel(3, reward, 16, 12)
	model := d.ensemble(shape, shape.Init(33))
	d.fit(model, experience(60, 33, reward), fitOptions(5, 20))
	return model
}

// queries are states, some with angles close to ±π, and actions, half of them outside the box.
func queries(n int) (obs, act *tensor.Dense) {
	random, task := source(34), bead{2}
	var states, actions []float32
	for i := range n {
		state := observation(random, task, 1)
		state[beadStill] = 0.7
		if i%3 == 0 {
			state[beadAngle] = math.Copysign(3.14, state[beadAngle])
		}
		states = append(states, narrow(state)...)
		actions = append(actions, narrow(action(random, task, 2))...)
	}
	return nn.Matrix(states, n, len(states)/n), nn.Matrix(actions, n, len(actions)/n)
}

// unwound replaces the angle of every bead by its sine and cosine, so that ±π are neighbours.
func unwound(states []float64) []float64 {
	width := len(bead{}.ObservationKinds())
	var numbers []float64
	for at := 0; at < len(states); at += width {
		sin, cos := math.Sincos(states[at+beadAngle])
		numbers = append(numbers, states[at:at+beadAngle]...)
		numbers = append(numbers, sin, cos)
		numbers = append(numbers, states[at+beadAngle+1:at+width]...)
	}
	return numbers
}

// copied loads the state of a network of the tested backend into a network of the oracle.
func copied(c *check, model nn.Ensemble) nn.Ensemble {
	shape := model.Shape()
	shape.Precision = nn.FP32
	twin := c.oracle.ensemble(shape, shape.Init(0))
	c.need("Load of the backend's state into the reference", twin.Load(c.save(model)))
	return twin
}

func predictFitted(c *check) {
	model := fittedModel(c.driver, false)
	obs, act := queries(c.pick(203, 17))
	got := c.predict(model, bead{2}, obs, act)
	c.near("next", unwound(got), unwound(c.oracle.predict(copied(c, model), bead{2}, obs, act)))
}

// predictOwnRows gives every member other rows, more of them than a backend may take in one piece.
func predictOwnRows(c *check) {
	model := fittedModel(c.driver, false)
	members, n := model.Shape().Members, c.pick(601, 11)
	obs, act := queries(members * n)
	own := func(x *tensor.Dense) *tensor.Dense { return nn.Matrix(nn.RowMajor(x), members, n, x.Shape()[1]) }
	got := unwound(c.predict(model, bead{2}, own(obs), own(act)))
	c.near("next", got, unwound(c.oracle.predict(copied(c, model), bead{2}, own(obs), own(act))))
	every, width := unwound(c.predict(model, bead{2}, obs, act)), len(got)/(members*n)
	for e := range members {
		block := got[e*n*width : (e+1)*n*width]
		all := every[e*members*n*width:]
		near(c, "the rows of a member among those of all", block, all[e*n*width:(e+1)*n*width], c.tol)
	}
}

// predictBlind compares a model that is blind to last actions and goal with the oracle, and with its own
// prediction after a change of those entries.
func predictBlind(c *check) {
	shape := beadModel(2, false, 16, 12)
	shape.Blind = make([]bool, shape.Observation)
	for _, entry := range []int{3, 8, beadGoal} {
		shape.Blind[entry] = true
	}
	predict := func(d *driver, obs, act *tensor.Dense) []float64 {
		model := d.ensemble(shape, shape.Init(35))
		d.fit(model, experience(60, 35, false), fitOptions(5, 20))
		return unwound(d.predict(model, bead{2}, obs, act))
	}
	obs, act := queries(11)
	got := predict(c.driver, obs, act)
	c.near("next", got, predict(c.oracle, obs, act))
	numbers := obs.Data().([]float32)
	for at := 0; at < len(numbers); at += shape.Observation {
		numbers[at+3], numbers[at+8], numbers[at+beadGoal] = 0.5, -0.5, 3
	}
	for at, x := range predict(c.driver, obs, act) {
		if j := at % (shape.Observation + 1); j != beadGoal+1 && x != got[at] {
			c.Errorf("entry %d of unwound state %d: %g, %g before entries changed that the model is blind to", j, at, x, got[at])
		}
	}
}

func predictKinds(c *check) {
	task := bead{2}
	obs, act := queries(30)
	next := c.predict(fittedModel(c.driver, false), task, obs, act)
	width := obs.Shape()[1]
	for at := 0; at < len(next); at += width {
		i := at / width % 30
		state, clipped := next[at:at+width], clipAction(task, row(act, i))
		checkKinds(c, row(obs, i), clipped, state)
		near(c, "an entry that never changed", state[beadStill:], row(obs, i)[beadStill:], c.tol)
	}
}

// checkKinds checks a state of the bead against its kinds.
func checkKinds(c *check, obs, clipped, next []float64) {
	copies := exact("copies")
	near(c, "last actions", []float64{next[3], next[8]}, clipped[:2], copies)
	near(c, "constant", next[beadGoal:beadGoal+1], obs[beadGoal:beadGoal+1], copies)
	unit := tolerance{relative: 1e-6 * c.config.scale(), reason: "a root, a division and three squares in float32"}
	near(c, "length of unit vectors", []float64{math.Hypot(next[1], next[2]),
		math.Sqrt(dot(next[5:8], next[5:8]))}, []float64{1, 1}, unit)
	if angle := next[beadAngle]; !(math.Abs(angle) <= float64(float32(math.Pi))) {
		c.Errorf("angle %g is not in [-π, π)", angle)
	}
}
