package nn

import (
	"math"

	"gorgonia.org/tensor"
)

// flaw is a change of the props that some methods must refuse, and what their errors must say.
type flaw struct {
	what    string
	change  func(*props)
	says    string
	methods []string
}

// refuseFlaws holds every method to the flaws that concern it.
func refuseFlaws(c *stage, flaws []flaw) {
	p := newProps(c)
	works(c, p)
	for _, f := range flaws {
		flawed := p
		f.change(&flawed)
		for _, method := range f.methods {
			refused(c, method+" with "+f.what, flawed.uses(c.Guarded)[method], f.says)
		}
	}
}

// unrewarded is a task whose tables contradict what a task is.
type unrewarded struct{ Task }

func (unrewarded) RewardTerms() []string { return nil }

// doubles are zeros in float64, which no column may hold.
func doubles(shape ...int) *tensor.Dense {
	return tensor.New(tensor.WithShape(shape...), tensor.WithBacking(make([]float64, tensor.Shape(shape).TotalSize())))
}

func zeros(shape ...int) *tensor.Dense {
	return Matrix(make([]float32, tensor.Shape(shape).TotalSize()), shape...)
}

func refuseData(c *stage) {
	model := c.ensemble(toyModel(true))
	fits, models := []string{"Fit", "ModelLoss"}, []string{"Fit", "ModelLoss", "Predict"}
	small := c.policy(toyPolicy(3, 2))
	refuseFlaws(c, []flaw{
		{"no observations", func(p *props) { p.data.Observations = nil }, "observations", models},
		{"observations of one axis", func(p *props) { p.data.Observations = zeros(20) }, "observations", models},
		{"an entry too few", func(p *props) { p.data.Observations = zeros(20, 11) }, "want float32 [20 12]", models},
		{"observations in float64", func(p *props) { p.data.Observations = doubles(20, 12) }, "observations are float64", models},
		{"no actions", func(p *props) { p.data.Actions = nil }, "actions are missing", models},
		{"an action too few", func(p *props) { p.data.Actions = zeros(19, 5) }, "actions are float32 (19, 5), want", models},
		{"no next observations", func(p *props) { p.data.Next = nil }, "next are missing", fits},
		{"next observations of others", func(p *props) { p.data.Next = zeros(20, 13) }, "next are", fits},
		{"no rewards to learn", func(p *props) { p.model = model }, "rewards, which the ensemble learns", fits},
		{"a reward too few", func(p *props) { p.model, p.data.Rewards = model, zeros(19) }, "rewards, which the ensemble learns", fits},
		{"rewards in float64", func(p *props) { p.model, p.data.Rewards = model, doubles(20) }, "rewards, which the ensemble learns", fits},
		{"a task of other sizes", func(p *props) { p.task = plainTask(3, 2) }, "plain", []string{"Predict", "Rollout"}},
		{"a task of other kinds", func(p *props) { p.task = plainTask(12, 5) }, "plain", []string{"Predict", "Rollout"}},
		{"a task that contradicts itself", func(p *props) { p.task = unrewarded{p.task} }, "no reward term", []string{"Predict", "Rollout"}},
		{"a policy of other sizes", func(p *props) { p.actor = small }, "policy of 3 observations and 2 actions", []string{"Rollout"}},
		{"a time too few", func(p *props) { p.starts.Times = p.starts.Times[1:] }, "starts are", []string{"Rollout"}},
		{"no times", func(p *props) { p.starts.Times = nil }, "no start", []string{"Rollout"}},
		{"no states", func(p *props) { p.starts.Observations = nil }, "starts are missing", []string{"Rollout"}},
	})
}

func refuseOptions(c *stage) {
	nan := math.NaN()
	refuseFlaws(c, []flaw{
		{"0 epochs", func(p *props) { p.fit.Epochs, p.valueFit.Epochs = 0, 0 }, "epochs 0", []string{"Fit", "FitValue"}},
		{"a batch of 0", func(p *props) { p.fit.Batch, p.valueFit.Batch = 0, 0 }, "batch 0", []string{"Fit", "FitValue"}},
		{"β1 = 1", func(p *props) { p.fit.Adam.Beta1, p.valueFit.Adam.Beta1 = 1, 1 }, "adam", []string{"Fit", "FitValue"}},
		{"a fall over two fits", func(p *props) { p.fit.Anneal = 2 }, "must be a fraction", []string{"Fit"}},
		{"a negative cap", func(p *props) { p.fit.MaxSteps = -1 }, "must be positive", []string{"Fit"}},
		{"a horizon of 0", func(p *props) { p.rollout.Horizon = 0 }, "horizon 0", []string{"Rollout"}},
		{"a negative time limit", func(p *props) { p.rollout.TimeLimit = -1 }, "time limit -1", []string{"Rollout"}},
		{"noise of too few entries", func(p *props) { p.rollout.Noise = []float32{1} }, "noise of 1 entries", []string{"Rollout"}},
		{"negative noise", func(p *props) { p.rollout.Noise = append(make([]float32, 11), -1) }, "noise of entry 11 is -1", []string{"Rollout"}},
		{"a clamp spread of NaN", func(p *props) { p.rollout.ClampSpread = nan }, "clamp spread NaN", []string{"Rollout"}},
		{"a clamp of NaN", func(p *props) { p.rollout.Clamp = nan }, "clamp NaN", []string{"Rollout"}},
		{"a stride of 0", func(p *props) { p.stride = 0 }, "stride 0", []string{"FisherVector"}},
		{"a negative stride", func(p *props) { p.stride = -3 }, "stride -3", []string{"FisherVector"}},
	})
}

func refuseColumns(c *stage) {
	whole := newProps(c).columns
	const n, steps, observation, action = 6, 5, 12, 5
	for _, bad := range []struct {
		what, says string
		change     func(*PathColumns)
	}{
		{"without observations", "observations must be", func(x *PathColumns) { x.Observations = nil }},
		{"with observations of two axes", "observations must be", func(x *PathColumns) { x.Observations = zeros(n*(steps+1), observation) }},
		{"with states of other times", "actions are", func(x *PathColumns) { x.Observations = zeros(n, steps+2, observation) }},
		{"with no step", "0 steps", func(x *PathColumns) { x.Observations = zeros(n, 1, observation) }},
		{"with observations in float64", "observations are float64", func(x *PathColumns) { x.Observations = doubles(n, steps+1, observation) }},
		{"without actions", "actions are missing", func(x *PathColumns) { x.Actions = nil }},
		{"with an action too many", "actions are", func(x *PathColumns) { x.Actions = zeros(n, steps, action+1) }},
		{"without means", "means are missing", func(x *PathColumns) { x.Means = nil }},
		{"with means of one path", "means are", func(x *PathColumns) { x.Means = zeros(1, steps, action) }},
		{"without log σ", "0 actions", func(x *PathColumns) { x.LogStd = nil }},
		{"with a log σ too few", "want float32 [6 5 4]", func(x *PathColumns) { x.LogStd = x.LogStd[1:] }},
		{"with a time too few", "5 times", func(x *PathColumns) { x.Times = x.Times[1:] }},
		{"with an ending too few", "5 terminated", func(x *PathColumns) { x.Terminated = x.Terminated[1:] }},
		{"without lengths", "0 lengths", func(x *PathColumns) { x.Lengths = nil }},
		{"with a length beyond T", "path 0: length 99", func(x *PathColumns) { x.Lengths = append([]int{99}, x.Lengths[1:]...) }},
		{"with a negative length", "path 0: length -1", func(x *PathColumns) { x.Lengths = append([]int{-1}, x.Lengths[1:]...) }},
		{"with rewards of one path", "rewards are", func(x *PathColumns) { x.Rewards = zeros(1, steps) }},
		{"with advantages of other times", "advantages are", func(x *PathColumns) { x.Advantages = zeros(n, steps+1) }},
		{"with returns in float64", "returns are float64", func(x *PathColumns) { x.Returns = doubles(n, steps) }},
	} {
		columns := *whole
		bad.change(&columns)
		refused(c, "UploadPaths "+bad.what, func() error {
			made, err := c.UploadPaths(&columns)
			return closeUnless(made, err)
		}, bad.says)
	}
	refused(c, "UploadPaths of nothing", func() error {
		made, err := c.UploadPaths(nil)
		return closeUnless(made, err)
	}, "observations must be")
}
