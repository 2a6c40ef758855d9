package nn_test

import (
	"math"
	"strings"
	"testing"

	"gorgonia.org/tensor"

	"github.com/palmal-rl/palmal/nn"
)

func TestValueInputs(t *testing.T) {
	obs := []float32{3, -20, 10, 1e30, float32(math.Inf(-1))}
	shape := nn.ValueShape{Observation: len(obs), Hidden: []int{4}, Clip: nn.ValueClip, TimeScale: nn.ValueTimeScale}
	if shape.Features() != len(obs)+4 || shape.MLP().Input() != shape.Features() || shape.MLP().Output() != 1 {
		t.Fatalf("features %d, network %v", shape.Features(), shape.MLP().Sizes)
	}
	features := make([]float32, shape.Features())
	shape.Inputs(features, obs, 500)
	for i, want := range []float64{0.3, -1, 1, 1, -1, 0.5, 0.25, 0.125, 0.0625} {
		if !(math.Abs(float64(features[i])-want) <= 1e-7) { // one float32 division
			t.Errorf("feature %d is %g, want %g", i, features[i], want)
		}
	}
	shape.Clip, shape.TimeScale = 4, 250
	shape.Inputs(features, obs, 500)
	for i, want := range []float64{0.75, -1, 1, 1, -1, 2, 4, 8, 16} { // exact: divisions by powers of two
		if float64(features[i]) != want {
			t.Errorf("clip 4, time scale 250: feature %d is %g, want %g", i, features[i], want)
		}
	}
	if first := shape.Init(1); len(first) != shape.MLP().Parameters() || first[0] == shape.Init(2)[0] {
		t.Errorf("%d initial parameters, want %d that depend on the seed", len(first), shape.MLP().Parameters())
	}
}

// A NaN in the observation must not be hidden by the clip.
func TestValueInputsKeepNaN(t *testing.T) {
	features := make([]float32, 5)
	nn.ValueShape{Observation: 1, Clip: 3, TimeScale: 10}.Inputs(features, []float32{float32(math.NaN())}, 0)
	if f := features[0]; f == f {
		t.Errorf("the feature of NaN is %g", f)
	}
}

func TestValueShapeRefusesImpossibleInputs(t *testing.T) {
	for _, c := range []struct{ clip, timeScale float64 }{
		{0, 1000}, {10, 0}, {-1, 1000}, {10, -1}, {math.NaN(), 1}, {1, math.NaN()}, {math.Inf(1), 1}, {1, math.Inf(1)}, {1e-60, 1},
	} {
		shape := nn.ValueShape{Observation: 2, Hidden: []int{4}, Clip: c.clip, TimeScale: c.timeScale}
		if err := shape.Check(); err == nil || !strings.Contains(err.Error(), "must be positive") {
			t.Errorf("clip %g, time scale %g: %v", c.clip, c.timeScale, err)
		}
	}
	if err := (nn.ValueShape{Observation: 2, Hidden: []int{4}, Clip: 1, TimeScale: 1, Limit: -1}).Check(); err == nil {
		t.Error("an episode of -1 decisions passed")
	}
}

func TestFitSteps(t *testing.T) {
	for _, c := range []struct{ rows, epochs, batch, floor, cap, want int }{
		{2500, 100, 200, 0, 0, 1300}, // a PAL iteration: ⌈2500/200⌉ = 13 minibatches
		{100000, 10, 200, 0, 0, 5000},
		{200, 3, 200, 0, 0, 3},
		{201, 3, 200, 0, 0, 6},
		{1, 3, 200, 0, 0, 3},
		{2500, 1, 200, 100, 0, 104}, // the floor in whole epochs
		{2500, 1, 200, 13, 0, 13},
		{2500, 100, 200, 0, 1000, 1000}, // the cap cuts an epoch
		{2500, 1, 200, 0, 1000, 13},
		{2500, 1, 200, 100, 50, 50}, // the cap wins
	} {
		options := nn.FitOptions{Epochs: c.epochs, Batch: c.batch, MinSteps: c.floor, MaxSteps: c.cap}
		if got := options.Steps(c.rows); got != c.want {
			t.Errorf("%+v: %d steps, want %d", c, got, c.want)
		}
	}
}

// The rate stays until the last quarter of 8 steps, two, and goes down from there by its formula.
func TestAnnealedRateFallsLinearlyAtTheEnd(t *testing.T) {
	options := nn.FitOptions{Adam: nn.Adam{Rate: 0.3}, Anneal: 0.25}
	for i, want := range []float64{0.3, 0.3, 0.3, 0.3, 0.3, 0.3, 0.2, 0.1} {
		if got := options.AdamAt(i+1, 8).Rate; !(math.Abs(got-want) < 1e-15) { // a rounding or two
			t.Errorf("step %d: rate %g, want %g", i+1, got, want)
		}
	}
	options.Anneal = 0
	if got := options.AdamAt(8, 8); got != options.Adam {
		t.Errorf("without annealing the last step has %+v, want %+v", got, options.Adam)
	}
}

func TestOptionsRefuseWhatIsImpossible(t *testing.T) {
	adam, nan := nn.DefaultAdam(), math.NaN()
	fit := nn.FitOptions{Epochs: 1, Batch: 1, Adam: adam}
	rollout := nn.RolloutOptions{Horizon: 1}
	for _, err := range []error{fit.Check(), nn.ValueFitOptions{Epochs: 1, Batch: 1, Adam: adam}.Check(), rollout.Check(), adam.Check()} {
		if err != nil {
			t.Errorf("possible options are refused: %v", err)
		}
	}
	changed := func(change func(*nn.Adam)) nn.Adam {
		a := adam
		change(&a)
		return a
	}
	for what, check := range map[string]interface{ Check() error }{
		"no epochs":          nn.FitOptions{Batch: 1, Adam: adam},
		"no batch":           nn.FitOptions{Epochs: 1, Adam: adam},
		"a negative floor":   nn.FitOptions{Epochs: 1, Batch: 1, MinSteps: -1, Adam: adam},
		"a negative cap":     nn.FitOptions{Epochs: 1, Batch: 1, MaxSteps: -1, Adam: adam},
		"a negative fall":    nn.FitOptions{Epochs: 1, Batch: 1, Anneal: -0.1, Adam: adam},
		"a fall of NaN":      nn.FitOptions{Epochs: 1, Batch: 1, Anneal: nan, Adam: adam},
		"no optimiser":       nn.FitOptions{Epochs: 1, Batch: 1},
		"no value epochs":    nn.ValueFitOptions{Batch: 1, Adam: adam},
		"no value batch":     nn.ValueFitOptions{Epochs: 1, Adam: adam},
		"no value optimiser": nn.ValueFitOptions{Epochs: 1, Batch: 1},
		"no horizon":         nn.RolloutOptions{},
		"a horizon of 2²⁰":   nn.RolloutOptions{Horizon: 1 << 20},
		"a negative limit":   nn.RolloutOptions{Horizon: 1, TimeLimit: -1},
		"a negative clamp":   nn.RolloutOptions{Horizon: 1, Clamp: -1},
		"a clamp of NaN":     nn.RolloutOptions{Horizon: 1, Clamp: nan},
		"rate 0":             changed(func(a *nn.Adam) { a.Rate = 0 }),
		"rate NaN":           changed(func(a *nn.Adam) { a.Rate = nan }),
		"rate ∞":             changed(func(a *nn.Adam) { a.Rate = math.Inf(1) }),
		"β1 = 1":             changed(func(a *nn.Adam) { a.Beta1 = 1 }),
		"β2 below 0":         changed(func(a *nn.Adam) { a.Beta2 = -0.1 }),
		"β2 NaN":             changed(func(a *nn.Adam) { a.Beta2 = nan }),
		"ε = 0":              changed(func(a *nn.Adam) { a.Epsilon = 0 }),
		"a negative decay":   changed(func(a *nn.Adam) { a.Decay = -1 }),
	} {
		if check.Check() == nil {
			t.Errorf("%s is accepted", what)
		}
	}
}

func TestNoiseStepsOfRolloutsNeverMeet(t *testing.T) {
	last := nn.RolloutOptions{Index: 4}.NoiseStep(1<<20 - 1)
	if first := (nn.RolloutOptions{Index: 5}).NoiseStep(0); first <= last {
		t.Errorf("rollout 5 starts at step %d, rollout 4 ends at %d", first, last)
	}
}

// tabular is a task that is nothing but its tables.
type tabular struct {
	low, high []float64
	kinds     []string
	terms     []string
}

func (t tabular) Identity() (string, []float64)        { return "tabular", nil }
func (t tabular) ObservationKinds() []string           { return t.kinds }
func (t tabular) ActionBox() (low, high []float64)     { return t.low, t.high }
func (t tabular) RewardTerms() []string                { return t.terms }
func (t tabular) Rewards(terms, obs, act, n []float64) {}
func (t tabular) Terminated([]float64) bool            { return false }

func TestCheckTask(t *testing.T) {
	whole := tabular{low: []float64{-1, 0}, high: []float64{1, 2}, terms: []string{"r"},
		kinds: []string{nn.KindPredicted, nn.KindLastAction, nn.KindConstant, nn.KindAngle, nn.KindUnit, nn.KindLastAction}}
	if err := nn.CheckTask(whole); err != nil {
		t.Error(err)
	}
	for says, change := range map[string]func(*tabular){
		"box of 0":         func(x *tabular) { x.low, x.high = nil, nil },
		"2 low and 1 high": func(x *tabular) { x.high = x.high[:1] },
		"action 1":         func(x *tabular) { x.high = []float64{1, 0} },
		"action 0":         func(x *tabular) { x.low = []float64{math.NaN(), 0} },
		"no observation":   func(x *tabular) { x.kinds = nil },
		"observation 1":    func(x *tabular) { x.kinds = []string{nn.KindAngle, "angel"} },
		"3 last-action":    func(x *tabular) { x.kinds = []string{nn.KindLastAction, nn.KindLastAction, nn.KindLastAction} },
		"no reward":        func(x *tabular) { x.terms = nil },
	} {
		broken := whole
		change(&broken)
		if err := nn.CheckTask(broken); err == nil || !strings.Contains(err.Error(), says) || !strings.Contains(err.Error(), "tabular") {
			t.Errorf("error %v, want one that names the task and says %q", err, says)
		}
	}
}

func TestTransitionsCheck(t *testing.T) {
	shape := ensembleShape()
	whole := func() nn.Transitions {
		return nn.Transitions{Observations: nn.Matrix(make([]float32, 8), 4, 2), Actions: nn.Matrix(make([]float32, 4), 4, 1),
			Next: nn.Matrix(make([]float32, 8), 4, 2), Rewards: nn.Matrix(make([]float32, 4), 4)}
	}
	if err := whole().Check(shape); err != nil {
		t.Error(err)
	}
	for says, change := range map[string]func(*nn.Transitions){
		"missing":          func(d *nn.Transitions) { d.Next = nil },
		"actions":          func(d *nn.Transitions) { d.Actions = nn.Matrix(make([]float32, 3), 3, 1) },
		"next":             func(d *nn.Transitions) { d.Next = nn.Matrix(make([]float32, 12), 4, 3) },
		"observations":     func(d *nn.Transitions) { d.Observations = nn.Matrix(make([]float32, 12), 4, 3) },
		"reward":           func(d *nn.Transitions) { d.Rewards = nil },
		"want float32 [4]": func(d *nn.Transitions) { d.Rewards = nn.Matrix(make([]float32, 3), 3) },
		"float32": func(d *nn.Transitions) {
			d.Next = tensor.New(tensor.WithShape(4, 2), tensor.WithBacking(make([]float64, 8)))
		},
	} {
		data := whole()
		change(&data)
		if err := data.Check(shape); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("error %v, want one that says %q", err, says)
		}
	}
}

func TestStateFind(t *testing.T) {
	state := nn.State{{"w", nn.Matrix([]float32{1, 2, 3, 4, 5, 6}, 2, 3)}, {"n", nn.Integers([]int64{7, 8})}}
	if w, err := state.Float32s("w", 2, 3); err != nil || w[5] != 6 {
		t.Errorf("w is %v, error %v", w, err)
	}
	if n, err := state.Counters("n", 2); err != nil || n[1] != 8 {
		t.Errorf("n is %v, error %v", n, err)
	}
	for what, find := range map[string]func() error{
		"v is missing":       func() error { _, err := state.Float32s("v", 1); return err },
		"want float32 [3 2]": func() error { _, err := state.Float32s("w", 3, 2); return err },
		"want int64":         func() error { _, err := state.Counters("w", 2); return err },
		"want float32":       func() error { _, err := state.Float32s("n", 2); return err },
		"array n":            func() error { _, err := state.Counters("n", 3); return err },
	} {
		if err := find(); err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("error %v, want one that says %q", err, what)
		}
	}
}
