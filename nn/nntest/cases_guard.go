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

func newProps(d *driver) Props {
	shape, critic := beadModel(2, false, 6), beadValue(6)
	s := sceneOf(d, bead{limit: 2}, beadPolicy(6), pathsOf{paths: 6, horizon: 5, seed: 120}, 0)
	return Props{
		Task: bead{limit: 2}, Model: d.ensemble(shape, shape.Init(1)), Policy: s.policy, Size: beadPolicy(6).Parameters(), Value: d.value(critic, critic.Init(1)),
		Paths: s.paths, Data: experience(20, 120, false), Starts: someStarts(4), Columns: s.columns,
		Fit: fitOptions(1, 8), ValueFit: valueOptions(1, 8), Rollout: nn.RolloutOptions{Horizon: 3}, Stride: 1,
	}
}

// strangerModel is an ensemble that works and says that it lives elsewhere.
type strangerModel struct{ nn.Ensemble }

const elsewhere = "elsewhere"

func (strangerModel) Backend() string { return elsewhere }

func usesGuard(c *check) {
	p, d := newProps(c.driver), c.fresh()
	others := newProps(d)
	loss := func(model nn.Ensemble, data nn.Transitions) func() error {
		return func() error { _, err := c.ModelLoss(model, data); return err }
	}
	c.need("ModelLoss", loss(p.Model, p.Data)())
	Refused(c, "a foreign model", loss(strangerModel{p.Model}, p.Data), elsewhere, c.Name())
	Refused(c, "a model of another backend", loss(others.Model, p.Data), "another", c.Name())
	Refused(c, "no model", loss(nil, p.Data), c.Name())
	data := p.Data
	data.Actions = nil
	Refused(c, "data without actions", loss(p.Model, data), "actions are missing")
	c.need("Close", p.Model.Close())
	c.need("a second Close", p.Model.Close())
	Refused(c, "a closed model", loss(p.Model, p.Data), "closed")
	for _, handle := range others.Handles() {
		c.need("Close", handle.Close())
	}
	c.need("Close", d.Close())
	c.need("a second Close", d.Close())
	shape := p.Model.Shape()
	Refused(c, "a new ensemble of a closed backend", func() error {
		made, err := d.NewEnsemble(shape, shape.Init(1))
		return CloseUnless(made, err)
	}, "closed", d.Name())
}

func names(c *check) {
	if c.Name() == "" || c.Describe() == "" || strings.Contains(c.Describe(), "\n") {
		c.Errorf("name %q, description %q: want one word and one line", c.Name(), c.Describe())
	}
	p := newProps(c.driver)
	for _, handle := range p.Handles() {
		if handle.Backend() != c.Name() {
			c.Errorf("%T lives on %q, want %q", handle, handle.Backend(), c.Name())
		}
	}
}
