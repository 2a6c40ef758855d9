package nntest

import (
	"errors"
	"math"

	"github.com/palmal-rl/palmal/nn"
	"gorgonia.org/tensor"
)

func divergenceCases() []Case {
	const reason = "an error that wraps ErrDiverged"
	return []Case{
		{Name: "diverge/data", Methods: []string{"Fit", "ModelLoss", "Predict", "Rollout"}, Reason: reason, holds: divergeData,
			What: "one NaN in a column of the data or in a start is noticed"},
		{Name: "diverge/parameters", Methods: []string{"Fit", "ModelLoss", "Predict", "Rollout", "Advantages", "PolicyGradient",
			"FisherVector", "Surrogate", "FitValue"}, Reason: reason, holds: divergeParameters,
			What: "one NaN among the parameters of a network is noticed by every method that uses it"},
		{Name: "diverge/columns", Methods: []string{"Score", "Advantages", "PolicyGradient", "Surrogate", "FitValue"}, Reason: reason,
			holds: divergeColumns, What: "one NaN in a column of paths is noticed by every method that uses it"},
		{Name: "diverge/steps", Methods: []string{"Fit", "FitValue"}, Reason: reason, holds: divergeSteps,
			What: "a learning rate that makes the parameters explode is noticed during the fit"},
	}
}

// diverges reports an error where a call does not end in ErrDiverged.
func diverges(t TB, what string, call func() error) {
	t.Helper()
	err, panicked := Attempt(call)
	if panicked != nil || !errors.Is(err, nn.ErrDiverged) {
		t.Errorf("%s: error %v, panic %v; want one that wraps ErrDiverged", what, err, panicked)
	}
}

// spoiled is a copy of a column with one NaN.
func spoiled(column *tensor.Dense, at int) *tensor.Dense {
	numbers := append([]float32(nil), column.Data().([]float32)...)
	numbers[at] = float32(math.NaN())
	return nn.Matrix(numbers, column.Shape()...)
}

func divergeData(c *check) {
	p := newProps(c.driver)
	for name, spoil := range map[string]func(*nn.Transitions){
		"observations": func(d *nn.Transitions) { d.Observations = spoiled(d.Observations, 25) },
		"actions":      func(d *nn.Transitions) { d.Actions = spoiled(d.Actions, 33) },
		"next":         func(d *nn.Transitions) { d.Next = spoiled(d.Next, 12) },
	} {
		with := p
		spoil(&with.Data)
		diverges(c, "Fit with a NaN in "+name, with.Uses(c.Backend)["Fit"])
		diverges(c, "ModelLoss with a NaN in "+name, with.Uses(c.Backend)["ModelLoss"])
		if name != "next" {
			diverges(c, "Predict with a NaN in "+name, with.Uses(c.Backend)["Predict"])
		}
	}
	with := p
	with.Starts.Observations = spoiled(with.Starts.Observations, 12)
	diverges(c, "Rollout from a start with a NaN", with.Uses(c.Backend)["Rollout"])
}

// poison puts one NaN among the parameters of a network, through its state. The parameter is a weight of
// the first observation entry, so that no activation hides it. A backend may already refuse to load the
// state.
func poison(c *check, network nn.Network) (refused bool) {
	state := c.save(network)
	c.array(state, nn.StateParameters)[0] = float32(math.NaN())
	err := network.Load(state)
	if err != nil && !errors.Is(err, nn.ErrDiverged) {
		c.Errorf("Load of a NaN: %v; want success or an error that wraps ErrDiverged", err)
	}
	return err != nil
}

func divergeParameters(c *check) {
	p, sick := newProps(c.driver), newProps(c.driver)
	for handle, given := range p.Substitutes(sick.Model, sick.Policy, sick.Value, p.Paths) {
		network := map[string]nn.Network{"model": sick.Model, "policy": sick.Policy, "value": sick.Value}[handle]
		if network == nil || poison(c, network) {
			continue
		}
		for _, method := range given.Methods {
			diverges(c, method+" with a NaN in the "+handle, given.Uses(c.Backend)[method])
		}
	}
}

func divergeColumns(c *check) {
	p := newProps(c.driver)
	for name, spoil := range map[string]func(*nn.PathColumns){
		"actions":    func(x *nn.PathColumns) { x.Actions = spoiled(x.Actions, 0) },
		"rewards":    func(x *nn.PathColumns) { x.Rewards = spoiled(x.Rewards, 0) },
		"advantages": func(x *nn.PathColumns) { x.Advantages = spoiled(x.Advantages, 0) },
		"returns":    func(x *nn.PathColumns) { x.Returns = spoiled(x.Returns, 0) },
	} {
		columns := *p.Columns
		spoil(&columns)
		with := p
		paths, err := c.UploadPaths(&columns)
		if errors.Is(err, nn.ErrDiverged) {
			continue // noticed even earlier
		}
		c.need("UploadPaths", err)
		c.keep(paths)
		with.Paths = paths
		users := map[string][]string{"actions": {"PolicyGradient", "Surrogate", "Score"}, "rewards": {"Advantages"},
			"advantages": {"PolicyGradient", "Surrogate"}, "returns": {"FitValue"}}
		for _, method := range users[name] {
			diverges(c, method+" with a NaN in "+name, with.Uses(c.Backend)[method])
		}
	}
}

func divergeSteps(c *check) {
	p := newProps(c.driver)
	options := fitOptions(20, 8)
	options.Adam.Rate = 1e30
	diverges(c, "Fit with a rate of 1e30", func() error { _, err := c.Fit(p.Model, p.Data, options); return err })
	values := valueOptions(20, 8)
	values.Adam.Rate = 1e30
	diverges(c, "FitValue with a rate of 1e30", func() error { _, err := c.FitValue(p.Value, p.Paths, values); return err })
}
