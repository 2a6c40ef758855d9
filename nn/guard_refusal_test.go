package nn

import (
	"strings"
	"testing"
)

// Every property of the guard is held on a stub that computes nothing: what is let through reaches it.
func TestGuardRefuses(t *testing.T) {
	for what, holds := range map[string]func(*stage){
		"a handle of another backend, naming both":     refuseForeign,
		"a handle of another backend of the same name": refuseAnother,
		"no handle": refuseNil,
		"impossible shapes and sizes that do not fit each other":          refuseShapes,
		"data, starts and tasks that do not fit the ensemble":             refuseData,
		"columns that do not fit each other":                              refuseColumns,
		"impossible options":                                              refuseOptions,
		"columns that no step has computed yet, and paths without a step": refuseOrder,
		"a closed handle, which may be closed again":                      refuseClosed,
		"everything after it was closed, and so do its handles":           refuseClosedBackend,
		"a system of the Fisher matrix that does not fit":                 refuseSystems,
		"what cannot be differentiated":                                   refuseDerivatives,
	} {
		t.Run(what, func(t *testing.T) { holds(newStage(t)) })
	}
}

// props is one of each handle, and data, with which every method works.
type props struct {
	task     Task
	model    Ensemble
	actor    Policy
	critic   Value
	paths    Paths // has every column
	data     Transitions
	starts   Starts
	columns  *PathColumns
	fit      FitOptions
	valueFit ValueFitOptions
	rollout  RolloutOptions
	stride   int
}

func newProps(d *stage) props {
	task, columns := toyTask(), pathColumns(6, 5, 12, 5)
	model, actor, critic := toyModel(false), toyPolicy(12, 5), toyValue(12)
	p := props{task: task, columns: columns, data: transitions(20, 12, 5), starts: Starts{Observations: zeros(4, 12), Times: make([]float32, 4)},
		fit: FitOptions{Epochs: 1, Batch: 8, Adam: DefaultAdam()}, valueFit: ValueFitOptions{Epochs: 1, Batch: 8, Adam: DefaultAdam()},
		rollout: RolloutOptions{Horizon: 3}, stride: 1}
	p.model, p.actor, p.critic, p.paths = d.ensemble(model), d.policy(actor), d.value(critic), d.upload(columns)
	return p
}

// uses calls every method with the props, each by the name of the method.
func (p props) uses(b Backend) map[string]func() error {
	size := toyPolicy(12, 5).Parameters()
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
		"Score":          func() error { _, err := b.Score(p.paths, p.task, ScoreOptions{RewardScale: 1}); return err },
		"Advantages":     func() error { return b.Advantages(p.paths, p.critic, AdvantageOptions{Gamma: 0.9}) },
		"PolicyGradient": func() error { return b.PolicyGradient(make([]float64, size), p.paths, p.actor) },
		"FisherVector": func() error {
			return b.FisherVector(make([]float64, size), make([]float64, size), p.paths, p.actor, p.stride)
		},
		"Surrogate": func() error { _, _, err := b.Surrogate(p.paths, p.actor); return err },
		"FitValue":  func() error { _, err := b.FitValue(p.critic, p.paths, p.valueFit); return err },
	}
}

// closeUnless closes what a method made although it should have failed.
func closeUnless(made Handle, err error) error {
	if err != nil {
		return err
	}
	return made.Close()
}

// refused reports an error where a call went well, panicked, or did not say what it should.
func refused(t testing.TB, what string, call func() error, says ...string) {
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
type strangerModel struct{ Ensemble }
type strangerPolicy struct{ Policy }
type strangerValue struct{ Value }
type strangerPaths struct{ Paths }

const elsewhere = "elsewhere"

func (strangerModel) Backend() string  { return elsewhere }
func (strangerPolicy) Backend() string { return elsewhere }
func (strangerValue) Backend() string  { return elsewhere }
func (strangerPaths) Backend() string  { return elsewhere }

// substitutes are the props with one handle replaced, and the methods that take this handle.
func (p props) substitutes(model Ensemble, actor Policy, critic Value, paths Paths) map[string]struct {
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
func works(c *stage, p props) {
	for method, use := range p.uses(c.Guarded) {
		c.need(method, use())
	}
}

func refuseForeign(c *stage) {
	p := newProps(c)
	for handle, given := range p.substitutes(strangerModel{p.model}, strangerPolicy{p.actor}, strangerValue{p.critic}, strangerPaths{p.paths}) {
		for _, method := range given.methods {
			refused(c, method+" with a foreign "+handle, given.uses(c.Guarded)[method], elsewhere, c.Name())
		}
	}
}

func refuseNil(c *stage) {
	p := newProps(c)
	for handle, given := range p.substitutes(nil, nil, nil, nil) {
		for _, method := range given.methods {
			refused(c, method+" without a "+handle, given.uses(c.Guarded)[method], c.Name())
		}
	}
	p.model = (*guardedEnsemble[*stubNetwork])(nil)
	refused(c, "ModelLoss with a nil of the guard's own type", p.uses(c.Guarded)["ModelLoss"], "backend none", c.Name())
}

func refuseAnother(c *stage) {
	p, other := newProps(c), newProps(c.fresh())
	for handle, given := range p.substitutes(other.model, other.actor, other.critic, other.paths) {
		for _, method := range given.methods {
			refused(c, method+" with a "+handle+" of another backend", given.uses(c.Guarded)[method], "another", c.Name())
		}
	}
}

func refuseOrder(c *stage) {
	p := newProps(c)
	works(c, p)
	bare := *p.columns
	bare.Rewards, bare.Advantages, bare.Returns = nil, nil, nil
	p.paths = c.upload(&bare)
	for method, column := range map[string]string{"Advantages": "rewards", "PolicyGradient": "advantages", "Surrogate": "advantages",
		"FitValue": "returns"} {
		refused(c, method+" of paths without its columns", p.uses(c.Guarded)[method], "the paths have no "+column)
	}
	refused(c, "Score by a learned reward that nothing learned", func() error {
		_, err := c.Score(p.paths, p.task, ScoreOptions{RewardScale: 1, Learned: true})
		return err
	}, "did not learn the reward")
	bare = *p.columns
	bare.Lengths = make([]int, len(bare.Lengths))
	p.paths = c.upload(&bare)
	for _, method := range []string{"Advantages", "PolicyGradient", "FisherVector", "Surrogate", "FitValue"} {
		refused(c, method+" of paths without a step", p.uses(c.Guarded)[method], "no steps")
	}
}
