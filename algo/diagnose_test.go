package algo

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	"gorgonia.org/tensor"

	"github.com/palmal-rl/palmal/nn"
)

// line is a point on a line that moves by its action, in float32 as a model does: the world and what
// there is to know of its task.
type line struct {
	lengths []int     // decisions of each episode
	end     float64   // the task ends an episode in the model beyond this; the world's lengths are given
	seen    []float32 // actions, episode after episode
}

func (w *line) Horizon() int          { return 8 }
func (w *line) ActionRepeat() int     { return 1 }
func (w *line) Dropped() uint64       { return 0 }
func (w *line) RewardTerms() []string { return []string{"near"} }

func (w *line) Identity() (string, []float64)    { return "line", nil }
func (w *line) ObservationKinds() []string       { return []string{nn.KindPredicted} }
func (w *line) ActionBox() (low, high []float64) { return []float64{-1}, []float64{1} }
func (w *line) Rewards(terms, _, _, n []float64) { terms[0] = -math.Abs(n[0]) }
func (w *line) Terminated(next []float64) bool   { return next[0] > w.end }

func (w *line) Sample(_ context.Context, _, first uint64, newActor func() ActFunc, keep KeepFunc) error {
	act := newActor()
	for number := first; ; number++ {
		steps := w.lengths[int(number)%len(w.lengths)]
		obs, actions, rewards := []float32{float32(number + 1)}, []float32{}, []float64{}
		for t := range steps {
			action := []float32{0}
			act(number, t, obs[t:t+1], action)
			obs = append(obs, obs[t]+action[0])
			actions, rewards = append(actions, action...), append(rewards, -math.Abs(float64(obs[t+1])))
		}
		w.seen = append(w.seen, actions...)
		if !keep(Episode{Observations: obs, Actions: actions, Rewards: rewards, Samples: steps, Success: math.NaN()}) {
			return nil
		}
	}
}

// guess is a model of the line that is wrong by a function of the member and the state.
type guess struct {
	nn.Backend
	wrong func(member int, x float32) float32
	asked [][]float32 // actions of every prediction
}

func (g *guess) Predict(m nn.Ensemble, _ nn.Task, observations, actions *tensor.Dense) (*tensor.Dense, error) {
	x, a := observations.Data().([]float32), actions.Data().([]float32)
	g.asked = append(g.asked, slices.Clone(a))
	rows, own := m.Shape().PredictRows(observations)
	var next []float32
	for e := range m.Shape().Members {
		for i := range rows {
			if own {
				i += e * rows
			}
			next = append(next, x[i]+a[i]+g.wrong(e, x[i]))
		}
	}
	return nn.Matrix(next, m.Shape().Members, rows, 1), nil
}

// shaped is an ensemble that has nothing but a shape, and a scale of differences of 2.
type shaped struct {
	nn.Ensemble
	members int
}

func (s shaped) Shape() nn.EnsembleShape {
	return nn.EnsembleShape{Members: s.members, Observation: 1, Action: 1, Hidden: []int{1}, Kinds: []string{nn.KindPredicted}}
}

func (s shaped) Save() (nn.State, error) {
	return nn.State{{Name: nn.StateOutScale, Value: nn.Matrix([]float32{2}, 1)}}, nil
}

// diagnosed looks eight decisions ahead on three episodes by the policy a = −tanh(x)/2.
func diagnosed(t *testing.T, w *line, g *guess, members int) Diagnosis {
	t.Helper()
	return diagnosedWithin(t, w, g, members, 0)
}

// diagnosedWithin does so with a bound on predicted observations.
func diagnosedWithin(t *testing.T, w *line, g *guess, members int, clamp float64) Diagnosis {
	t.Helper()
	if w.end == 0 {
		w.end = math.Inf(1)
	}
	policy := GaussianPolicy{Shape: nn.PolicyShape{Observation: 1, Action: 1, Hidden: []int{1}},
		Parameters: []float32{1, 0, -0.5, 0, -1}, Shift: []float32{0}, Scale: []float32{1}}
	x := Quantity{Name: "x", Distance: func(truth, predicted []float64) float64 { return math.Abs(predicted[0] - truth[0]) }}
	d, err := Diagnose(context.Background(), w, w, Pair{g, shaped{members: members}, policy},
		DiagnoseOptions{Episodes: 3, Horizon: 100, Clamp: clamp, Quantities: []Quantity{x}})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func right(int, float32) float32 { return 0 }

// A model that equals the world has no error at all: both compute in float32, so nothing rounds
// differently. Returns are summed in another order, which rounds at 1e-16 of sums of some ten.
func TestAModelThatEqualsTheWorldHasNoError(t *testing.T) {
	d := diagnosed(t, &line{lengths: []int{8}}, &guess{wrong: right}, 3)
	if len(d.Errors) != 1 || len(d.Errors[0].Open) != 9 || d.Horizon != 8 || d.Members != 3 {
		t.Fatalf("diagnosis %+v", d)
	}
	for i := range 9 {
		if d.Errors[0].Open[i] != 0 || d.Errors[0].Closed[i] != 0 {
			t.Errorf("errors %+v", d.Errors[0])
		}
	}
	for i, p := range d.Returns.Predicted {
		if !(math.Abs(float64(p-d.Returns.Realised[i])) < 1e-13) {
			t.Errorf("episode %d: predicted %v, realised %v", i, p, d.Returns.Realised[i])
		}
	}
	if !(d.Returns.Correlation > 1-1e-12) || d.Disagreement.MeanError != 0 || d.Disagreement.MeanSpread != 0 || d.Disagreement.Pearson == d.Disagreement.Pearson {
		t.Errorf("%+v, %+v", d.Returns, d.Disagreement)
	}
}

// A model that is wrong by 0.1 in every decision is wrong by 0.1 t after t of them while it is told
// the world's actions; a policy that steers to 0 in the model keeps the error from growing so.
func TestOpenLoopReplaysTheWorldsActions(t *testing.T) {
	w, g := &line{lengths: []int{8}}, &guess{wrong: func(int, float32) float32 { return 0.1 }}
	d := diagnosed(t, w, g, 2)
	for i, asked := range g.asked[:8] { // the first eight predictions are open loop
		for row, a := range asked {
			if want := w.seen[row%3*8+i]; a != want {
				t.Errorf("decision %d, row %d: action %v, the world's was %v", i, row, a, want)
			}
		}
	}
	const rounding = 8 * 4e-7 // rounding of float32 numbers below 4, in each decision
	for i, e := range d.Errors[0].Open {
		if !(math.Abs(float64(e)-0.1*float64(i)) <= rounding) {
			t.Errorf("open loop error after %d decisions %v, want %v", i, e, 0.1*float64(i))
		}
	}
	// Near 0, where the points come to, the policy halves the error in a decision: it tends to 0.2.
	if closed := d.Errors[0].Closed; !(closed[8] > 0.1 && closed[8] < 0.7*d.Errors[0].Open[8]) || math.Abs(float64(closed[1])-0.1) > rounding {
		t.Errorf("closed loop errors %v, open %v", closed, d.Errors[0].Open)
	}
}

// Nothing is left to compare with once an episode of the world is over.
func TestErrorsCountWhileTheWorldGoesOn(t *testing.T) {
	d := diagnosed(t, &line{lengths: []int{2, 5, 1}}, &guess{wrong: func(int, float32) float32 { return 1 }}, 2)
	if want := []int{3, 3, 2, 1, 1, 1, 0, 0, 0}; !slices.Equal(d.Alive, want) {
		t.Errorf("alive %v, want %v", d.Alive, want)
	}
	open := d.Errors[0].Open
	if math.Abs(float64(open[5])-5) > 1e-5 || open[6] == open[6] { // float32 numbers below 8
		t.Errorf("errors %v, want 5 after 5 decisions, then unknown", open)
	}
	if d.Disagreement.Transitions != 8 {
		t.Errorf("%d transitions, want 8", d.Disagreement.Transitions)
	}
	if e := float64(d.Disagreement.MeanError); !(math.Abs(e-0.5) < 1e-6) { // wrong by 1, in units of 2
		t.Errorf("error of a decision %v, want 0.5", e)
	}
}

// The model's path ends where the task says so, with the reward of that decision.
func TestPredictedReturnEndsWithTheModelsPath(t *testing.T) {
	w := &line{lengths: []int{8}, end: 50}
	d := diagnosed(t, w, &guess{wrong: func(int, float32) float32 { return 100 }}, 2)
	// Three starts at 1, 2, 3 go to some 100 less the action, at most 0.5.
	for i, p := range d.Returns.Predicted {
		if want := -101 - float64(i); !(math.Abs(float64(p)-want) <= 0.5) {
			t.Errorf("episode %d: predicted return %v, want about %v: one decision", i, p, want)
		}
	}
}

// Paths that met the bound on observations are counted, each once, and only while the world's episode
// lasts; what met none says nothing.
func TestPathsThatMeetTheClampAreCounted(t *testing.T) {
	runaway := func(member int, x float32) float32 { // only the second member runs away: 1, 2, 3 become 4, 5, 6, then 7, 8, 9, ...
		return 3 * float32(member)
	}
	d := diagnosedWithin(t, &line{lengths: []int{8}}, &guess{wrong: runaway}, 2, 20)
	if c := d.Clamps; c.Bound != 20 || c.Paths != 6 || c.Open.Paths != 3 || c.Open.First != 7 {
		t.Errorf("%+v: want the three paths of the second member, the first of them from 3 in 7 decisions of at most 3", d.Clamps)
	}
	if text := d.Clamps.Text(); !strings.Contains(text, "reached the clamp of ±20: 3 of 6 in open loop, first after 7 decisions") {
		t.Error(text)
	}
	short := diagnosedWithin(t, &line{lengths: []int{5}}, &guess{wrong: runaway}, 2, 20)
	if short.Clamps.Open.Paths+short.Clamps.Closed.Paths > 0 || short.Clamps.Text() != "" {
		t.Errorf("%+v: the episodes of the world are over before", short.Clamps)
	}
}

// Predictions stay within the ranges of the task, which are no bound that is counted.
func TestDiagnosedPathsKeepTheirRanges(t *testing.T) {
	kinds := []string{nn.KindPredicted, nn.KindAngle, nn.KindPredicted}
	states := []float32{-5, 9, 0.5, 5, -9, -7}
	keepRange(states, kinds, []float32{-1, -2, float32(math.Inf(-1))}, []float32{2, 2, 0})
	if want := []float32{-1, 9, 0, 2, -9, -7}; !slices.Equal(states, want) {
		t.Errorf("states %v, want %v", states, want)
	}
	ahead := &sums{lookahead: &lookahead{Pair: Pair{Model: ofKinds{kinds: kinds}}, options: DiagnoseOptions{Low: []float32{-1, -2, -3}, High: []float32{2, 2, 0}}}}
	next := []float32{7, 7, 7}
	if ahead.clamp(1, next); next[0] != 2 || next[1] != 7 || next[2] != 0 || ahead.clamped.Paths != 0 {
		t.Errorf("states %v, %d paths counted", next, ahead.clamped.Paths)
	}
}

// ofKinds is an ensemble of some kinds of entries.
type ofKinds struct {
	nn.Ensemble
	kinds []string
}

func (s ofKinds) Shape() nn.EnsembleShape { return nn.EnsembleShape{Kinds: s.kinds} }

// Members that are the further apart the more wrong they are agree with their error in rank, and
// those whose distance says nothing do not.
func TestDisagreementIsComparedWithTrueError(t *testing.T) {
	knows := diagnosed(t, &line{lengths: []int{8}}, &guess{wrong: func(e int, x float32) float32 { return float32(e) * x }}, 3)
	if d := knows.Disagreement; !(d.Spearman > 0.999) || !(d.Pearson > 0.999) { // float32 rounding can swap neighbours
		t.Errorf("correlations %v and %v, want 1", d.Pearson, d.Spearman)
	}
	// Errors are 0, x and 2x: the mean is wrong by x, the standard deviation is √(2/3) x.
	if d := knows.Disagreement; !(math.Abs(float64(d.MeanSpread/d.MeanError)-math.Sqrt(2.0/3)) < 1e-5) {
		t.Errorf("spread %v, error %v", d.MeanSpread, d.MeanError)
	}
	opposite := diagnosed(t, &line{lengths: []int{8}}, &guess{wrong: func(e int, x float32) float32 { return x + float32(2*e-1)*(4-x) }}, 2)
	if d := opposite.Disagreement; !(d.Spearman < -0.9) {
		t.Errorf("rank correlation %v of errors x and spreads 4 − x", d.Spearman)
	}
}

func TestEqualValuesShareTheirRank(t *testing.T) {
	if got, want := ranks([]float64{5, 1, 5, 0}), []float64{2.5, 1, 2.5, 0}; !slices.Equal(got, want) {
		t.Errorf("ranks %v, want %v", got, want)
	}
}

func TestDiagnosisOfNothingIsRefused(t *testing.T) {
	if _, err := Diagnose(context.Background(), &line{}, &line{}, Pair{}, DiagnoseOptions{Episodes: 1}); err == nil {
		t.Error("no error for a horizon of 0")
	}
}
