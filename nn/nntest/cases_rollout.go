package nntest

import (
	"math"

	"github.com/palmal-rl/palmal/nn"
)

func rolloutCases() []Case {
	methods := []string{"Rollout"}
	const reason = "one step from the backend's own state: sums of tens of products through three layers in float32"
	like := func(name, what string, change func(*nn.RolloutOptions)) Case {
		return Case{Name: "rollout/" + name, What: what, Methods: methods, Bound: 1e-5, Reason: reason,
			holds: func(c *check) { followRollout(c, change) }}
	}
	drawn := func(name, what string, draw nn.Draw) Case {
		k := like(name, what, func(o *nn.RolloutOptions) { o.Draw, o.Noise = draw, beadNoise() })
		k.Optional = "Differentiator"
		return k
	}
	return []Case{
		drawn("drawn-path", "every start is played once, in a member drawn for the path", nn.DrawPath),
		drawn("drawn-step", "every start is played once, in a member drawn for the decision", nn.DrawStep),
		like("steps", "every state follows from the one before by policy, noise and member, every kind of entry as it should",
			func(*nn.RolloutOptions) {}),
		like("terminate", "a path stops where the task ends it, and the others continue with their own noise",
			func(o *nn.RolloutOptions) { o.Terminate = true }),
		like("time-limit", "a path that starts later is cut earlier, not terminated",
			func(o *nn.RolloutOptions) { o.TimeLimit = 10 }),
		like("clamp", "states are kept within the clamp", func(o *nn.RolloutOptions) { o.Clamp = 3.2 }),
		like("spread", "states are kept within the spread of the data", func(o *nn.RolloutOptions) { o.ClampSpread = 1.2 }),
		like("range", "predicted entries are kept within bounds of their own", func(o *nn.RolloutOptions) { o.Low, o.High = beadRange() }),
		like("noise", "the model's noise is added to what is predicted, before it is wrapped, clamped and scaled",
			func(o *nn.RolloutOptions) { o.Noise, o.Clamp = beadNoise(), 3.2 }),
		like("index", "another rollout of the run has other noise", func(o *nn.RolloutOptions) { o.Index = 5 }),
		{Name: "rollout/subset", Methods: methods, Bound: 3e-5, holds: rolloutSubset,
			What:   "the paths of member 0 do not depend on how many starts or members come after them",
			Reason: "three steps, each good to 1e-5, that may amplify the one before"},
	}
}

// beadNoise has another number for every entry of a bead's observation, including entries that must get
// no noise.
func beadNoise() []float32 {
	noise := make([]float32, len(bead{}.ObservationKinds()))
	for i := range noise {
		noise[i] = 0.02 * float32(i+1)
	}
	return noise
}

// beadRange bounds a bead's speed on both sides, asymmetrically, and its position on one; its angle by less than wrapping does.
func beadRange() (low, high []float32) {
	for range (bead{}).ObservationKinds() {
		low, high = append(low, float32(math.Inf(-1))), append(high, float32(math.Inf(1)))
	}
	low[beadSpeed], high[beadSpeed] = -0.7, 1.1
	high[beadPosition], low[beadAngle] = 0.9, -1.5
	return low, high
}

// scenario holds the networks and starts of a rollout case.
type scenario struct {
	task   bead
	policy nn.Policy
	model  nn.Ensemble
	twin   *ensemble // the model on the oracle
	actor  *policy   // the policy on the oracle
	starts nn.Starts
}

// newScenario makes a policy whose actions sometimes leave the box, a fitted model, and starts at
// several times of an episode.
func newScenario(c *check, reward bool) scenario { return scenarioIn(c, fittedModel(c.driver, reward)) }

func scenarioIn(c *check, model nn.Ensemble) scenario {
	s := scenario{task: bead{limit: 1.1}, model: model}
	s.twin = own[*ensemble](c, copied(c, s.model))
	shape := beadPolicy(16, 9)
	parameters := spread(shape, shape.Init(40, 0, 2))
	s.policy = c.policy(shape, parameters)
	twin := c.oracle.policy(shape, parameters)
	s.actor = own[*policy](c, twin)
	random := source(41)
	shift, scale := narrow(normals(random, shape.Observation, 0.3)), ones(shape.Observation)
	for i := range scale {
		scale[i] = 0.5 + random.Float32()
	}
	c.need("SetNormaliser", s.policy.SetNormaliser(shift, scale))
	c.need("SetNormaliser", twin.SetNormaliser(shift, scale))
	s.starts = someStarts(c.pick(133, 5))
	return s
}

// someStarts are n states at times 0, 4, 8, 12, 0, ...
func someStarts(n int) nn.Starts {
	random, task := source(42), bead{limit: 1.5}
	starts := nn.Starts{Times: make([]float32, n)}
	var states []float32
	for i := range n {
		state := observation(random, task, 0.7)
		state[beadPosition] = math.Copysign(float64(i%2)*0.95, state[beadPosition]) // every other one near the edge
		state[beadSpeed] = math.Copysign(3, state[beadSpeed])
		if i%4 < 2 { // cross ±π within a step or two
			state[beadAngle] = math.Copysign(3.1, state[beadAngle])
		}
		state[beadStill] = 0.7
		states = append(states, narrow(state)...)
		starts.Times[i] = float32(i % 3 * 4)
	}
	starts.Observations = nn.Matrix(states, n, len(states)/n)
	return starts
}

// followRollout checks every step of a rollout from the backend's own states.
func followRollout(c *check, change func(*nn.RolloutOptions)) {
	follow(c, newScenario(c, false), change)
}

func follow(c *check, s scenario, change func(*nn.RolloutOptions)) {
	options := nn.RolloutOptions{Horizon: c.pick(10, 4), Seed: 1<<40 + 3, Index: 2}
	change(&options)
	columns := c.download(c.rollout(s.policy, s.model, s.task, s.starts, options))
	checkShape(c, s, columns, options)
	near(c, "log σ", widen(columns.LogStd), s.actor.logStd(), exact("a copy"))
	for i := range columns.Lengths {
		checkPath(c, s, columns, i, options)
	}
	checkReach(c, s, columns, options)
}

// checkReach checks that the case covers its subject: endings, and states at the clamp.
func checkReach(c *check, s scenario, columns *nn.PathColumns, options nn.RolloutOptions) {
	ended, clamped := 0, 0
	for i, length := range columns.Lengths {
		if columns.Terminated[i] {
			ended++
		}
		for t := range length {
			if math.Abs(float64(slot(columns.Observations, i, t+1)[beadSpeed])) >= 0.999*options.Clamp {
				clamped++
			}
		}
	}
	if options.Terminate && (ended == 0 || ended == len(columns.Lengths)) {
		c.Errorf("%d of %d paths ended: the case needs some of both", ended, len(columns.Lengths))
	}
	if options.ClampSpread > 0 && !atSpread(s, columns, options) {
		c.Errorf("no state reached the spread of the data: the case needs some")
	}
	if options.Low != nil && !(atBound(columns, beadSpeed, options.Low[beadSpeed]) && atBound(columns, beadSpeed, options.High[beadSpeed]) &&
		atBound(columns, beadAngle, options.Low[beadAngle])) {
		c.Errorf("not every bound was reached: the case needs some states at each")
	}
	if options.Clamp > 0 && clamped == 0 {
		c.Errorf("no state reached the clamp: the case needs some")
	}
}

// atBound reports whether an entry of some state after a step is at a bound.
func atBound(columns *nn.PathColumns, entry int, bound float32) bool {
	for i, length := range columns.Lengths {
		for t := range length {
			if slot(columns.Observations, i, t+1)[entry] == bound {
				return true
			}
		}
	}
	return false
}

// atSpread reports whether a bead's speed reached the bound that the spread of the data sets.
func atSpread(s scenario, columns *nn.PathColumns, options nn.RolloutOptions) bool {
	centre, most := float64(s.twin.inShift[beadSpeed]), options.ClampSpread*float64(s.twin.inScale[beadSpeed])
	for i, length := range columns.Lengths {
		for t := range length {
			if math.Abs(float64(slot(columns.Observations, i, t+1)[beadSpeed])-centre) >= 0.999*most {
				return true
			}
		}
	}
	return false
}

func checkShape(c *check, s scenario, columns *nn.PathColumns, options nn.RolloutOptions) {
	n := len(s.starts.Times)
	if options.Draw == nn.DrawAll {
		n *= s.model.Shape().Members
	}
	want := []int{n, options.Horizon + 1, s.model.Shape().Observation}
	if !columns.Observations.Shape().Eq(want) || len(columns.Lengths) != n {
		c.Fatalf("observations %v of %d paths, want %v", columns.Observations.Shape(), len(columns.Lengths), want)
	}
	if columns.Rewards != nil || columns.Advantages != nil || columns.Returns != nil {
		c.Errorf("columns that no step has computed are not nil")
	}
}

// checkPath follows one path from its own states.
func checkPath(c *check, s scenario, columns *nn.PathColumns, i int, options nn.RolloutOptions) {
	starts := len(s.starts.Times)
	near(c, "first state", widen(slot(columns.Observations, i, 0)), row(s.starts.Observations, i%starts), exact("a copy"))
	near(c, "time", widen(columns.Times[i:i+1]), widen(s.starts.Times[i%starts:i%starts+1]), exact("a copy"))
	length, terminated := wantedEnd(s, columns, i, options)
	if columns.Lengths[i] != length || columns.Terminated[i] != terminated {
		c.Errorf("path %d: length %d, terminated %v; want %d, %v", i, columns.Lengths[i], columns.Terminated[i], length, terminated)
		return
	}
	for t := range length {
		obs, next := widen(slot(columns.Observations, i, t)), widen(slot(columns.Observations, i, t+1))
		mean, act := widen(slot(columns.Means, i, t)), widen(slot(columns.Actions, i, t))
		c.near("mean action", mean, s.actor.mean(obs))
		near(c, "noise", act, noisy(s, mean, options, t, i), c.scaled(noiseTolerance()))
		want, _, _ := s.twin.step(member(options, t, i, len(columns.Lengths), s.model.Shape().Members), s.task, obs, act, s.twin.modelNoise(options, t, i), boundsOf(options))
		c.near("next state", unwound(next), unwound(want))
		checkKinds(c, obs, clipAction(s.task, act), next)
	}
}

func noiseTolerance() tolerance {
	return tolerance{relative: 2e-6, reason: "exp, a product and a sum; a device's angle of 2π in float32 is good to 2e-7, its radius is below 5.8"}
}

// noisy is the action for a mean: mean + σ·z.
func noisy(s scenario, mean []float64, options nn.RolloutOptions, t, path int) []float64 {
	act := make([]float64, len(mean))
	for k, z := range noise(nn.StreamRollout, options, t, path, len(mean)) {
		act[k] = mean[k] + math.Exp(s.actor.logStd()[k])*z
	}
	return act
}

// wantedEnd is the step where a path must end, judged from its own states.
func wantedEnd(s scenario, columns *nn.PathColumns, i int, options nn.RolloutOptions) (length int, terminated bool) {
	length = options.Horizon
	if options.TimeLimit > 0 {
		length = max(0, min(length, options.TimeLimit-int(columns.Times[i])))
	}
	if !options.Terminate {
		return length, false
	}
	for t := range min(length, columns.Lengths[i]) {
		if s.task.Terminated(widen(slot(columns.Observations, i, t+1))) {
			return t + 1, true
		}
	}
	return length, false
}

// rolloutSubset repeats a part of the starts in a part of the members.
func rolloutSubset(c *check) {
	s := newScenario(c, false)
	options := nn.RolloutOptions{Horizon: 3, Seed: 8}
	all := c.download(c.rollout(s.policy, s.model, s.task, s.starts, options))
	few := len(s.starts.Times) / 2
	width := s.starts.Observations.Shape()[1]
	numbers := s.starts.Observations.Data().([]float32)[:few*width]
	starts := nn.Starts{Observations: nn.Matrix(numbers, few, width), Times: s.starts.Times[:few]}
	part := c.download(c.rollout(s.policy, s.model, s.task, starts, options))
	for i := range few {
		for t := range options.Horizon + 1 {
			c.near("state", unwound(widen(slot(part.Observations, i, t))), unwound(widen(slot(all.Observations, i, t))))
		}
	}
}
