package nntest

import (
	"strings"

	"github.com/palmal-rl/palmal/nn"
)

// The tests of package nn cover what the guard refuses. One case here shows that a backend uses the
// guard.
func guardCases() []Case {
	return []Case{
		{Name: "guard", Methods: []string{"ModelLoss", "NewEnsemble", "UploadPaths", "Close"}, Reason: "an error, and no panic", holds: usesGuard,
			What: "a foreign, a missing and a closed handle, arguments that do not fit and a closed backend are refused"},
		{Name: "names", Methods: []string{"Name", "Describe", "Close"}, Reason: "text", holds: names,
			What: "a backend has a name and a description, its handles carry the name, and it closes"},
	}
}

// props holds one handle of each kind, and data, with which every method works.
type props struct {
	task     nn.Task
	model    nn.Ensemble
	actor    nn.Policy
	critic   nn.Value
	paths    nn.Paths // has every column
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

// closeUnless closes a handle that a method made although it should have failed.
func closeUnless(made nn.Handle, err error) error {
	if err != nil {
		return err
	}
	return made.Close()
}

// refused reports an error if a call succeeded, panicked, or gave an error without the wanted words.
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

// strangerModel is an ensemble that works and says that it lives elsewhere.
type strangerModel struct{ nn.Ensemble }

const elsewhere = "elsewhere"

func (strangerModel) Backend() string { return elsewhere }

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

func usesGuard(c *check) {
	p, d := newProps(c.driver), c.fresh()
	others := newProps(d)
	loss := func(model nn.Ensemble, data nn.Transitions) func() error {
		return func() error { _, err := c.ModelLoss(model, data); return err }
	}
	c.need("ModelLoss", loss(p.model, p.data)())
	refused(c, "a foreign model", loss(strangerModel{p.model}, p.data), elsewhere, c.Name())
	refused(c, "a model of another backend", loss(others.model, p.data), "another", c.Name())
	refused(c, "no model", loss(nil, p.data), c.Name())
	data := p.data
	data.Actions = nil
	refused(c, "data without actions", loss(p.model, data), "actions are missing")
	c.need("Close", p.model.Close())
	c.need("a second Close", p.model.Close())
	refused(c, "a closed model", loss(p.model, p.data), "closed")
	for _, handle := range []nn.Handle{others.model, others.actor, others.critic, others.paths} {
		c.need("Close", handle.Close())
	}
	c.need("Close", d.Close())
	c.need("a second Close", d.Close())
	shape := p.model.Shape()
	refused(c, "a new ensemble of a closed backend", func() error {
		made, err := d.NewEnsemble(shape, shape.Init(1))
		return closeUnless(made, err)
	}, "closed", d.Name())
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
