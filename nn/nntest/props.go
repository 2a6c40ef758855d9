package nntest

import (
	"strings"

	"github.com/palmal-rl/palmal/nn"
)

// Props holds one handle of each kind, and data, with which every method works.
type Props struct {
	Task     nn.Task
	Model    nn.Ensemble
	Policy   nn.Policy
	Size     int // parameters of the policy, which is nil in some tests
	Value    nn.Value
	Paths    nn.Paths // has every column
	Data     nn.Transitions
	Starts   nn.Starts
	Columns  *nn.PathColumns
	Fit      nn.FitOptions
	ValueFit nn.ValueFitOptions
	Rollout  nn.RolloutOptions
	Stride   int
}

// Handles are all handles.
func (p Props) Handles() []nn.Handle { return []nn.Handle{p.Model, p.Policy, p.Value, p.Paths} }

// Uses calls every method with the props, each by the name of the method.
func (p Props) Uses(b nn.Backend) map[string]func() error {
	return map[string]func() error{
		"Fit":       func() error { _, err := b.Fit(p.Model, p.Data, p.Fit); return err },
		"ModelLoss": func() error { _, err := b.ModelLoss(p.Model, p.Data); return err },
		"Predict": func() error {
			_, err := b.Predict(p.Model, p.Task, p.Data.Observations, p.Data.Actions)
			return err
		},
		"Rollout": func() error {
			paths, err := b.Rollout(p.Policy, p.Model, p.Task, p.Starts, p.Rollout)
			return CloseUnless(paths, err)
		},
		"Score":          func() error { _, err := b.Score(p.Paths, p.Task, nn.ScoreOptions{RewardScale: 1}); return err },
		"Advantages":     func() error { return b.Advantages(p.Paths, p.Value, nn.AdvantageOptions{Gamma: 0.9}) },
		"PolicyGradient": func() error { return b.PolicyGradient(make([]float64, p.Size), p.Paths, p.Policy) },
		"FisherVector": func() error {
			return b.FisherVector(make([]float64, p.Size), make([]float64, p.Size), p.Paths, p.Policy, p.Stride)
		},
		"Surrogate": func() error { _, _, err := b.Surrogate(p.Paths, p.Policy); return err },
		"FitValue":  func() error { _, err := b.FitValue(p.Value, p.Paths, p.ValueFit); return err },
	}
}

// CloseUnless closes a handle that a method made although it should have failed.
func CloseUnless(made nn.Handle, err error) error {
	if err != nil {
		return err
	}
	return made.Close()
}

// Refused reports an error if a call succeeded, panicked, or gave an error without the wanted words.
func Refused(t TB, what string, call func() error, says ...string) {
	t.Helper()
	err, panicked := Attempt(call)
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

// Attempt is a call whose panic is returned.
func Attempt(call func() error) (err error, panicked any) {
	defer func() { panicked = recover() }()
	return call(), nil
}

// Substitute is props with one handle replaced, and the methods that take this handle.
type Substitute struct {
	Props
	Methods []string
}

// Substitutes are the props with each handle replaced, by the handle's name.
func (p Props) Substitutes(model nn.Ensemble, actor nn.Policy, critic nn.Value, paths nn.Paths) map[string]Substitute {
	a, b, c, d := p, p, p, p
	a.Model, b.Policy, c.Value, d.Paths = model, actor, critic, paths
	return map[string]Substitute{
		"model":  {a, []string{"Fit", "ModelLoss", "Predict", "Rollout"}},
		"policy": {b, []string{"Rollout", "PolicyGradient", "FisherVector", "Surrogate"}},
		"value":  {c, []string{"Advantages", "FitValue"}},
		"paths":  {d, []string{"Score", "Advantages", "PolicyGradient", "FisherVector", "Surrogate", "FitValue"}},
	}
}
