package nntest

import (
	"math"

	"github.com/palmal-rl/palmal/nn"
)

func pathwiseCases() []Case {
	const reason = "sums of tens of products through nine layers of a decision in float32, over up to five decisions, averaged over paths"
	methods, scale := []string{"UploadPaths"}, func(o *nn.PathwiseOptions) {}
	like := func(name, what string, change func(*nn.PathwiseOptions)) Case {
		return Case{Name: "pathwise/" + name, What: what, Optional: "Differentiator", Methods: methods, Bound: 3e-5, Reason: reason,
			agree: func(d *driver) results { return differentiated(d, change) }}
	}
	return []Case{
		like("step", "the gradients of both halves, with a member drawn for each decision; angles, unit vectors, held actions, actions outside the box and terminations", scale),
		like("path", "with a member drawn for each path", func(o *nn.PathwiseOptions) { o.Rollout.Draw = nn.DrawPath }),
		like("all", "with every start in every member", func(o *nn.PathwiseOptions) { o.Rollout.Draw = nn.DrawAll }),
		like("bounds", "what was clamped passes no derivative on", func(o *nn.PathwiseOptions) {
			o.Rollout.Clamp, o.Rollout.ClampSpread = 3.2, 1.2
		}),
		like("range", "what bounds of its own stopped passes no derivative on", func(o *nn.PathwiseOptions) { o.Rollout.Low, o.Rollout.High = beadRange() }),
		like("noise", "the model's noise moves where the derivative is taken", func(o *nn.PathwiseOptions) { o.Rollout.Noise = beadNoise() }),
		like("learned", "the learned reward", func(o *nn.PathwiseOptions) { o.Score.Learned = true }),
		like("smooth", "conditions of the reward are as smooth as the options say", func(o *nn.PathwiseOptions) { o.Smooth = 0.7 }),
		like("one-step", "paths of one decision", func(o *nn.PathwiseOptions) { o.Rollout.Horizon = 1 }),
		{Name: "pathwise/finite-differences", Optional: "Differentiator", Methods: methods, Bound: 2e-4, holds: pathwiseDifferences,
			What:   "the gradient is the central difference of the paths' returns, played again in float64 with the same noise",
			Reason: reason + "; the states of the paths are rounded, those of the differences are not, and may lie on the other side of a kink of a unit"},
		{Name: "pathwise/diverges", Optional: "Differentiator", Methods: methods, Reason: "an error that wraps ErrDiverged", holds: pathwiseDiverges,
			What: "one NaN among the parameters of the policy, the model or the value network is noticed"},
		{Name: "pathwise/same-bits", Optional: "Differentiator", Methods: methods, Reason: "the same bits", holds: pathwiseRepeats,
			What: "the same gradient twice, whatever was computed between"},
	}
}

// flight is paths in a model on a backend, with what they were played by.
type flight struct {
	paths   nn.Paths
	columns *nn.PathColumns
	policy  nn.Policy
	model   nn.Ensemble
	value   nn.Value
	options nn.PathwiseOptions
}

// newFlight plays on the reference and brings everything to the backend. The actions leave the box now and then.
func newFlight(d *driver, change func(*nn.PathwiseOptions)) flight {
	shape := beadPolicy(16, 9)
	parameters := shape.Init(40, 0, 2)
	for k := range shape.Action {
		parameters[shape.LogStd()+k] += 0.1 * float32(k)
	}
	return flightOf(d, d.pick(61, 9), shape, parameters, change, fittedModel)
}

// calmFlight is one of few paths and small actions, which stay within the box.
func calmFlight(d *driver, noise []float32) flight {
	return calmFlightIn(d, fittedModel, func(o *nn.PathwiseOptions) { o.Rollout.Noise = noise })
}

func calmFlightIn(d *driver, fitted func(*driver, bool) nn.Ensemble, change func(*nn.PathwiseOptions)) flight {
	shape := beadPolicy(5)
	return flightOf(d, 9, shape, shape.Init(40, -4, 0.1), func(o *nn.PathwiseOptions) { o.Rollout.Horizon = 3; change(o) }, fitted)
}

func flightOf(d *driver, count int, shape nn.PolicyShape, parameters []float32, change func(*nn.PathwiseOptions), fitted func(*driver, bool) nn.Ensemble) flight {
	f := flight{options: nn.PathwiseOptions{Gamma: 0.9, Score: nn.ScoreOptions{RewardScale: 2},
		Rollout: nn.RolloutOptions{Horizon: d.pick(5, 3), Terminate: true, Seed: 1<<40 + 7, Index: 3, Draw: nn.DrawStep}}}
	change(&f.options)
	reference := newDriver(d.TB, Reference(), d.small)
	model := fitted(reference, f.options.Score.Learned)
	acting := reference.policy(shape, parameters)
	random := source(43)
	shift, scale := narrow(normals(random, shape.Observation, 0.3)), ones(shape.Observation)
	for i := range scale {
		scale[i] = 0.5 + random.Float32()
	}
	reference.need("SetNormaliser", acting.SetNormaliser(shift, scale))
	starts := someStarts(count)
	f.columns = reference.download(reference.rollout(acting, model, bead{limit: 1.1}, starts, f.options.Rollout))
	f.model, f.policy, f.paths = d.ensemble(model.Shape(), model.Shape().Init(0)), d.policy(shape, parameters), d.upload(f.columns)
	d.need("Load", f.model.Load(reference.save(model)))
	d.need("SetNormaliser", f.policy.SetNormaliser(shift, scale))
	critic := normalisedValue(beadValue(14, 9))
	critic.Clip, critic.Limit = 4, 12
	f.value = d.value(critic, critic.Init(44))
	return f
}

// gradients are those of both halves.
func (f flight) gradients(d *driver) (first, second []float64, err error) {
	size := f.policy.Shape().Parameters()
	first, second = make([]float64, size), make([]float64, size)
	var task nn.Task = bead{limit: 1.1}
	if f.options.Score.Learned {
		task = struct{ nn.Task }{task} // no derivatives are needed
	}
	err = d.Backend.(nn.Differentiator).PathwiseGradient(first, second, f.paths, f.policy, f.model, f.value, task, f.options)
	return first, second, err
}

func differentiated(d *driver, change func(*nn.PathwiseOptions)) (r results) {
	f := newFlight(d, change)
	first, second, err := f.gradients(d)
	d.need("PathwiseGradient", err)
	r.add("gradient of the first half", first)
	r.add("gradient of the second half", second)
	return r
}

// pathwiseDifferences plays paths that stay within the box.
func pathwiseDifferences(c *check) {
	for _, noise := range [][]float32{nil, beadNoise()} {
		comparePathwise(c, calmFlight(c.driver, noise), calmFlight(c.oracle, noise))
	}
}

// comparePathwise compares the gradients of paths with central differences of the same ones on the reference.
func comparePathwise(c *check, f, reference flight) {
	first, second, err := f.gradients(c.driver)
	c.need("PathwiseGradient", err)
	one := course{policy: own[*policy](c, reference.policy), model: own[*ensemble](c, reference.model), value: own[*value](c, reference.value),
		task: bead{limit: 1.1}, options: f.options, paths: own[*paths](c, reference.paths)}
	theta := widen(one.policy.parameters)
	middle := len(one.paths.path) / 2
	for half, got := range [][]float64{first, second} {
		from, to := half*middle, middle+half*(len(one.paths.path)-middle)
		total := func(theta []float64) (sum float64) {
			for i := from; i < to; i++ {
				sum += one.replay(theta, i) / float64(to-from)
			}
			return sum
		}
		var want []float64
		for k := range theta {
			want = append(want, difference(total, theta, k))
		}
		c.near("gradient", got, want)
	}
}

// replay is the return of path i under parameters θ, with the noise of the path.
func (c course) replay(theta []float64, i int) float64 {
	at := &c.paths.path[i]
	sum, obs := c.play(theta, i)
	if at.terminated {
		return sum
	}
	v, _ := c.end(obs, float64(at.time)+float64(at.length()))
	return sum + math.Pow(c.options.Gamma, float64(at.length()))*v
}

// play plays path i again, and returns its rewards and its last state.
func (c course) play(theta []float64, i int) (sum float64, obs []float64) {
	at, discount := &c.paths.path[i], 1.0
	obs = at.obs[0]
	for t := range at.length() {
		act := newNetwork(c.policy.shape.MLP()).output(theta, c.policy.input(obs))
		for k := range act {
			act[k] += math.Exp(theta[c.policy.shape.LogStd()+k]) * c.z(at, t, k)
		}
		o := c.options.Rollout
		next, _, _ := c.model.step(member(o, t, i, len(c.paths.path), c.model.shape.Members), c.task, obs, act, c.model.modelNoise(o, t, i), bounds{})
		for _, term := range termsOf(c.task, obs, clipAction(c.task, act), next) {
			sum += discount * c.options.Score.RewardScale * term
		}
		if cost := c.options.Score.Disagreement; cost != 0 {
			sum -= discount * c.options.Score.RewardScale * cost * c.model.disagreement(obs, clipAction(c.task, act))
		}
		obs, discount = next, discount*c.options.Gamma
	}
	return sum, obs
}

func pathwiseDiverges(c *check) {
	for name, of := range map[string]func(flight) nn.Network{
		"policy": func(f flight) nn.Network { return f.policy }, "model": func(f flight) nn.Network { return f.model },
		"value network": func(f flight) nn.Network { return f.value },
	} {
		f := newFlight(c.driver, func(*nn.PathwiseOptions) {})
		if poison(c, of(f)) {
			continue
		}
		diverges(c, "PathwiseGradient with a NaN in the "+name, func() error { _, _, err := f.gradients(c.driver); return err })
	}
}

func pathwiseRepeats(c *check) {
	f := newFlight(c.driver, func(*nn.PathwiseOptions) {})
	once, other, err := f.gradients(c.driver)
	c.need("PathwiseGradient", err)
	differentiated(c.driver, func(o *nn.PathwiseOptions) { o.Rollout.Horizon = 2 })
	again, same, err := f.gradients(c.driver)
	c.need("PathwiseGradient", err)
	near(c, "first half", again, once, exact("the same bits"))
	near(c, "second half", same, other, exact("the same bits"))
}
