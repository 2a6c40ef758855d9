package nntest

import (
	"fmt"
	"math"

	"github.com/palmal-rl/palmal/nn"
)

func refuseShapes(c *check) {
	p := newProps(c.driver)
	works(c, p)
	refuseNetworks(c, p)
	refuseData(c, p)
	refuseVectors(c, p)
	refuseMisfits(c, p)
	refuseColumns(c, p)
	refuseOptions(c, p)
}

func refuseNetworks(c *check, p props) {
	refuseEnsembles(c, p.model.Shape())
	refusePolicies(c, p)
	refuseValues(c, p.critic.Shape())
}

func refuseEnsembles(c *check, shape nn.EnsembleShape) {
	one := shape.MLP().Parameters()
	make32 := func(n int) []float32 { return make([]float32, n) }
	none, unkind, narrow := shape, shape, shape
	none.Members, unkind.Kinds, narrow.Hidden = 0, shape.Kinds[1:], []int{0}
	for _, bad := range []struct {
		what, says string
		shape      nn.EnsembleShape
		parameters []float32
	}{
		{"the parameters of one member", "want 2 members of", shape, make32(one)},
		{"one parameter more", "want 2 members of", shape, make32(2*one + 1)},
		{"no members", "0 members", none, nil},
		{"a kind too few", "11 kinds for 12", unkind, make32(2 * one)},
		{"an empty layer", "at least one unit", narrow, make32(2 * one)},
	} {
		refused(c, "NewEnsemble with "+bad.what, func() error {
			made, err := c.NewEnsemble(bad.shape, bad.parameters)
			return closeUnless(made, err)
		}, bad.says)
	}
}

func refusePolicies(c *check, p props) {
	shape := p.actor.Shape()
	size, width := shape.Parameters(), shape.Observation
	blind := shape
	blind.Observation = 0
	for _, bad := range []struct {
		what, says string
		shape      nn.PolicyShape
		parameters int
	}{
		{"no log σ", "parameters, want", shape, shape.LogStd()},
		{"no parameters", "0 parameters, want", shape, 0},
		{"one parameter more", "parameters, want", shape, size + 1},
		{"nothing to see", "at least one unit", blind, blind.Parameters()},
	} {
		refused(c, "NewPolicy with "+bad.what, func() error {
			made, err := c.NewPolicy(bad.shape, make([]float32, bad.parameters))
			return closeUnless(made, err)
		}, bad.says)
		if bad.shape.Observation == width {
			refused(c, "SetParameters with "+bad.what, func() error { return p.actor.SetParameters(make([]float32, bad.parameters)) }, bad.says)
		}
	}
	zero, nan := ones(width), ones(width)
	zero[1], nan[2] = 0, float32(math.NaN())
	for _, bad := range []struct {
		what, says   string
		shift, scale []float32
	}{
		{"a shift too few", "normaliser of 11 shifts and 12 scales", make([]float32, width-1), ones(width)},
		{"a scale too many", "normaliser of 12 shifts and 13 scales", make([]float32, width), ones(width + 1)},
		{"a scale of 0", "scale 0 of observation 1", make([]float32, width), zero},
		{"a scale of NaN", "scale NaN of observation 2", make([]float32, width), nan},
	} {
		refused(c, "SetNormaliser with "+bad.what, func() error { return p.actor.SetNormaliser(bad.shift, bad.scale) }, bad.says)
	}
}

func refuseValues(c *check, shape nn.ValueShape) {
	size, narrow := shape.MLP().Parameters(), shape
	narrow.Hidden = []int{3, -1}
	for _, bad := range []struct {
		what, says string
		shape      nn.ValueShape
		parameters int
	}{
		{"one parameter more", "parameters, want", shape, size + 1},
		{"no parameters", "0 parameters, want", shape, 0},
		{"less than an empty layer", "at least one unit", narrow, size},
	} {
		refused(c, "NewValue with "+bad.what, func() error {
			made, err := c.NewValue(bad.shape, make([]float32, bad.parameters))
			return closeUnless(made, err)
		}, bad.says)
	}
}

func refuseData(c *check, p props) {
	short := p.data
	short.Actions = experience(19, 1, false).Actions
	refused(c, "Fit with fewer actions than observations", func() error { _, err := c.Fit(p.model, short, fitOptions(1, 8)); return err })
	refused(c, "ModelLoss with fewer actions than observations", func() error { _, err := c.ModelLoss(p.model, short); return err })
	refused(c, "Predict with fewer actions than observations", func() error {
		_, err := c.Predict(p.model, p.task, p.data.Observations, short.Actions)
		return err
	})
	refused(c, "Predict for a task of other sizes", func() error {
		_, err := c.Predict(p.model, plain{3, 2}, p.data.Observations, p.data.Actions)
		return err
	})
	starts := p.starts
	starts.Times = starts.Times[1:]
	refused(c, "Rollout with fewer times than starts", func() error {
		made, err := c.Rollout(p.actor, p.model, p.task, starts, nn.RolloutOptions{Horizon: 2})
		return closeUnless(made, err)
	})
	small := smallScene(c.driver, 0)
	refused(c, "Rollout with a policy of other sizes", func() error {
		made, err := c.Rollout(small.policy, p.model, p.task, p.starts, nn.RolloutOptions{Horizon: 2})
		return closeUnless(made, err)
	})
}

func refuseVectors(c *check, p props) {
	size := p.actor.Shape().Parameters()
	right := make([]float64, size)
	for what, wrong := range map[string][]float64{"a short": make([]float64, size-1), "a long": make([]float64, size+1), "no": nil} {
		refused(c, "PolicyGradient into "+what+" vector", func() error { return c.PolicyGradient(wrong, p.paths, p.actor) }, "gradient of", "want")
		refused(c, "FisherVector into "+what+" vector", func() error { return c.FisherVector(wrong, right, p.paths, p.actor, 1) }, "product of", "want")
		refused(c, "FisherVector of "+what+" vector", func() error { return c.FisherVector(right, wrong, p.paths, p.actor, 1) }, "vector of", "want")
	}
	for _, stride := range []int{0, -3} {
		refused(c, fmt.Sprintf("FisherVector with stride %d", stride), func() error { return c.FisherVector(right, right, p.paths, p.actor, stride) }, "stride")
	}
}

// refuseMisfits gives paths to what was made for others.
func refuseMisfits(c *check, p props) {
	small := smallScene(c.driver, 0)
	p.paths = small.paths
	for _, method := range []string{"PolicyGradient", "FisherVector", "Surrogate"} {
		refused(c, method+" with paths of other sizes", p.uses(c.Backend)[method], "policy of 12 observations and 5 actions", "paths of")
	}
	for _, method := range []string{"Advantages", "FitValue"} {
		refused(c, method+" with paths of other sizes", p.uses(c.Backend)[method], "value network of 12 observations", "paths of")
	}
	refused(c, "Score with paths of other sizes", p.uses(c.Backend)["Score"], "nntest-bead has 12 observations and 5 actions")
	refused(c, "Score by a task that contradicts itself", func() error {
		_, err := c.Score(p.paths, unrewarded{p.task}, nn.ScoreOptions{RewardScale: 1})
		return err
	}, "no reward term")
}

// unrewarded is a task whose tables contradict what a task is.
type unrewarded struct{ nn.Task }

func (unrewarded) RewardTerms() []string { return nil }

func refuseColumns(c *check, p props) {
	changes := map[string]func(*nn.PathColumns){
		"without observations":      func(x *nn.PathColumns) { x.Observations = nil },
		"without means":             func(x *nn.PathColumns) { x.Means = nil },
		"with a log σ too few":      func(x *nn.PathColumns) { x.LogStd = x.LogStd[1:] },
		"with a time too few":       func(x *nn.PathColumns) { x.Times = x.Times[1:] },
		"with an ending too few":    func(x *nn.PathColumns) { x.Terminated = x.Terminated[1:] },
		"with a length beyond T":    func(x *nn.PathColumns) { x.Lengths = append([]int{99}, x.Lengths[1:]...) },
		"with a negative length":    func(x *nn.PathColumns) { x.Lengths = append([]int{-1}, x.Lengths[1:]...) },
		"with rewards of one path":  func(x *nn.PathColumns) { x.Rewards = nn.Matrix(make([]float32, 5), 1, 5) },
		"with states of other time": func(x *nn.PathColumns) { x.Observations = x.Actions },
	}
	for what, change := range changes {
		columns := *p.columns
		change(&columns)
		refused(c, "UploadPaths "+what, func() error {
			made, err := c.UploadPaths(&columns)
			return closeUnless(made, err)
		})
	}
}

func refuseOptions(c *check, p props) {
	options := fitOptions(0, 8)
	refused(c, "Fit of 0 epochs", func() error { _, err := c.Fit(p.model, p.data, options); return err })
	options = fitOptions(1, 8)
	options.Adam.Beta1 = 1
	refused(c, "Fit with β1 = 1", func() error { _, err := c.Fit(p.model, p.data, options); return err })
	refused(c, "FitValue with a batch of 0", func() error { _, err := c.FitValue(p.critic, p.paths, valueOptions(1, 0)); return err })
	refused(c, "Rollout of 0 steps", func() error {
		made, err := c.Rollout(p.actor, p.model, p.task, p.starts, nn.RolloutOptions{})
		return closeUnless(made, err)
	})
}
