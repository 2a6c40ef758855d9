package nntest

import (
	"sort"

	"github.com/palmal-rl/palmal/nn"
	"gorgonia.org/tensor"
)

func stateCases() []Case {
	networks := []string{"NewEnsemble", "NewPolicy", "NewValue"}
	const same = "the same bits"
	return []Case{
		{Name: "state/round-trip", Methods: networks, Reason: same, holds: stateRoundTrip,
			What: "what Save gives, Load takes into a fresh network of another backend of the kind, and Save gives it again bit for bit"},
		{Name: "state/continues", Methods: append(networks, "Fit", "FitValue"), Reason: same, holds: stateContinues,
			What: "a loaded network continues as the saved one does, bit for bit"},
		{Name: "state/crosses-backends", Methods: networks, Bound: 2e-5, Reason: sumReason, holds: stateCrosses,
			What: "states of the reference load into the backend, and compute the same there"},
		{Name: "state/copies", Methods: networks, Reason: same, holds: stateCopies,
			What: "parameters given and states saved are copies: writing to them changes no network"},
		{Name: "state/refused", Methods: networks, Reason: "an error", holds: stateRefused,
			What: "a state that lacks an array or has one of another shape is refused and changes nothing"},
		{Name: "determinism/bytes", Methods: append(networks, "Fit", "ModelLoss", "Predict", "Rollout", "Score", "Advantages",
			"PolicyGradient", "FisherVector", "Surrogate", "FitValue"), Reason: same, holds: deterministic,
			What: "ten fits and the whole of an iteration on two fresh backends give the same bytes"},
	}
}

// trained is one network of each sort, after some training.
type trained struct {
	model nn.Ensemble
	actor nn.Policy
	value nn.Value
	paths nn.Paths
}

func newTrained(d *driver) trained {
	s := newScene(d, 0.1)
	critic := beadValue(7)
	n := trained{model: fittedModel(d, true), actor: s.policy, value: d.value(critic, critic.Init(2)), paths: s.paths}
	d.fitValue(n.value, s.paths, valueOptions(2, 64))
	shape := s.policy.Shape()
	shift, scale := normals(source(110), shape.Observation, 1), ones(shape.Observation)
	scale[1] = 3
	d.need("SetNormaliser", s.policy.SetNormaliser(narrow(shift), scale))
	return n
}

// blank is networks of the same shapes that know nothing.
func (n trained) blank(d *driver) trained {
	m, p, v := n.model.Shape(), n.actor.Shape(), n.value.Shape()
	return trained{
		model: d.ensemble(m, m.Init(9)), actor: d.policy(p, p.Init(9, -1, 1)),
		value: d.value(v, v.Init(9)), paths: newScene(d, 0.1).paths,
	}
}

func (n trained) networks() map[string]nn.Network {
	return map[string]nn.Network{"ensemble": n.model, "policy": n.actor, "value": n.value}
}

// load takes over the states of another set of networks.
func (n trained) load(d *driver, from *driver, other trained) {
	for name, network := range other.networks() {
		d.need("Load of "+name, n.networks()[name].Load(from.save(network)))
	}
}

// sameStates compares all networks of two sets bit for bit.
func sameStates(d *driver, got, want trained) {
	d.Helper()
	for name, network := range want.networks() {
		sameState(d, name, d.save(got.networks()[name]), d.save(network))
	}
}

func sameState(d *driver, name string, got, want nn.State) {
	d.Helper()
	if len(got) != len(want) {
		d.Errorf("%s: %d arrays, want %d", name, len(got), len(want))
		return
	}
	for i, array := range want {
		if got[i].Name != array.Name || !got[i].Value.Shape().Eq(array.Value.Shape()) {
			d.Errorf("%s: array %s %v, want %s %v", name, got[i].Name, got[i].Value.Shape(), array.Name, array.Value.Shape())
			return
		}
		switch numbers := array.Value.Data().(type) {
		case []float32:
			sameBits(d, name+" "+array.Name, got[i].Value.Data().([]float32), numbers)
		case []int64:
			near(d, name+" "+array.Name, widen(got[i].Value.Data().([]int64)), widen(numbers), exact("counters"))
		default:
			d.Errorf("%s %s: numbers of type %T", name, array.Name, numbers)
		}
	}
}

func stateRoundTrip(c *check) {
	before := newTrained(c.driver)
	other := c.fresh()
	after := before.blank(other)
	after.load(other, c.driver, before)
	sameStates(c.driver, after, before)
}

func stateContinues(c *check) {
	before := newTrained(c.driver)
	other := c.fresh()
	after := before.blank(other)
	after.load(other, c.driver, before)
	before.continued(c.driver)
	after.continued(other)
	sameStates(c.driver, after, before)
}

// continued trains on.
func (n trained) continued(d *driver) {
	d.fit(n.model, experience(30, 111, true), fitOptions(2, 16))
	d.fitValue(n.value, n.paths, valueOptions(2, 50))
}

func stateCrosses(c *check) {
	from := newTrained(c.oracle)
	to := from.blank(c.driver)
	to.load(c.driver, c.oracle, from)
	obs, act := queries(11)
	c.near("next", unwound(c.predict(to.model, bead{2}, obs, act)), unwound(c.oracle.predict(from.model, bead{2}, obs, act)))
	c.near("gradient", c.gradient(to.paths, to.actor), c.oracle.gradient(from.paths, from.actor))
	options := valueOptions(1, 40)
	got, want := c.fitValue(to.value, to.paths, options), c.oracle.fitValue(from.value, from.paths, options)
	c.near("value error", []float64{got.Before, got.After}, []float64{want.Before, want.After})
}

func stateCopies(c *check) {
	shape := beadPolicy(5)
	given := shape.Init(1, -1, 1)
	kept := append([]float32(nil), given...)
	p := c.policy(shape, given)
	scribble(given)
	got, err := p.Parameters()
	c.need("Parameters", err)
	sameBits(c, "parameters", got, kept)
	scribble(got)
	got, err = p.Parameters()
	c.need("Parameters", err)
	sameBits(c, "parameters after writing to a download", got, kept)
	before := newTrained(c.driver)
	for name, network := range before.networks() {
		first, second := c.save(network), c.save(network)
		for _, array := range first {
			if numbers, ok := array.Value.Data().([]float32); ok {
				scribble(numbers)
			}
		}
		sameState(c.driver, name, c.save(network), second)
	}
}

func scribble(x []float32) {
	for i := range x {
		x[i] = -12345
	}
}

func stateRefused(c *check) {
	n := newTrained(c.driver)
	for name, network := range n.networks() {
		before := c.save(network)
		Refused(c, name+": Load of an empty state", func() error { return network.Load(nil) }, "missing")
		for i, array := range before {
			lacking := append(append(nn.State(nil), before[:i]...), before[i+1:]...)
			Refused(c, name+": Load without "+array.Name, func() error { return network.Load(lacking) }, array.Name)
			for what, value := range map[string]*tensor.Dense{"3 numbers": zeros(3), "3 counters": nn.Integers(make([]int64, 3)), "float64": doubles(array.Value.Shape()...)} {
				wrong := append(nn.State(nil), before...)
				wrong[i].Value = value
				Refused(c, name+": Load with "+what+" as "+array.Name, func() error { return network.Load(wrong) }, array.Name, "want")
			}
		}
		sameState(c.driver, name, c.save(network), before)
	}
}

// deterministic runs the same iteration on two fresh backends.
func deterministic(c *check) {
	first, second := iteration(c, c.driver), iteration(c, c.fresh())
	names := make([]string, 0, len(first))
	for name := range first {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		sameBits(c, name, second[name], first[name])
	}
}

// iteration runs every step of the method and returns the numbers, by name.
func iteration(c *check, d *driver) map[string][]float32 {
	shape, task := beadModel(3, false, 20, 20), bead{limit: 1.5}
	model := d.ensemble(shape, shape.Init(5))
	data := experience(d.pick(90, 30), 5, false)
	for range 10 {
		d.fit(model, data, fitOptions(1, 16))
	}
	pshape := beadPolicy(12)
	actor := d.policy(pshape, spread(pshape, pshape.Init(6, 0, 1)))
	paths := d.rollout(actor, model, task, someStarts(d.pick(60, 6)), nn.RolloutOptions{Horizon: d.pick(15, 4), Seed: 3, Terminate: true})
	report := d.score(paths, task, nn.ScoreOptions{RewardScale: 1})
	vshape := beadValue(12)
	critic := d.value(vshape, vshape.Init(7))
	d.advantages(paths, critic, nn.AdvantageOptions{Gamma: 0.9, Lambda: 0.9, Whiten: true})
	found := validColumns(d.download(paths))
	gradient := d.gradient(paths, actor)
	found["gradient"] = narrow(gradient)
	found["fisher"] = narrow(d.fisher(gradient, paths, actor, 1))
	d.need("SetParameters", actor.SetParameters(shaken(pshape.Init(6, 0, 1), 0.02, 8)))
	gain, kl := d.surrogate(paths, actor)
	values := d.fitValue(critic, paths, valueOptions(2, 64))
	found["scalars"] = narrow(append([]float64{gain, kl, values.Before, values.After}, report.Returns...))
	found["loss"] = narrow(d.modelLoss(model, data))
	found["model"] = d.array(d.save(model), nn.StateParameters)
	found["critic"] = d.array(d.save(critic), nn.StateParameters)
	obs, act := queries(50)
	found["next"] = narrow(d.predict(model, task, obs, act))
	return found
}

// doubles are zeros in float64, which no array of a network may hold.
func doubles(shape ...int) *tensor.Dense {
	return tensor.New(tensor.WithShape(shape...), tensor.WithBacking(make([]float64, tensor.Shape(shape).TotalSize())))
}

func zeros(shape ...int) *tensor.Dense {
	return nn.Matrix(make([]float32, tensor.Shape(shape).TotalSize()), shape...)
}
