package nntest

import (
	"strings"

	"github.com/palmal-rl/palmal/nn"
)

func refusalCases() []Case {
	const reason = "an error, and no panic"
	users := []string{"Fit", "ModelLoss", "Predict", "Rollout", "Score", "Advantages", "PolicyGradient",
		"FisherVector", "Surrogate", "FitValue"}
	makers := []string{"NewEnsemble", "NewPolicy", "NewValue", "UploadPaths"}
	return []Case{
		{Name: "refuse/foreign", Methods: append(users, "Name"), Reason: reason, holds: refuseForeign,
			What: "a handle of another backend is refused with an error that names both"},
		{Name: "refuse/another", Methods: users, Reason: reason, holds: refuseAnother,
			What: "a handle of another backend of the same kind is refused"},
		{Name: "refuse/nil", Methods: users, Reason: reason, holds: refuseNil, What: "no handle is refused"},
		{Name: "refuse/shapes", Methods: append(makers, users...), Reason: reason,
			holds: refuseShapes, What: "impossible shapes, and sizes that do not fit each other, are refused"},
		{Name: "refuse/data", Methods: []string{"Fit", "ModelLoss", "Predict", "Rollout"}, Reason: reason, holds: refuseData,
			What: "data, starts and tasks that do not fit the ensemble are refused"},
		{Name: "refuse/columns", Methods: []string{"UploadPaths"}, Reason: reason, holds: refuseColumns,
			What: "columns that do not fit each other make no paths"},
		{Name: "refuse/options", Methods: []string{"Fit", "FitValue", "Rollout", "FisherVector"}, Reason: reason, holds: refuseOptions,
			What: "impossible options are refused"},
		{Name: "refuse/order", Methods: []string{"Advantages", "PolicyGradient", "Surrogate", "FitValue", "Score", "FisherVector"}, Reason: reason,
			holds: refuseOrder, What: "columns that no step has computed yet, and paths without a step, are refused"},
		{Name: "refuse/closed", Methods: users, Reason: reason, holds: refuseClosed, What: "a closed handle is refused, and may be closed again"},
		{Name: "refuse/closed-backend", Methods: append(makers, users...), Reason: reason, holds: refuseClosedBackend,
			What: "a closed backend refuses everything, and so do its handles; it may be closed again"},
		{Name: "names", Methods: []string{"Name", "Describe", "Close"}, Reason: "text", holds: names,
			What: "a backend has a name and a description, its handles carry the name, and it closes"},
	}
}

// props is one of each handle, and data, with which every method works.
type props struct {
	task     nn.Task
	model    nn.Ensemble
	actor    nn.Policy
	critic   nn.Value
	paths    nn.Paths // with every column
	data     nn.Transitions
	starts   nn.Starts
	columns  *nn.PathColumns
	fit      nn.FitOptions
	valueFit nn.ValueFitOptions
	rollout  nn.RolloutOptions
	stride   int
}

func newProps(d *driver) props {
	shape, critic := beadModel(2, false, 6), beadValue(6)
	s := sceneOf(d, bead{limit: 2}, beadPolicy(6), pathsOf{paths: 6, horizon: 5, seed: 120}, 0)
	return props{
		task: bead{limit: 2}, model: d.ensemble(shape, shape.Init(1)), actor: s.policy, critic: d.value(critic, critic.Init(1)),
		paths: s.paths, data: experience(20, 120, false), starts: someStarts(4), columns: s.columns,
		fit: fitOptions(1, 8), valueFit: valueOptions(1, 8), rollout: nn.RolloutOptions{Horizon: 3}, stride: 1,
	}
}

// uses calls every method with the props, each by the name of the method.
func (p props) uses(b nn.Backend) map[string]func() error {
	size := beadPolicy(6).Parameters()
	return map[string]func() error{
		"Fit":       func() error { _, err := b.Fit(p.model, p.data, p.fit); return err },
		"ModelLoss": func() error { _, err := b.ModelLoss(p.model, p.data); return err },
		"Predict": func() error {
			_, err := b.Predict(p.model, p.task, p.data.Observations, p.data.Actions)
			return err
		},
		"Rollout": func() error {
			paths, err := b.Rollout(p.actor, p.model, p.task, p.starts, p.rollout)
			return closeUnless(paths, err)
		},
		"Score":          func() error { _, err := b.Score(p.paths, p.task, nn.ScoreOptions{RewardScale: 1}); return err },
		"Advantages":     func() error { return b.Advantages(p.paths, p.critic, nn.AdvantageOptions{Gamma: 0.9}) },
		"PolicyGradient": func() error { return b.PolicyGradient(make([]float64, size), p.paths, p.actor) },
		"FisherVector": func() error {
			return b.FisherVector(make([]float64, size), make([]float64, size), p.paths, p.actor, p.stride)
		},
		"Surrogate": func() error { _, _, err := b.Surrogate(p.paths, p.actor); return err },
		"FitValue":  func() error { _, err := b.FitValue(p.critic, p.paths, p.valueFit); return err },
	}
}

// closeUnless closes what a method made although it should have failed.
func closeUnless(made nn.Handle, err error) error {
	if err != nil {
		return err
	}
	return made.Close()
}

// refused reports an error where a call went well, panicked, or did not say what it should.
func refused(t TB, what string, call func() error, says ...string) {
	t.Helper()
	err, panicked := attempt(call)
	switch {
	case panicked != nil:
		t.Errorf("%s: panic: %v; want an error", what, panicked)
	case err == nil:
		t.Errorf("%s: no error", what)
	default:
		for _, word := range says {
			if !strings.Contains(err.Error(), word) {
				t.Errorf("%s: error %q does not name %q", what, err, word)
			}
		}
	}
}

func attempt(call func() error) (err error, panicked any) {
	defer func() { panicked = recover() }()
	return call(), nil
}

// strangers are handles that work and say that they live elsewhere.
type strangerModel struct{ nn.Ensemble }
type strangerPolicy struct{ nn.Policy }
type strangerValue struct{ nn.Value }
type strangerPaths struct{ nn.Paths }

const elsewhere = "elsewhere"

func (strangerModel) Backend() string  { return elsewhere }
func (strangerPolicy) Backend() string { return elsewhere }
func (strangerValue) Backend() string  { return elsewhere }
func (strangerPaths) Backend() string  { return elsewhere }

// substitutes are the props with one handle replaced, and the methods that take this handle.
func (p props) substitutes(model nn.Ensemble, actor nn.Policy, critic nn.Value, paths nn.Paths) map[string]struct {
	props
	methods []string
} {
	a, b, c, d := p, p, p, p
	a.model, b.actor, c.critic, d.paths = model, actor, critic, paths
	return map[string]struct {
		props
		methods []string
	}{
		"model":  {a, []string{"Fit", "ModelLoss", "Predict", "Rollout"}},
		"policy": {b, []string{"Rollout", "PolicyGradient", "FisherVector", "Surrogate"}},
		"value":  {c, []string{"Advantages", "FitValue"}},
		"paths":  {d, []string{"Score", "Advantages", "PolicyGradient", "FisherVector", "Surrogate", "FitValue"}},
	}
}

// works makes sure that what is refused later is refused for its flaw: whole props are accepted.
func works(c *check, p props) {
	for method, use := range p.uses(c.Backend) {
		c.need(method, use())
	}
}

func refuseForeign(c *check) {
	p := newProps(c.driver)
	for handle, given := range p.substitutes(strangerModel{p.model}, strangerPolicy{p.actor}, strangerValue{p.critic}, strangerPaths{p.paths}) {
		for _, method := range given.methods {
			refused(c, method+" with a foreign "+handle, given.uses(c.Backend)[method], elsewhere, c.Name())
		}
	}
}

func refuseNil(c *check) {
	p := newProps(c.driver)
	for handle, given := range p.substitutes(nil, nil, nil, nil) {
		for _, method := range given.methods {
			refused(c, method+" without a "+handle, given.uses(c.Backend)[method], c.Name())
		}
	}
}

func refuseAnother(c *check) {
	p, other := newProps(c.driver), newProps(c.fresh())
	for handle, given := range p.substitutes(other.model, other.actor, other.critic, other.paths) {
		for _, method := range given.methods {
			refused(c, method+" with a "+handle+" of another backend", given.uses(c.Backend)[method], "another", c.Name())
		}
	}
}

func refuseOrder(c *check) {
	p := newProps(c.driver)
	works(c, p)
	bare := *p.columns
	bare.Rewards, bare.Advantages, bare.Returns = nil, nil, nil
	p.paths = c.upload(&bare)
	for method, column := range map[string]string{"Advantages": "rewards", "PolicyGradient": "advantages", "Surrogate": "advantages",
		"FitValue": "returns"} {
		refused(c, method+" of paths without its columns", p.uses(c.Backend)[method], "the paths have no "+column)
	}
	refused(c, "Score by a learned reward that nothing learned", func() error {
		_, err := c.Score(p.paths, p.task, nn.ScoreOptions{RewardScale: 1, Learned: true})
		return err
	}, "did not learn the reward")
	bare = *p.columns
	bare.Lengths = make([]int, len(bare.Lengths))
	p.paths = c.upload(&bare)
	for _, method := range []string{"Advantages", "PolicyGradient", "FisherVector", "Surrogate", "FitValue"} {
		refused(c, method+" of paths without a step", p.uses(c.Backend)[method], "no steps")
	}
}

func names(c *check) {
	if c.Name() == "" || c.Describe() == "" || strings.Contains(c.Describe(), "\n") {
		c.Errorf("name %q, description %q: want one word and one line", c.Name(), c.Describe())
	}
	p := newProps(c.driver)
	for _, handle := range []nn.Handle{p.model, p.actor, p.critic, p.paths} {
		if handle.Backend() != c.Name() {
			c.Errorf("%T lives on %q, want %q", handle, handle.Backend(), c.Name())
		}
	}
}
