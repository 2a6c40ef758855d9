package nn_test

import (
	"math"

	"github.com/palmal-rl/palmal/nn"
	"github.com/palmal-rl/palmal/nn/nntest"
)

func refuseShapes(c *stage) {
	p := newProps(c)
	works(c, p)
	refuseNetworks(c, p)
	refuseVectors(c, p)
	refuseMisfits(c, p)
}

func refuseNetworks(c *stage, p nntest.Props) {
	refuseEnsembles(c, p.Model.Shape())
	refusePolicies(c, p)
	refuseNormalisers(c, p)
	refuseValues(c, p.Value.Shape())
}

func refuseEnsembles(c *stage, shape nn.EnsembleShape) {
	one := shape.MLP().Parameters()
	make32 := func(n int) []float32 { return make([]float32, n) }
	none, unkind, narrow, dazzled := shape, shape, shape, shape
	none.Members, unkind.Kinds, narrow.Hidden, dazzled.Blind = 0, shape.Kinds[1:], []int{0}, []bool{true}
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
		{"blindness to one entry of one", "blind has 1 ", dazzled, make32(2 * one)},
	} {
		nntest.Refused(c, "NewEnsemble with "+bad.what, func() error {
			made, err := c.NewEnsemble(bad.shape, bad.parameters)
			return nntest.CloseUnless(made, err)
		}, bad.says)
	}
}

func refusePolicies(c *stage, p nntest.Props) {
	shape := p.Policy.Shape()
	size, blind := shape.Parameters(), shape
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
		nntest.Refused(c, "NewPolicy with "+bad.what, func() error {
			made, err := c.NewPolicy(bad.shape, make([]float32, bad.parameters))
			return nntest.CloseUnless(made, err)
		}, bad.says)
		if bad.shape.Observation == shape.Observation {
			nntest.Refused(c, "SetParameters with "+bad.what, func() error { return p.Policy.SetParameters(make([]float32, bad.parameters)) }, bad.says)
		}
	}
}

func refuseNormalisers(c *stage, p nntest.Props) {
	width := p.Policy.Shape().Observation
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
		nntest.Refused(c, "SetNormaliser with "+bad.what, func() error { return p.Policy.SetNormaliser(bad.shift, bad.scale) }, bad.says)
	}
}

func refuseValues(c *stage, shape nn.ValueShape) {
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
		nntest.Refused(c, "NewValue with "+bad.what, func() error {
			made, err := c.NewValue(bad.shape, make([]float32, bad.parameters))
			return nntest.CloseUnless(made, err)
		}, bad.says)
	}
}

func refuseVectors(c *stage, p nntest.Props) {
	size := p.Policy.Shape().Parameters()
	right := make([]float64, size)
	for what, wrong := range map[string][]float64{"a short": make([]float64, size-1), "a long": make([]float64, size+1), "no": nil} {
		nntest.Refused(c, "PolicyGradient into "+what+" vector", func() error { return c.PolicyGradient(wrong, p.Paths, p.Policy) }, "gradient of", "want")
		nntest.Refused(c, "FisherVector into "+what+" vector", func() error { return c.FisherVector(wrong, right, p.Paths, p.Policy, 1) }, "product of", "want")
		nntest.Refused(c, "FisherVector of "+what+" vector", func() error { return c.FisherVector(right, wrong, p.Paths, p.Policy, 1) }, "vector of", "want")
	}
}

// refuseMisfits gives paths to what was made for others.
func refuseMisfits(c *stage, p nntest.Props) {
	p.Paths = c.upload(pathColumns(2, 4, 3, 2))
	for _, method := range []string{"PolicyGradient", "FisherVector", "Surrogate"} {
		nntest.Refused(c, method+" with paths of other sizes", p.Uses(c.Guarded)[method], "policy of 12 observations and 5 actions", "paths of")
	}
	for _, method := range []string{"Advantages", "FitValue"} {
		nntest.Refused(c, method+" with paths of other sizes", p.Uses(c.Guarded)[method], "value network of 12 observations", "paths of")
	}
	nntest.Refused(c, "Score with paths of other sizes", p.Uses(c.Guarded)["Score"], "toy has 12 observations and 5 actions")
	p.Task = unrewarded{p.Task}
	nntest.Refused(c, "Score by a task that contradicts itself", p.Uses(c.Guarded)["Score"], "no reward term")
}
