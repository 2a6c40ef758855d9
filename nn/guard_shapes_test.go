package nn

import (
	"math"
)

func refuseShapes(c *stage) {
	p := newProps(c)
	works(c, p)
	refuseNetworks(c, p)
	refuseVectors(c, p)
	refuseMisfits(c, p)
}

func refuseNetworks(c *stage, p props) {
	refuseEnsembles(c, p.model.Shape())
	refusePolicies(c, p)
	refuseNormalisers(c, p)
	refuseValues(c, p.critic.Shape())
}

func refuseEnsembles(c *stage, shape EnsembleShape) {
	one := shape.MLP().Parameters()
	make32 := func(n int) []float32 { return make([]float32, n) }
	none, unkind, narrow, dazzled := shape, shape, shape, shape
	none.Members, unkind.Kinds, narrow.Hidden, dazzled.Blind = 0, shape.Kinds[1:], []int{0}, []bool{true}
	for _, bad := range []struct {
		what, says string
		shape      EnsembleShape
		parameters []float32
	}{
		{"the parameters of one member", "want 2 members of", shape, make32(one)},
		{"one parameter more", "want 2 members of", shape, make32(2*one + 1)},
		{"no members", "0 members", none, nil},
		{"a kind too few", "11 kinds for 12", unkind, make32(2 * one)},
		{"an empty layer", "at least one unit", narrow, make32(2 * one)},
		{"blindness to one entry of one", "blind has 1 ", dazzled, make32(2 * one)},
	} {
		refused(c, "NewEnsemble with "+bad.what, func() error {
			made, err := c.NewEnsemble(bad.shape, bad.parameters)
			return closeUnless(made, err)
		}, bad.says)
	}
}

func refusePolicies(c *stage, p props) {
	shape := p.actor.Shape()
	size, blind := shape.Parameters(), shape
	blind.Observation = 0
	for _, bad := range []struct {
		what, says string
		shape      PolicyShape
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
		if bad.shape.Observation == shape.Observation {
			refused(c, "SetParameters with "+bad.what, func() error { return p.actor.SetParameters(make([]float32, bad.parameters)) }, bad.says)
		}
	}
}

func refuseNormalisers(c *stage, p props) {
	width := p.actor.Shape().Observation
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

func refuseValues(c *stage, shape ValueShape) {
	size, narrow := shape.MLP().Parameters(), shape
	narrow.Hidden = []int{3, -1}
	for _, bad := range []struct {
		what, says string
		shape      ValueShape
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

func refuseVectors(c *stage, p props) {
	size := p.actor.Shape().Parameters()
	right := make([]float64, size)
	for what, wrong := range map[string][]float64{"a short": make([]float64, size-1), "a long": make([]float64, size+1), "no": nil} {
		refused(c, "PolicyGradient into "+what+" vector", func() error { return c.PolicyGradient(wrong, p.paths, p.actor) }, "gradient of", "want")
		refused(c, "FisherVector into "+what+" vector", func() error { return c.FisherVector(wrong, right, p.paths, p.actor, 1) }, "product of", "want")
		refused(c, "FisherVector of "+what+" vector", func() error { return c.FisherVector(right, wrong, p.paths, p.actor, 1) }, "vector of", "want")
	}
}

// refuseMisfits gives paths to what was made for others.
func refuseMisfits(c *stage, p props) {
	p.paths = c.upload(pathColumns(2, 4, 3, 2))
	for _, method := range []string{"PolicyGradient", "FisherVector", "Surrogate"} {
		refused(c, method+" with paths of other sizes", p.uses(c.Guarded)[method], "policy of 12 observations and 5 actions", "paths of")
	}
	for _, method := range []string{"Advantages", "FitValue"} {
		refused(c, method+" with paths of other sizes", p.uses(c.Guarded)[method], "value network of 12 observations", "paths of")
	}
	refused(c, "Score with paths of other sizes", p.uses(c.Guarded)["Score"], "toy has 12 observations and 5 actions")
	p.task = unrewarded{p.task}
	refused(c, "Score by a task that contradicts itself", p.uses(c.Guarded)["Score"], "no reward term")
}
