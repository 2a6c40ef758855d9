package nntest

import "github.com/palmal-rl/palmal/nn"

// A backend may keep activations and values from one call to the next. These cases change their inputs
// between calls.
func staleCases() []Case {
	return []Case{
		{Name: "stale/policy", Methods: []string{"PolicyGradient", "FisherVector", "Surrogate"}, Bound: 2e-5,
			Reason: policyReason, agree: stalePolicy,
			What: "results follow new parameters, a new normaliser, a loaded state, another policy, other paths and another stride"},
		{Name: "stale/value", Methods: []string{"Advantages", "FitValue", "Score"}, Bound: 3e-5, Reason: stepsReason, agree: staleValue,
			What: "advantages follow a fitted and a loaded value network, another network, other rewards and other ends of the paths"},
	}
}

func stalePolicy(d *driver) (r results) {
	s := newScene(d, 0)
	shape := s.policy.Shape()
	v := normals(source(150), len(s.theta), 1)
	look := func(what string, paths nn.Paths, p nn.Policy) {
		for _, stride := range []int{1, 2} {
			r.add(what+": product", d.fisher(v, paths, p, stride))
		}
		r.add(what+": gradient", d.gradient(paths, p))
		gain, kl := d.surrogate(paths, p)
		// Both may be 0 up to rounding where the policy is the one that acted.
		bound := tolerance{relative: 2e-5, absolute: 1e-5, reason: "log densities of size 10 in float32"}
		r = append(r, result{what + ": gain and KL", []float64{gain, kl}, &bound})
	}
	look("at first", s.paths, s.policy)
	d.need("SetParameters", s.policy.SetParameters(shaken(s.theta, 0.05, 151)))
	look("new parameters", s.paths, s.policy)
	shift, scale := narrow(normals(source(152), shape.Observation, 0.1)), ones(shape.Observation)
	d.need("SetNormaliser", s.policy.SetNormaliser(shift, scale))
	look("new normaliser", s.paths, s.policy)
	other := d.policy(shape, shaken(s.theta, 0.05, 153))
	look("another policy", s.paths, other)
	d.need("Load", s.policy.Load(d.save(other)))
	look("loaded state", s.paths, s.policy)
	sizes := pathsOf{paths: 7, horizon: 5, seed: 154}
	look("other paths", d.upload(sizes.columns(bead{2}, shape, s.theta)), s.policy)
	look("the first paths again", s.paths, s.policy)
	d.score(s.paths, bead{limit: 0.6}, nn.ScoreOptions{RewardScale: 1})
	r.add("shorter paths: product", d.fisher(v, s.paths, s.policy, 1))
	return r
}

func staleValue(d *driver) (r results) {
	paths := beadPaths(d, 155)
	shape := beadValue(9)
	critic, other := d.value(shape, shape.Init(156)), d.value(shape, shape.Init(157))
	options := nn.AdvantageOptions{Gamma: 0.9, Lambda: 0.7}
	look := func(what string, v nn.Value) {
		d.advantages(paths, v, options)
		columns := d.download(paths)
		r.add(what+": advantages", widen(valid(columns, columns.Advantages, 0)))
		r.add(what+": returns", widen(valid(columns, columns.Returns, 0)))
	}
	d.score(paths, bead{limit: 0.9}, nn.ScoreOptions{RewardScale: 1})
	look("at first", critic)
	look("another network", other)
	d.fitValue(critic, paths, valueOptions(3, 30))
	look("fitted network", critic)
	d.score(paths, bead{limit: 0.9}, nn.ScoreOptions{RewardScale: 2})
	look("other rewards", critic)
	d.score(paths, bead{limit: 0.5}, nn.ScoreOptions{RewardScale: 2, MinLength: 2})
	look("earlier ends", critic)
	d.score(paths, bead{limit: 5}, nn.ScoreOptions{RewardScale: 2})
	look("later ends", critic)
	d.need("Load", critic.Load(d.save(other)))
	look("loaded network", critic)
	return r
}
