package nn_test

import (
	"testing"

	"github.com/palmal-rl/palmal/nn"
	"github.com/palmal-rl/palmal/nn/nntest"
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

// newProps is one of each handle, and data, with which every method works.
func newProps(d *stage) nntest.Props {
	task, columns := toyTask(), pathColumns(6, 5, 12, 5)
	model, actor, critic := toyModel(false), toyPolicy(12, 5), toyValue(12)
	p := nntest.Props{Task: task, Size: actor.Parameters(), Columns: columns, Data: transitions(20, 12, 5), Starts: nn.Starts{Observations: zeros(4, 12), Times: make([]float32, 4)},
		Fit: nn.FitOptions{Epochs: 1, Batch: 8, Adam: nn.DefaultAdam()}, ValueFit: nn.ValueFitOptions{Epochs: 1, Batch: 8, Adam: nn.DefaultAdam()},
		Rollout: nn.RolloutOptions{Horizon: 3}, Stride: 1}
	p.Model, p.Policy, p.Value, p.Paths = d.ensemble(model), d.policy(actor), d.value(critic), d.upload(columns)
	return p
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

// works makes sure that what is refused later is refused for its flaw: whole props are accepted.
func works(c *stage, p nntest.Props) {
	for method, use := range p.Uses(c.Guarded) {
		c.need(method, use())
	}
}

func refuseForeign(c *stage) {
	p := newProps(c)
	for handle, given := range p.Substitutes(strangerModel{p.Model}, strangerPolicy{p.Policy}, strangerValue{p.Value}, strangerPaths{p.Paths}) {
		for _, method := range given.Methods {
			nntest.Refused(c, method+" with a foreign "+handle, given.Uses(c.Guarded)[method], elsewhere, c.Name())
		}
	}
}

func refuseNil(c *stage) {
	p := newProps(c)
	for handle, given := range p.Substitutes(nil, nil, nil, nil) {
		for _, method := range given.Methods {
			nntest.Refused(c, method+" without a "+handle, given.Uses(c.Guarded)[method], c.Name())
		}
	}
	p.Model = nn.NilEnsemble[*stubNetwork]()
	nntest.Refused(c, "ModelLoss with a nil of the guard's own type", p.Uses(c.Guarded)["ModelLoss"], "backend none", c.Name())
}

func refuseAnother(c *stage) {
	p, other := newProps(c), newProps(c.fresh())
	for handle, given := range p.Substitutes(other.Model, other.Policy, other.Value, other.Paths) {
		for _, method := range given.Methods {
			nntest.Refused(c, method+" with a "+handle+" of another backend", given.Uses(c.Guarded)[method], "another", c.Name())
		}
	}
}

func refuseOrder(c *stage) {
	p := newProps(c)
	works(c, p)
	bare := *p.Columns
	bare.Rewards, bare.Advantages, bare.Returns = nil, nil, nil
	p.Paths = c.upload(&bare)
	for method, column := range map[string]string{"Advantages": "rewards", "PolicyGradient": "advantages", "Surrogate": "advantages",
		"FitValue": "returns"} {
		nntest.Refused(c, method+" of paths without its columns", p.Uses(c.Guarded)[method], "the paths have no "+column)
	}
	nntest.Refused(c, "Score by a learned reward that nothing learned", func() error {
		_, err := c.Score(p.Paths, p.Task, nn.ScoreOptions{RewardScale: 1, Learned: true})
		return err
	}, "did not learn the reward")
	bare = *p.Columns
	bare.Lengths = make([]int, len(bare.Lengths))
	p.Paths = c.upload(&bare)
	for _, method := range []string{"Advantages", "PolicyGradient", "FisherVector", "Surrogate", "FitValue"} {
		nntest.Refused(c, method+" of paths without a step", p.Uses(c.Guarded)[method], "no steps")
	}
}
