package nntest

import (
	"errors"
	"reflect"
	"slices"
	"testing"

	"github.com/palmal-rl/palmal/nn"
	"gorgonia.org/tensor"
)

// mute is a backend of which one method fails whatever it is given.
type mute struct {
	nn.Backend
	method string
}

var errMute = errors.New("mute")

func (m mute) err(method string) error {
	if m.method == method {
		return errMute
	}
	return nil
}

// mutedOr calls a method unless it is the mute one.
func mutedOr[T any](m mute, method string, call func() (T, error)) (T, error) {
	if err := m.err(method); err != nil {
		var none T
		return none, err
	}
	return call()
}

func (m mute) Name() string {
	if m.err("Name") != nil {
		return "mute"
	}
	return m.Backend.Name()
}

func (m mute) Describe() string {
	if m.err("Describe") != nil {
		return ""
	}
	return m.Backend.Describe()
}

func (m mute) Close() error { return errors.Join(m.err("Close"), m.Backend.Close()) }

func (m mute) NewEnsemble(shape nn.EnsembleShape, parameters []float32) (nn.Ensemble, error) {
	return mutedOr(m, "NewEnsemble", func() (nn.Ensemble, error) { return m.Backend.NewEnsemble(shape, parameters) })
}

func (m mute) NewPolicy(shape nn.PolicyShape, parameters []float32) (nn.Policy, error) {
	return mutedOr(m, "NewPolicy", func() (nn.Policy, error) { return m.Backend.NewPolicy(shape, parameters) })
}

func (m mute) NewValue(shape nn.ValueShape, parameters []float32) (nn.Value, error) {
	return mutedOr(m, "NewValue", func() (nn.Value, error) { return m.Backend.NewValue(shape, parameters) })
}

func (m mute) Fit(model nn.Ensemble, data nn.Transitions, options nn.FitOptions) (nn.FitReport, error) {
	return mutedOr(m, "Fit", func() (nn.FitReport, error) { return m.Backend.Fit(model, data, options) })
}

func (m mute) ModelLoss(model nn.Ensemble, data nn.Transitions) ([]float64, error) {
	return mutedOr(m, "ModelLoss", func() ([]float64, error) { return m.Backend.ModelLoss(model, data) })
}

func (m mute) Predict(model nn.Ensemble, task nn.Task, obs, act *tensor.Dense) (*tensor.Dense, error) {
	return mutedOr(m, "Predict", func() (*tensor.Dense, error) { return m.Backend.Predict(model, task, obs, act) })
}

func (m mute) Rollout(p nn.Policy, e nn.Ensemble, task nn.Task, starts nn.Starts, options nn.RolloutOptions) (nn.Paths, error) {
	return mutedOr(m, "Rollout", func() (nn.Paths, error) { return m.Backend.Rollout(p, e, task, starts, options) })
}

func (m mute) UploadPaths(columns *nn.PathColumns) (nn.Paths, error) {
	return mutedOr(m, "UploadPaths", func() (nn.Paths, error) { return m.Backend.UploadPaths(columns) })
}

func (m mute) Score(paths nn.Paths, task nn.Task, options nn.ScoreOptions) (nn.ScoreReport, error) {
	return mutedOr(m, "Score", func() (nn.ScoreReport, error) { return m.Backend.Score(paths, task, options) })
}

func (m mute) Advantages(paths nn.Paths, value nn.Value, options nn.AdvantageOptions) error {
	if err := m.err("Advantages"); err != nil {
		return err
	}
	return m.Backend.Advantages(paths, value, options)
}

func (m mute) PolicyGradient(gradient []float64, paths nn.Paths, policy nn.Policy) error {
	if err := m.err("PolicyGradient"); err != nil {
		return err
	}
	return m.Backend.PolicyGradient(gradient, paths, policy)
}

func (m mute) FisherVector(product, v []float64, paths nn.Paths, policy nn.Policy, stride int) error {
	if err := m.err("FisherVector"); err != nil {
		return err
	}
	return m.Backend.FisherVector(product, v, paths, policy, stride)
}

func (m mute) Surrogate(paths nn.Paths, policy nn.Policy) (gain, kl float64, err error) {
	if err := m.err("Surrogate"); err != nil {
		return 0, 0, err
	}
	return m.Backend.Surrogate(paths, policy)
}

func (m mute) FitValue(value nn.Value, paths nn.Paths, options nn.ValueFitOptions) (nn.ValueReport, error) {
	return mutedOr(m, "FitValue", func() (nn.ValueReport, error) { return m.Backend.FitValue(value, paths, options) })
}

// methods are those of nn.Backend.
func methods() (names []string) {
	contract := reflect.TypeFor[nn.Backend]()
	for i := range contract.NumMethod() {
		names = append(names, contract.Method(i).Name)
	}
	return names
}

func TestEveryMethodIsCovered(t *testing.T) {
	for _, method := range methods() {
		covered := slices.ContainsFunc(Cases(), func(k Case) bool { return slices.Contains(k.Methods, method) })
		if !covered {
			t.Errorf("no case covers nn.Backend.%s", method)
		}
	}
}

// A case that says that it holds a method to account must fail where the method does nothing.
func TestCasesUseTheMethodsTheyCover(t *testing.T) {
	for _, method := range methods() {
		config := Config{Small: true, New: func(TB) nn.Backend {
			backend := Reference()
			return whole{solving{mute{backend, method}, faultless}, backend.(nn.Differentiator), backend.(nn.GaussianMembers), backend.(nn.ActorCritic), backend.(nn.Disagreeing)}
		}}
		for _, k := range Cases() {
			if !slices.Contains(k.Methods, method) {
				continue
			}
			if r := record(func(t TB) { k.run(t, config) }); !r.failed {
				t.Errorf("%s covers %s, and passes although it fails", k.Name, method)
			}
		}
	}
}

func TestCasesAreDescribed(t *testing.T) {
	seen := map[string]bool{}
	for _, k := range Cases() {
		if k.Name == "" || k.What == "" || k.Reason == "" || len(k.Methods) == 0 || seen[k.Name] {
			t.Errorf("case %q lacks a name of its own, a property, a reason or methods", k.Name)
		}
		if (k.agree == nil) == (k.holds == nil) {
			t.Errorf("case %q: want one of agree and holds", k.Name)
		}
		for _, method := range k.Methods {
			if !slices.Contains(methods(), method) {
				t.Errorf("case %q covers %q, which nn.Backend does not have", k.Name, method)
			}
		}
		seen[k.Name] = true
		t.Log(k)
	}
}
