package nntest

import (
	"github.com/palmal-rl/palmal/nn"
)

func criticCases() []Case {
	const reason = "sums of tens of products through three layers in float32, and through nine more for each decision of a path"
	methods := []string{"UploadPaths"}
	like := func(name, what string, bound float64, compute func(*driver) results) Case {
		return Case{Name: "critics/" + name, What: what, Optional: "ActorCritic", Methods: methods, Bound: bound, Reason: reason, agree: compute}
	}
	holds := func(name, what, reason string, bound float64, check func(*check)) Case {
		return Case{Name: "critics/" + name, What: what, Optional: "ActorCritic", Methods: methods, Bound: bound, Reason: reason, holds: check}
	}
	same := func(*nn.PathwiseOptions) {}
	return []Case{
		like("fit", "errors, targets and values of some steps, critics, moments and slow copies after them; terminations, actions outside the box, targets beyond the range",
			1e-4, fittedCritics),
		like("gradient", "the policy's gradient, with a member drawn for each decision", 3e-5, func(d *driver) results { return actorGradient(d, same) }),
		like("gradient-path", "with a member drawn for each path, whose reward is learned", 3e-5, func(d *driver) results {
			return actorGradient(d, func(o *nn.PathwiseOptions) { o.Rollout.Draw, o.Score.Learned = nn.DrawPath, true })
		}),
		holds("fit-differences", "the first moment after one step is a tenth of the central difference of the error, with targets by the definition", reason, 1e-4, criticDifferences),
		holds("gradient-differences", "the gradient is the central difference of the paths' returns and critics, played again in float64 with the same noise", reason, 2e-4, actorDifferences),
		holds("state", "what Save gives, Load takes into fresh critics of another backend of the kind, which continue bit for bit", "the same bits", 0, criticState),
		holds("same-bits", "the same gradient twice, whatever was computed between", "the same bits", 0, actorRepeats),
		holds("diverges", "one NaN among the parameters of the policy, the model or the critics, or in the rewards, is noticed", "an error that wraps ErrDiverged", 0, criticsDiverge),
	}
}

// trial is paths with critics that judge them.
type trial struct {
	flight
	critics nn.Critics
	actor   nn.ActorOptions
}

// newTrial judges a flight by critics whose every parameter matters.
func newTrial(d *driver, f flight) trial {
	shape := nn.CriticShape{Critics: 3, Observation: f.policy.Shape().Observation, Action: f.policy.Shape().Action, Hidden: []int{11, 8}}
	d.score(f.paths, bead{limit: 1.1}, nn.ScoreOptions{RewardScale: 2})
	t := trial{flight: f, critics: d.critics(shape, shaken(shape.Init(50), 0.3, 51)),
		actor: nn.ActorOptions{PathwiseOptions: f.options, Entropy: 0.3, Low: -4, High: 9}}
	state := d.save(t.critics)
	random := source(52)
	for i := range shape.Observation + shape.Action {
		d.array(state, nn.StateInShift)[i] = float32(random.NormFloat64()) / 3
		d.array(state, nn.StateInScale)[i] = 0.5 + random.Float32()
	}
	copy(d.array(state, nn.StateSlow), shaken(d.array(state, nn.StateParameters), 0.1, 53))
	d.need("Load", t.critics.Load(state))
	return t
}

func aTrial(d *driver, change func(*nn.PathwiseOptions)) trial {
	return newTrial(d, newFlight(d, change))
}

func (d *driver) critics(shape nn.CriticShape, parameters []float32) nn.Critics {
	d.Helper()
	c, err := d.Backend.(nn.ActorCritic).NewCritics(shape, parameters)
	d.need("NewCritics", err)
	d.keep(c)
	return c
}

// options are those of a step of the critics. Some targets are beyond the range.
func (t trial) options() nn.CriticOptions {
	return nn.CriticOptions{Gamma: t.actor.Gamma, Bonus: 0.7, Low: -1, High: 2, Slow: 0.2, Adam: nn.DefaultAdam(), Rollout: t.actor.Rollout}
}

func (t trial) fit(d *driver, o nn.CriticOptions) (nn.CriticReport, error) {
	return d.Backend.(nn.ActorCritic).FitCritics(t.critics, t.paths, t.policy, bead{limit: 1.1}, o)
}

func (t trial) gradient(d *driver) ([]float64, error) {
	gradient := make([]float64, t.policy.Shape().Parameters())
	var task nn.Task = bead{limit: 1.1}
	if t.actor.Score.Learned {
		task = struct{ nn.Task }{task} // no derivatives are needed
	}
	return gradient, d.Backend.(nn.ActorCritic).ActorGradient(gradient, t.paths, t.policy, t.critics, t.model, task, t.actor)
}

func fittedCritics(d *driver) (r results) {
	t := aTrial(d, func(*nn.PathwiseOptions) {})
	for range 3 {
		report, err := t.fit(d, t.options())
		d.need("FitCritics", err)
		r.add("report", []float64{report.Loss, report.Target, report.Value})
	}
	state := d.save(t.critics)
	for _, name := range []string{nn.StateParameters, nn.StateSlow, nn.StateMoment1, nn.StateMoment2} {
		r.add(name, widen(d.array(state, name)))
	}
	return r
}

func actorGradient(d *driver, change func(*nn.PathwiseOptions)) (r results) {
	gradient, err := aTrial(d, change).gradient(d)
	d.need("ActorGradient", err)
	r.add("gradient", gradient)
	return r
}

// judged is a trial on the reference, for differences.
func (t trial) judged(c *check) verdict {
	return verdict{course: course{policy: own[*policy](c, t.policy), theta: widen(own[*policy](c, t.policy).parameters), model: own[*ensemble](c, t.model),
		task: bead{limit: 1.1}, options: t.actor.PathwiseOptions, paths: own[*paths](c, t.paths)},
		critics: own[*critics](c, t.critics), entropy: t.actor.Entropy, low: t.actor.Low, high: t.actor.High}
}

// criticDifferences compares the gradient that the first moment tells with differences of the error.
func criticDifferences(c *check) {
	mine, reference := aTrial(c.driver, func(*nn.PathwiseOptions) {}), aTrial(c.oracle, func(*nn.PathwiseOptions) {})
	options := mine.options()
	_, err := mine.fit(c.driver, options)
	c.need("FitCritics", err)
	v := reference.judged(c)
	v.low, v.high = options.Low, options.High
	var targets []float64
	for i := range v.paths.path {
		targets = append(targets, v.target(options.Bonus, i))
	}
	var want []float64
	for j := range v.critics.shape.Critics {
		error := func(parameters []float64) float64 { loss, _, _ := v.loss(parameters, targets); return loss }
		parameters := v.critics.of(v.critics.parameters, j)
		for k := range parameters {
			want = append(want, (1-options.Adam.Beta1)*difference(error, parameters, k))
		}
	}
	c.near("first moment", widen(c.array(c.save(mine.critics), nn.StateMoment1)), want)
}

// actorDifferences plays paths that stay within the box.
func actorDifferences(c *check) {
	calm := func(d *driver) trial { return newTrial(d, calmFlight(d, beadNoise())) }
	got, err := calm(c.driver).gradient(c.driver)
	c.need("ActorGradient", err)
	v := calm(c.oracle).judged(c)
	total := func(theta []float64) (sum float64) {
		for i := range v.paths.path {
			sum += v.replay(theta, i) / float64(len(v.paths.path))
		}
		return sum
	}
	var want []float64
	for k := range v.theta {
		want = append(want, difference(total, v.theta, k))
	}
	c.near("gradient", got, want)
}

// replay is what the gradient's definition adds up for path i under parameters θ.
func (v verdict) replay(theta []float64, i int) float64 {
	entropy := 0.0
	for _, logStd := range theta[v.policy.shape.LogStd():] {
		entropy += logStd
	}
	at := &v.paths.path[i]
	sum, discount := 0.0, 1.0
	for range at.length() {
		sum += discount * v.entropy * entropy
		discount *= v.options.Gamma
	}
	rewards, obs := v.course.play(theta, i)
	sum += rewards
	if at.terminated {
		return sum
	}
	action, _ := v.last(theta, obs, i)
	in, mean := v.critics.input(obs, clipAction(v.task, action)), 0.0
	for j := range v.critics.shape.Critics {
		mean += newNetwork(v.critics.shape.MLP()).output(v.critics.of(v.critics.parameters, j), in)[0] / float64(v.critics.shape.Critics)
	}
	return sum + discount*(v.centre()+v.width()*mean+v.entropy*entropy)
}

func criticState(c *check) {
	before := aTrial(c.driver, func(*nn.PathwiseOptions) {})
	_, err := before.fit(c.driver, before.options())
	c.need("FitCritics", err)
	other := c.fresh()
	after := aTrial(other, func(*nn.PathwiseOptions) {})
	c.need("Load", after.critics.Load(c.save(before.critics)))
	sameState(c.driver, "critics", other.save(after.critics), c.save(before.critics))
	for d, t := range map[*driver]trial{c.driver: before, other: after} {
		_, err := t.fit(d, t.options())
		d.need("FitCritics", err)
	}
	sameState(c.driver, "critics that went on", other.save(after.critics), c.save(before.critics))
}

func actorRepeats(c *check) {
	t := aTrial(c.driver, func(*nn.PathwiseOptions) {})
	once, err := t.gradient(c.driver)
	c.need("ActorGradient", err)
	actorGradient(c.driver, func(o *nn.PathwiseOptions) { o.Rollout.Draw = nn.DrawPath })
	again, err := t.gradient(c.driver)
	c.need("ActorGradient", err)
	near(c, "gradient", again, once, exact("the same bits"))
}

func criticsDiverge(c *check) {
	for name, of := range map[string]func(trial) nn.Network{
		"policy": func(t trial) nn.Network { return t.policy }, "model": func(t trial) nn.Network { return t.model },
		"critics": func(t trial) nn.Network { return t.critics },
	} {
		t := aTrial(c.driver, func(*nn.PathwiseOptions) {})
		if poison(c, of(t)) {
			continue
		}
		diverges(c, "ActorGradient with a NaN in the "+name, func() error { _, err := t.gradient(c.driver); return err })
		if name != "model" {
			diverges(c, "FitCritics with a NaN in the "+name, func() error { _, err := t.fit(c.driver, t.options()); return err })
		}
	}
	t := aTrial(c.driver, func(*nn.PathwiseOptions) {})
	columns := c.download(t.paths)
	columns.Rewards = spoiled(columns.Rewards, 0)
	t.paths = c.upload(columns)
	diverges(c, "FitCritics with a NaN in the rewards", func() error { _, err := t.fit(c.driver, t.options()); return err })
}
