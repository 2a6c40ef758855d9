package nntest

import (
	"fmt"
	"math"

	"github.com/palmal-rl/palmal/nn"
	"gorgonia.org/tensor"
)

func memoryCases() []Case {
	return []Case{
		{Name: "memory/guards", Methods: []string{"PolicyGradient", "FisherVector", "Fit", "Predict", "Rollout", "UploadPaths"},
			Reason: "the same bits", holds: guards,
			What: "guard words on both sides of every buffer of the caller, written or read, stay as they were"},
		{Name: "memory/inputs", Methods: []string{"Fit", "ModelLoss", "Predict", "Rollout", "UploadPaths", "Score", "Advantages",
			"PolicyGradient", "FisherVector", "Surrogate", "FitValue"}, Reason: "the same bits", holds: inputsKept,
			What: "no method changes the data, starts, columns or vectors that it reads"},
		{Name: "memory/results", Methods: []string{"Fit", "Predict", "ModelLoss", "Score"}, Reason: "the same bits", holds: resultsKept,
			What: "what a method returned does not change when it is called again"},
	}
}

// The word on both sides of a buffer is a NaN with a payload of this suite, so that reading the word
// shows in the result and writing it shows in the bits.
const (
	guardBits32 = 0x7fc0_6c6d
	guardBits64 = 0x7ff8_7061_6c6d_616c
	guardWords  = 64
)

// vault lends buffers that lie between guard words.
type vault struct {
	short [][]float32
	wide  [][]float64
}

func (v *vault) float32s(numbers []float32) []float32 {
	all := make([]float32, len(numbers)+2*guardWords)
	for i := range all {
		all[i] = math.Float32frombits(guardBits32)
	}
	v.short = append(v.short, all)
	lent := all[guardWords : guardWords+len(numbers) : guardWords+len(numbers)]
	copy(lent, numbers)
	return lent
}

func (v *vault) float64s(numbers []float64) []float64 {
	all := make([]float64, len(numbers)+2*guardWords)
	for i := range all {
		all[i] = math.Float64frombits(guardBits64)
	}
	v.wide = append(v.wide, all)
	lent := all[guardWords : guardWords+len(numbers) : guardWords+len(numbers)]
	copy(lent, numbers)
	return lent
}

// tensor puts a copy of a column between guard words.
func (v *vault) tensor(column *tensor.Dense) *tensor.Dense {
	return nn.Matrix(v.float32s(column.Data().([]float32)), column.Shape()...)
}

// check reports guard words that changed.
func (v *vault) check(t TB) {
	t.Helper()
	for i, all := range v.short {
		sides := append(append([]float32(nil), all[:guardWords]...), all[len(all)-guardWords:]...)
		want := make([]float32, len(sides))
		for k := range want {
			want[k] = math.Float32frombits(guardBits32)
		}
		sameBits(t, fmt.Sprintf("guard words of float32 buffer %d", i), sides, want)
	}
	for i, all := range v.wide {
		for k := range guardWords {
			if math.Float64bits(all[k]) != guardBits64 || math.Float64bits(all[len(all)-1-k]) != guardBits64 {
				t.Errorf("guard words of float64 buffer %d changed", i)
				break
			}
		}
	}
}

// guards runs methods on buffers between guard words. The results must be those of plain buffers.
func guards(c *check) {
	var v vault
	p := newProps(c.driver)
	size := p.Policy.Shape().Parameters()
	direction := normals(source(130), size, 1)
	plainGradient, plainProduct := c.gradient(p.Paths, p.Policy), c.fisher(direction, p.Paths, p.Policy, 1)
	data := nn.Transitions{Observations: v.tensor(p.Data.Observations), Actions: v.tensor(p.Data.Actions), Next: v.tensor(p.Data.Next)}
	plainNext := c.predict(p.Model, p.Task, p.Data.Observations, p.Data.Actions)
	near(c, "Predict", c.predict(p.Model, p.Task, data.Observations, data.Actions), plainNext, exact("the same input"))

	columns := *p.Columns
	columns.Observations, columns.Actions, columns.Means = v.tensor(columns.Observations), v.tensor(columns.Actions), v.tensor(columns.Means)
	columns.Advantages, columns.LogStd = v.tensor(columns.Advantages), v.float32s(columns.LogStd)
	paths := c.upload(&columns)
	gradient, product := v.float64s(make([]float64, size)), v.float64s(make([]float64, size))
	c.need("PolicyGradient", c.PolicyGradient(gradient, paths, p.Policy))
	c.need("FisherVector", c.FisherVector(product, v.float64s(direction), paths, p.Policy, 1))
	near(c, "PolicyGradient", gradient, plainGradient, exact("the same input"))
	near(c, "FisherVector", product, plainProduct, exact("the same input"))
	starts := nn.Starts{Observations: v.tensor(p.Starts.Observations), Times: v.float32s(p.Starts.Times)}
	c.rollout(p.Policy, p.Model, p.Task, starts, nn.RolloutOptions{Horizon: 3})
	c.need("SetParameters", p.Policy.SetParameters(v.float32s(beadPolicy(6).Init(3, 0, 1))))
	c.fit(p.Model, data, fitOptions(2, 7))
	v.check(c)
}

// inputsKept runs every method and compares its inputs with a copy made before.
func inputsKept(c *check) {
	p := newProps(c.driver)
	inputs := map[string][]float32{
		"observations": p.Data.Observations.Data().([]float32), "actions": p.Data.Actions.Data().([]float32),
		"next": p.Data.Next.Data().([]float32), "starts": p.Starts.Observations.Data().([]float32), "times": p.Starts.Times,
	}
	for name, numbers := range validColumns(p.Columns) {
		inputs["column "+name] = numbers
	}
	before := map[string][]float32{}
	for name, numbers := range inputs {
		before[name] = append([]float32(nil), numbers...)
	}
	for method, use := range p.Uses(c.Backend) {
		c.need(method, use())
	}
	v := normals(source(131), p.Policy.Shape().Parameters(), 1)
	kept := append([]float64(nil), v...)
	c.fisher(v, p.Paths, p.Policy, 1)
	near(c, "vector", v, kept, exact("an input"))
	for name, numbers := range validColumns(p.Columns) {
		inputs["column "+name] = numbers
	}
	for name, numbers := range inputs {
		sameBits(c, name, numbers, before[name])
	}
}

// resultsKept calls methods twice, with other data, and checks the first results again.
func resultsKept(c *check) {
	p := newProps(c.driver)
	predicted, err := c.Predict(p.Model, p.Task, p.Data.Observations, p.Data.Actions)
	c.need("Predict", err)
	next := predicted.Data().([]float32)
	report, loss := c.fit(p.Model, p.Data, fitOptions(1, 8)), c.modelLoss(p.Model, p.Data)
	score, columns := c.score(p.Paths, p.Task, nn.ScoreOptions{RewardScale: 1}), c.download(p.Paths)
	kept := [][]float64{widen(next), report.First, report.Last, loss, score.Returns, widen(valid(columns, columns.Rewards, 0))}
	before := make([][]float64, len(kept))
	for i := range kept {
		before[i] = append([]float64(nil), kept[i]...)
	}
	other := experience(20, 140, false)
	c.fit(p.Model, other, fitOptions(2, 5))
	c.modelLoss(p.Model, other)
	c.predict(p.Model, p.Task, other.Observations, other.Actions)
	c.score(p.Paths, p.Task, nn.ScoreOptions{RewardScale: 5})
	kept[0], kept[5] = widen(next), widen(valid(columns, columns.Rewards, 0))
	for i := range kept {
		near(c, "an earlier result", kept[i], before[i], exact("a result is the caller's"))
	}
}
