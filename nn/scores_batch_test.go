package nn_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/palmal-rl/palmal/nn"
)

// line is a task on a line: the reward is the clipped action times the place, and places beyond 2 end it.
type line struct{}

func (line) Identity() (string, []float64)           { return "line", nil }
func (line) ObservationKinds() []string              { return []string{nn.KindPredicted} }
func (line) ActionBox() (low, high []float64)        { return []float64{-1}, []float64{1} }
func (line) RewardTerms() []string                   { return []string{"reward"} }
func (line) Rewards(terms, obs, act, next []float64) { terms[0] = act[0]*obs[0] + next[0] }
func (line) Terminated(next []float64) bool          { return next[0] > 2 }

// afar is the same task computed in batches.
type afar struct {
	line
	rewards, ends bool
	rows          []int // transitions that each call rewarded
	err           error
}

func (e *afar) Batches() (rewards, terminated bool) { return e.rewards, e.ends }

func (e *afar) RewardBatch(rewards, obs, act, next []float64) error {
	e.rows = append(e.rows, len(rewards))
	for i := range rewards {
		e.line.Rewards(rewards[i:i+1], obs[i:i+1], act[i:i+1], next[i:i+1])
	}
	return e.err
}

func (e *afar) TerminatedBatch(ended []bool, next []float64) error {
	for i := range ended {
		ended[i] = e.line.Terminated(next[i : i+1])
	}
	return nil
}

// scoredLine scores a path whose third step ends it.
func scoredLine(t nn.Task, learned bool) (nn.ScoreReport, []float32, error) {
	scores := nn.NewScores(1, t, nn.ScoreOptions{RewardScale: 2, Learned: learned})
	scorer := scores.NewScorer(func(n int) []float64 { return make([]float64, n) })
	rewards := make([]float32, 5)
	err := scorer.Path(0, nn.ScoredPath{Steps: 4, Observations: []float32{0.5, 1, 1.5, 2.5, 1, 0}, Actions: []float32{0.5, -3, 2, 1, 0},
		Learned: []float32{1, 2, 3, 4, 5}, Rewards: rewards})
	return scores.Finish(), rewards, err
}

func TestBatchesScoreLikeSingleSteps(t *testing.T) {
	for _, learned := range []bool{false, true} {
		want, wanted, err := scoredLine(line{}, learned)
		if err != nil {
			t.Fatal(err)
		}
		for _, task := range []*afar{{rewards: true}, {ends: true}, {rewards: true, ends: true}} {
			got, rewards, err := scoredLine(task, learned)
			if err != nil || !slices.Equal(got.Returns, want.Returns) || !slices.Equal(got.Lengths, want.Lengths) ||
				!slices.Equal(got.Terminated, want.Terminated) || !slices.Equal(got.TermMeans, want.TermMeans) || !slices.Equal(rewards, wanted) {
				t.Errorf("%+v, learned %v: %+v %v, %v; want %+v %v", task, learned, got, rewards, err, want, wanted)
			}
			if most := 3; task.ends && task.rewards && !learned && slices.Max(task.rows) > most {
				t.Errorf("%v steps are rewarded, but the path ends after %d", task.rows, most)
			}
			if learned && len(task.rows) > 0 {
				t.Error("a learned reward is computed elsewhere, too")
			}
		}
	}
}

func TestAFailureElsewhereIsTheScores(t *testing.T) {
	failure := errors.New("no answer")
	if _, _, err := scoredLine(&afar{rewards: true, err: failure}, false); !errors.Is(err, failure) {
		t.Errorf("%v", err)
	}
}

func TestAPathEndsWhereTheEnsembleSaysSo(t *testing.T) {
	for _, ended := range []bool{false, true} {
		scores := nn.NewScores(1, line{}, nn.ScoreOptions{RewardScale: 1})
		scorer := scores.NewScorer(func(n int) []float64 { return make([]float64, n) })
		err := scorer.Path(0, nn.ScoredPath{Steps: 2, Observations: []float32{0, 1, 1}, Actions: []float32{0, 0}, Rewards: make([]float32, 2), Ended: ended})
		if report := scores.Finish(); err != nil || report.Terminated[0] != ended || report.Lengths[0] != 2 {
			t.Errorf("ended %v: %+v, %v", ended, report, err)
		}
	}
}
