package nn_test

import (
	"math"

	"gorgonia.org/tensor"

	"github.com/palmal-rl/palmal/nn"
	"github.com/palmal-rl/palmal/nn/nntest"
)

// flaw is a change of the nntest.Props that some methods must refuse, and what their errors must say.
type flaw struct {
	what    string
	change  func(*nntest.Props)
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
			nntest.Refused(c, method+" with "+f.what, flawed.Uses(c.Guarded)[method], f.says)
		}
	}
}

// unrewarded is a task whose tables contradict what a task is.
type unrewarded struct{ nn.Task }

func (unrewarded) RewardTerms() []string { return nil }

// doubles are zeros in float64, which no column may hold.
func doubles(shape ...int) *tensor.Dense {
	return tensor.New(tensor.WithShape(shape...), tensor.WithBacking(make([]float64, tensor.Shape(shape).TotalSize())))
}

func zeros(shape ...int) *tensor.Dense {
	return nn.Matrix(make([]float32, tensor.Shape(shape).TotalSize()), shape...)
}

func refuseData(c *stage) {
	model := c.ensemble(toyModel(true))
	fits, models := []string{"Fit", "ModelLoss"}, []string{"Fit", "ModelLoss", "Predict"}
	small := c.policy(toyPolicy(3, 2))
	refuseFlaws(c, []flaw{
		{"no observations", func(p *nntest.Props) { p.Data.Observations = nil }, "observations", models},
		{"observations of one axis", func(p *nntest.Props) { p.Data.Observations = zeros(20) }, "observations", models},
		{"an entry too few", func(p *nntest.Props) { p.Data.Observations = zeros(20, 11) }, "want float32 [20 12]", models},
		{"observations in float64", func(p *nntest.Props) { p.Data.Observations = doubles(20, 12) }, "observations are float64", models},
		{"no actions", func(p *nntest.Props) { p.Data.Actions = nil }, "actions are missing", models},
		{"an action too few", func(p *nntest.Props) { p.Data.Actions = zeros(19, 5) }, "actions are float32 (19, 5), want", models},
		{"no next observations", func(p *nntest.Props) { p.Data.Next = nil }, "next are missing", fits},
		{"next observations of others", func(p *nntest.Props) { p.Data.Next = zeros(20, 13) }, "next are", fits},
		{"no rewards to learn", func(p *nntest.Props) { p.Model = model }, "rewards, which the ensemble learns", fits},
		{"a reward too few", func(p *nntest.Props) { p.Model, p.Data.Rewards = model, zeros(19) }, "rewards, which the ensemble learns", fits},
		{"rewards in float64", func(p *nntest.Props) { p.Model, p.Data.Rewards = model, doubles(20) }, "rewards, which the ensemble learns", fits},
		{"a task of other sizes", func(p *nntest.Props) { p.Task = plainTask(3, 2) }, "plain", []string{"Predict", "Rollout"}},
		{"a task of other kinds", func(p *nntest.Props) { p.Task = plainTask(12, 5) }, "plain", []string{"Predict", "Rollout"}},
		{"a task that contradicts itself", func(p *nntest.Props) { p.Task = unrewarded{p.Task} }, "no reward term", []string{"Predict", "Rollout"}},
		{"a policy of other sizes", func(p *nntest.Props) { p.Policy = small }, "policy of 3 observations and 2 actions", []string{"Rollout"}},
		{"a time too few", func(p *nntest.Props) { p.Starts.Times = p.Starts.Times[1:] }, "starts are", []string{"Rollout"}},
		{"no times", func(p *nntest.Props) { p.Starts.Times = nil }, "no start", []string{"Rollout"}},
		{"no states", func(p *nntest.Props) { p.Starts.Observations = nil }, "starts are missing", []string{"Rollout"}},
	})
}

func refuseOptions(c *stage) {
	nan := math.NaN()
	refuseFlaws(c, []flaw{
		{"0 epochs", func(p *nntest.Props) { p.Fit.Epochs, p.ValueFit.Epochs = 0, 0 }, "epochs 0", []string{"Fit", "FitValue"}},
		{"a batch of 0", func(p *nntest.Props) { p.Fit.Batch, p.ValueFit.Batch = 0, 0 }, "batch 0", []string{"Fit", "FitValue"}},
		{"β1 = 1", func(p *nntest.Props) { p.Fit.Adam.Beta1, p.ValueFit.Adam.Beta1 = 1, 1 }, "adam", []string{"Fit", "FitValue"}},
		{"a fall over two fits", func(p *nntest.Props) { p.Fit.Anneal = 2 }, "must be a fraction", []string{"Fit"}},
		{"a negative cap", func(p *nntest.Props) { p.Fit.MaxSteps = -1 }, "must be positive", []string{"Fit"}},
		{"a horizon of 0", func(p *nntest.Props) { p.Rollout.Horizon = 0 }, "horizon 0", []string{"Rollout"}},
		{"a negative time limit", func(p *nntest.Props) { p.Rollout.TimeLimit = -1 }, "time limit -1", []string{"Rollout"}},
		{"noise of too few entries", func(p *nntest.Props) { p.Rollout.Noise = []float32{1} }, "noise of 1 entries", []string{"Rollout"}},
		{"negative noise", func(p *nntest.Props) { p.Rollout.Noise = append(make([]float32, 11), -1) }, "noise of entry 11 is -1", []string{"Rollout"}},
		{"a clamp spread of NaN", func(p *nntest.Props) { p.Rollout.ClampSpread = nan }, "clamp spread NaN", []string{"Rollout"}},
		{"a clamp of NaN", func(p *nntest.Props) { p.Rollout.Clamp = nan }, "clamp NaN", []string{"Rollout"}},
		{"bounds of too few entries", func(p *nntest.Props) { p.Rollout.Low, p.Rollout.High = make([]float32, 12), make([]float32, 11) }, "bounds of 12 and 11 entries", []string{"Rollout"}},
		{"one bound without the other", func(p *nntest.Props) { p.Rollout.High = make([]float32, 12) }, "bounds of 0 and 12 entries", []string{"Rollout"}},
		{"bounds out of order", func(p *nntest.Props) { p.Rollout.Low, p.Rollout.High = make([]float32, 12), make([]float32, 12) }, "bounds [0, 0] of entry 0", []string{"Rollout"}},
		{"a cut below 0", func(p *nntest.Props) { p.Rollout.Cut = -1 }, "cut at a disagreement of -1", []string{"Rollout"}},
		{"a cut of NaN", func(p *nntest.Props) { p.Rollout.Cut = nan }, "cut at a disagreement of NaN", []string{"Rollout"}},
		{"a stride of 0", func(p *nntest.Props) { p.Stride = 0 }, "stride 0", []string{"FisherVector"}},
		{"a negative stride", func(p *nntest.Props) { p.Stride = -3 }, "stride -3", []string{"FisherVector"}},
	})
}

func refuseColumns(c *stage) {
	whole := newProps(c).Columns
	const n, steps, observation, action = 6, 5, 12, 5
	for _, bad := range []struct {
		what, says string
		change     func(*nn.PathColumns)
	}{
		{"without observations", "observations must be", func(x *nn.PathColumns) { x.Observations = nil }},
		{"with observations of two axes", "observations must be", func(x *nn.PathColumns) { x.Observations = zeros(n*(steps+1), observation) }},
		{"with states of other times", "actions are", func(x *nn.PathColumns) { x.Observations = zeros(n, steps+2, observation) }},
		{"with no step", "0 steps", func(x *nn.PathColumns) { x.Observations = zeros(n, 1, observation) }},
		{"with observations in float64", "observations are float64", func(x *nn.PathColumns) { x.Observations = doubles(n, steps+1, observation) }},
		{"without actions", "actions are missing", func(x *nn.PathColumns) { x.Actions = nil }},
		{"with an action too many", "actions are", func(x *nn.PathColumns) { x.Actions = zeros(n, steps, action+1) }},
		{"without means", "means are missing", func(x *nn.PathColumns) { x.Means = nil }},
		{"with means of one path", "means are", func(x *nn.PathColumns) { x.Means = zeros(1, steps, action) }},
		{"without log σ", "0 actions", func(x *nn.PathColumns) { x.LogStd = nil }},
		{"with a log σ too few", "want float32 [6 5 4]", func(x *nn.PathColumns) { x.LogStd = x.LogStd[1:] }},
		{"with a time too few", "5 times", func(x *nn.PathColumns) { x.Times = x.Times[1:] }},
		{"with an ending too few", "5 terminated", func(x *nn.PathColumns) { x.Terminated = x.Terminated[1:] }},
		{"without lengths", "0 lengths", func(x *nn.PathColumns) { x.Lengths = nil }},
		{"with a length beyond T", "path 0: length 99", func(x *nn.PathColumns) { x.Lengths = append([]int{99}, x.Lengths[1:]...) }},
		{"with a negative length", "path 0: length -1", func(x *nn.PathColumns) { x.Lengths = append([]int{-1}, x.Lengths[1:]...) }},
		{"with rewards of one path", "rewards are", func(x *nn.PathColumns) { x.Rewards = zeros(1, steps) }},
		{"with advantages of other times", "advantages are", func(x *nn.PathColumns) { x.Advantages = zeros(n, steps+1) }},
		{"with returns in float64", "returns are float64", func(x *nn.PathColumns) { x.Returns = doubles(n, steps) }},
	} {
		columns := *whole
		bad.change(&columns)
		nntest.Refused(c, "UploadPaths "+bad.what, func() error {
			made, err := c.UploadPaths(&columns)
			return nntest.CloseUnless(made, err)
		}, bad.says)
	}
	nntest.Refused(c, "UploadPaths of nothing", func() error {
		made, err := c.UploadPaths(nil)
		return nntest.CloseUnless(made, err)
	}, "observations must be")
}
