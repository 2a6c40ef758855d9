package nn_test

import (
	"math"
	"testing"

	"github.com/palmal-rl/palmal/nn"
	"github.com/palmal-rl/palmal/nn/nntest"
)

// criticalStub also has critics.
type criticalStub struct{ wholeStub }

func (s *criticalStub) NewCritics(nn.CriticShape, []float32) (nn.Stored, error) {
	return new(stubNetwork), nil
}

func (s *criticalStub) FitCritics(nn.Stored, *stubPaths, *stubPolicy, nn.Task, nn.CriticOptions) (nn.CriticReport, error) {
	s.calls++
	return nn.CriticReport{}, nil
}

func (s *criticalStub) ActorGradient([]float64, *stubPaths, *stubPolicy, nn.Stored, *stubNetwork, nn.Task, nn.ActorOptions) error {
	s.calls++
	return nil
}

func toyCritics() nn.CriticShape {
	return nn.CriticShape{Critics: 2, Observation: 12, Action: 5, Hidden: []int{4}}
}

func TestBackendsWithoutCriticsRefuseThemByName(t *testing.T) {
	c := newStage(t)
	p, shape := newProps(c), toyCritics()
	unsupported(t, "Critical", c.Guarded.Critical())
	for what, call := range map[string]func() error{
		"NewCritics": func() error { _, err := c.NewCritics(shape, shape.Init(1)); return err },
		"FitCritics": func() error {
			_, err := c.FitCritics(nil, p.Paths, p.Policy, p.Task, nn.CriticOptions{})
			return err
		},
		"ActorGradient": func() error { return c.ActorGradient(nil, p.Paths, p.Policy, nil, p.Model, p.Task, nn.ActorOptions{}) },
	} {
		nntest.Refused(t, what, func() error { err := call(); unsupported(t, what, err); return err }, c.Name(), "critics")
	}
}

// critical is a stage whose machine has critics, with critics and whole arguments.
type critical struct {
	*stage
	machine  *criticalStub
	props    nntest.Props
	critics  nn.Critics
	fit      nn.CriticOptions
	gradient nn.ActorOptions
}

func newCritical(t *testing.T) *critical {
	machine := new(criticalStub)
	c := &critical{stage: &stage{t, nn.Guard[*stubNetwork, *stubNetwork, *stubPolicy, *stubPaths]("stub", machine), nil}, machine: machine}
	c.props = newProps(c.stage)
	c.critics = c.another(toyCritics())
	c.fit = nn.CriticOptions{Gamma: 0.9, Low: -1, High: 1, Slow: 0.1, Adam: nn.DefaultAdam(), Rollout: c.props.Rollout}
	c.gradient = nn.ActorOptions{PathwiseOptions: nn.PathwiseOptions{Gamma: 0.9, Score: nn.ScoreOptions{RewardScale: 1}, Rollout: c.props.Rollout}, Low: -1, High: 1}
	return c
}

func (c *critical) another(shape nn.CriticShape) nn.Critics {
	critics, err := c.NewCritics(shape, shape.Init(1))
	c.need("NewCritics", err)
	return critics
}

// calls are both methods with the arguments as they are now.
func (c *critical) calls() map[string]func() error {
	p := c.props
	return map[string]func() error{
		"FitCritics": func() error { _, err := c.FitCritics(c.critics, p.Paths, p.Policy, p.Task, c.fit); return err },
		"ActorGradient": func() error {
			return c.ActorGradient(make([]float64, p.Policy.Shape().Parameters()), p.Paths, p.Policy, c.critics, p.Model, p.Task, c.gradient)
		},
	}
}

func TestGuardLetsCriticsThrough(t *testing.T) {
	c := newCritical(t)
	if err := c.Critical(); err != nil {
		t.Error(err)
	}
	if got := c.critics.Shape(); got.Critics != 2 || c.critics.Backend() != "stub" {
		t.Errorf("critics %+v of backend %s", got, c.critics.Backend())
	}
	for what, call := range c.calls() {
		if before := c.machine.calls; call() != nil || c.machine.calls != before+1 {
			t.Errorf("%s: error %v, %d calls of the machine", what, call(), c.machine.calls-before)
		}
	}
}

func TestGuardRefusesCritics(t *testing.T) {
	other := newCritical(t)
	nan := math.NaN()
	for what, one := range map[string]struct {
		change func(*critical)
		want   string
	}{
		"no critics":                 {func(c *critical) { c.critics = nil }, "stub"},
		"critics of another backend": {func(c *critical) { c.critics = other.critics }, "another"},
		"closed critics":             {func(c *critical) { c.need("Close", c.critics.Close()) }, "closed"},
		"critics of other sizes": {func(c *critical) {
			c.critics = c.another(nn.CriticShape{Critics: 1, Observation: 3, Action: 2, Hidden: []int{4}})
		}, "critics of 3"},
		"a policy of other sizes":     {func(c *critical) { c.props.Policy = c.policy(toyPolicy(3, 2)) }, "policy of 3"},
		"another task":                {func(c *critical) { c.props.Task = plainTask(3, 2) }, "plain"},
		"a range without a width":     {func(c *critical) { c.fit.Low, c.gradient.Low = 1, 1 }, "range"},
		"a range that is no number":   {func(c *critical) { c.fit.High, c.gradient.High = nan, nan }, "range"},
		"a bonus that is no number":   {func(c *critical) { c.fit.Bonus, c.gradient.Entropy = nan, nan }, "finite"},
		"no horizon":                  {func(c *critical) { c.fit.Rollout.Horizon, c.gradient.Rollout.Horizon = 0, 0 }, "horizon"},
		"paths without a single step": {func(c *critical) { c.props.Paths = c.upload(stepless()) }, "no steps"},
	} {
		c := newCritical(t)
		one.change(c)
		for method, call := range c.calls() {
			nntest.Refused(t, method+" with "+what, call, one.want)
		}
		if c.machine.calls > 0 {
			t.Errorf("%s reached the machine", what)
		}
	}
	for what, one := range map[string]struct {
		change func(*critical)
		method string
		want   string
	}{
		"a share beyond 1":     {func(c *critical) { c.fit.Slow = 1.1 }, "FitCritics", "fraction"},
		"no rate":              {func(c *critical) { c.fit.Adam.Rate = 0 }, "FitCritics", "adam"},
		"no rewards":           {func(c *critical) { c.props.Paths = c.upload(rewardless()) }, "FitCritics", "rewards"},
		"a model of other":     {func(c *critical) { c.props.Model = newProps(other.stage).Model }, "ActorGradient", "another"},
		"no derivatives":       {func(c *critical) { c.props.Task = wooden{c.props.Task} }, "ActorGradient", "derivatives"},
		"a width that is none": {func(c *critical) { c.gradient.Smooth = nan }, "ActorGradient", "smooth"},
		"a price of doubts":    {func(c *critical) { c.gradient.Score.Disagreement = -1 }, "ActorGradient", "disagree"},
	} {
		c := newCritical(t)
		one.change(c)
		nntest.Refused(t, one.method+" with "+what, c.calls()[one.method], one.want)
	}
}

func stepless() *nn.PathColumns {
	columns := pathColumns(4, 3, 12, 5)
	clear(columns.Lengths)
	return columns
}

func rewardless() *nn.PathColumns {
	columns := pathColumns(4, 3, 12, 5)
	columns.Rewards = nil
	return columns
}

func TestCriticsOfImpossibleShapesAreRefused(t *testing.T) {
	c := newCritical(t)
	for what, shape := range map[string]nn.CriticShape{"none": {Observation: 2, Action: 1, Hidden: []int{3}}, "an empty layer": {Critics: 1, Observation: 2, Action: 1, Hidden: []int{0}}} {
		nntest.Refused(t, what, func() error { _, err := c.NewCritics(shape, nil); return err }, "needs at least one")
	}
	nntest.Refused(t, "too few parameters", func() error { _, err := c.NewCritics(toyCritics(), nil); return err }, "critics: 0 parameters")
}

// The first Q is the middle of the range for every action, and no two critics are alike.
func TestCriticsBeginAlikeInValueAlone(t *testing.T) {
	shape := toyCritics()
	parameters, layers := shape.Init(3), shape.MLP().Layers()
	size := shape.MLP().Parameters()
	one, other := parameters[:size], parameters[size:]
	for _, own := range [][]float32{one, other} {
		for _, w := range own[layers[len(layers)-1].Weights:] {
			if w != 0 {
				t.Fatalf("weight %g of the last layer", w)
			}
		}
	}
	if one[0] == other[0] || one[0] == 0 {
		t.Errorf("first weights %g and %g", one[0], other[0])
	}
}
