package nn_test

import (
	"math"
	"slices"
	"testing"

	"github.com/palmal-rl/palmal/nn"
)

// kinds is an ensemble that sees every kind of entry and learns a reward.
func kinds() nn.EnsembleShape {
	kinds := []string{nn.KindPredicted, nn.KindUnit, nn.KindUnit, nn.KindLastAction, nn.KindConstant, nn.KindAngle, nn.KindLastAction, nn.KindUnit, nn.KindPredicted}
	return nn.EnsembleShape{Members: 1, Observation: len(kinds), Action: 3, Hidden: []int{2}, Reward: true, Kinds: kinds}
}

func TestFollowPlansEveryKind(t *testing.T) {
	s := kinds()
	scale := []float32{1, 1, 0, 1, 1, 2, 1, 0, 0, 1} // outputs, of which some never changed
	by := func(predicted ...int) (plan []nn.Follow) {
		for i := range s.Observation {
			plan = append(plan, nn.Follow{Predicted: slices.Contains(predicted, i), Angle: i == 5, Action: -1})
		}
		plan[3].Action, plan[6].Action = 0, 1
		return plan
	}
	if got, want := s.Follow(nil), by(0, 1, 2, 5, 7, 8); !slices.Equal(got, want) {
		t.Errorf("by kinds %+v, want %+v", got, want)
	}
	if got, want := s.Follow(scale), by(0, 1, 5); !slices.Equal(got, want) {
		t.Errorf("by scales %+v, want %+v", got, want)
	}
	// The second vector never changed; of the first, one entry did.
	if got := s.Units(scale); !slices.Equal(got, []nn.Span{{1, 3}}) {
		t.Errorf("unit vectors %v", got)
	}
}

// Two unit vectors may follow each other.
func TestUnitVectorsMayBeNeighbours(t *testing.T) {
	s := nn.EnsembleShape{Observation: 6, Kinds: []string{nn.KindNextUnit, nn.KindUnit, nn.KindNextUnit, nn.KindUnit, nn.KindNextUnit, nn.KindPredicted}}
	if got := s.Units([]float32{1, 1, 1, 1, 1, 1}); !slices.Equal(got, []nn.Span{{0, 2}, {2, 4}, {4, 5}}) {
		t.Errorf("unit vectors %v", got)
	}
	if err := nn.CheckTask(neighbours{}); err != nil {
		t.Error(err)
	}
}

// neighbours is a task of two unit vectors.
type neighbours struct{ nn.Task }

func (neighbours) Identity() (string, []float64)    { return "neighbours", nil }
func (neighbours) ActionBox() (low, high []float64) { return []float64{-1}, []float64{1} }
func (neighbours) ObservationKinds() []string {
	return []string{nn.KindUnit, nn.KindUnit, nn.KindNextUnit, nn.KindUnit}
}
func (neighbours) RewardTerms() []string { return []string{"none"} }

func TestOutputsAreNormalisedByTheirKind(t *testing.T) {
	s := kinds()
	for what, c := range map[string]struct {
		i            int
		spread       float64
		noShift      bool
		shift, scale float32
	}{
		"an entry that changes":                 {0, 2, false, 3, 2},
		"one without a shift":                   {0, 2, true, 0, 2},
		"one that never changed":                {0, nn.ScaleFloor / 2, false, 0, 0},
		"a constant by its kind":                {4, 2, false, 0, 0},
		"an action that was taken":              {3, 2, false, 0, 0},
		"a reward":                              {9, 2, true, 3, 2},
		"a reward that never changed, its mean": {9, 0, true, 3, 0},
	} {
		if shift, scale := s.OutputNormaliser(c.i, 3, c.spread, c.noShift); shift != c.shift || scale != c.scale {
			t.Errorf("%s: shift %g, scale %g, want %g and %g", what, shift, scale, c.shift, c.scale)
		}
	}
}

func TestLossWeighsWhatIsPredicted(t *testing.T) {
	s, scale := kinds(), []float32{3, 1, 0, 1, 1, 2, 1, 0, 0, 0.5}
	if got := s.LossWeights(scale, false); !slices.Equal(got, []float32{1, 1, 0, 0, 0, 1, 0, 0, 0, 1}) {
		t.Errorf("weights %v", got)
	}
	if got := s.LossWeights(scale, true); !slices.Equal(got, []float32{9, 1, 0, 0, 0, 4, 0, 0, 0, 0.25}) {
		t.Errorf("raw weights %v", got)
	}
}

func TestAnglesAreWrappedByWholeTurns(t *testing.T) {
	for _, x := range []float64{-math.Pi, 0, 1, -3, math.Nextafter(math.Pi, 0)} {
		if got := nn.WrapAngle(x); got != x {
			t.Errorf("%g becomes %g", x, got)
		}
	}
	for _, x := range []float64{math.Pi, 3.5, -3.5, 6, -6, 100, -1e6, math.Nextafter(-math.Pi, -4)} {
		got := nn.WrapAngle(x)
		// The bound is that of the rounding of x.
		if !(got >= -math.Pi && got < math.Pi) || !(math.Abs(math.Sin(got)-math.Sin(x)) <= 1e-9) {
			t.Errorf("%g becomes %g", x, got)
		}
	}
	if got := nn.WrapAngle(math.NaN()); got == got {
		t.Errorf("NaN becomes %g", got)
	}
}

// scored scores two paths of the toy: one of three steps and one of a single step.
func scored(t *testing.T, options nn.ScoreOptions) (nn.ScoreReport, []float32) {
	task := ending{plainTask(2, 1)}
	s := nn.NewScores(2, task, options)
	scorer := s.NewScorer(func(n int) []float64 { return make([]float64, n) })
	obs, rewards := []float32{1, 9, 2, 9, 3, 9, 4, 9, 5, 9}, make([]float32, 4)
	for i, steps := range []int{4, 1} {
		path := nn.ScoredPath{Steps: steps, Observations: obs, Actions: []float32{7, -0.5, 0, -7}, Learned: []float32{10, 20, 30, 40}, Rewards: rewards}
		if err := scorer.Path(i, path); err != nil {
			t.Fatal(err)
		}
	}
	return s.Finish(), rewards
}

// ending rewards the next entry and the action, and ends where the entry reaches 4.
type ending struct{ toy }

func (ending) RewardTerms() []string                 { return []string{"next", "action"} }
func (ending) Rewards(terms, _, act, next []float64) { terms[0], terms[1] = next[0], act[0] }
func (ending) Terminated(next []float64) bool        { return next[0] >= 4 }

func TestScoresClipScaleEndAndAddUp(t *testing.T) {
	report, rewards := scored(t, nn.ScoreOptions{RewardScale: 2})
	// Path 0 ends in 4 after three steps; actions are clipped to 1, -0.5 and 0.
	if !slices.Equal(rewards[:3], []float32{6, 5, 8}) || !slices.Equal(report.Returns, []float64{19, 6}) {
		t.Errorf("rewards %v, returns %v", rewards, report.Returns)
	}
	if !slices.Equal(report.Lengths, []int{3, 1}) || !slices.Equal(report.Terminated, []bool{true, false}) || report.Steps != 4 {
		t.Errorf("%+v", report)
	}
	if want := []float64{2 * (9 + 2) / 4.0, 2 * (0.5 + 1) / 4.0}; !slices.Equal(report.TermMeans, want) {
		t.Errorf("means of the terms %v, want %v", report.TermMeans, want)
	}
}

func TestScoresLeaveOutShortPaths(t *testing.T) {
	report, _ := scored(t, nn.ScoreOptions{RewardScale: 1, MinLength: 2})
	if !slices.Equal(report.Lengths, []int{3, 0}) || report.Returns[1] != 0 || report.Steps != 3 || report.TermMeans[0] != 3 {
		t.Errorf("%+v", report)
	}
}

func TestScoresTakeALearnedReward(t *testing.T) {
	report, rewards := scored(t, nn.ScoreOptions{RewardScale: 2, Learned: true})
	if !slices.Equal(rewards[:3], []float32{20, 40, 60}) || report.TermMeans != nil || report.Returns[0] != 120 {
		t.Errorf("rewards %v, %+v", rewards, report)
	}
}
