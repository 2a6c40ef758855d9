package algo

import (
	"testing"

	"github.com/palmal-rl/palmal/nn"
)

// twoTerms is a task of two reward terms that measures its only observation entry and its negative.
type twoTerms struct{ nn.Task }

func (twoTerms) RewardTerms() []string      { return []string{"a", "b"} }
func (twoTerms) ObservationKinds() []string { return []string{nn.KindPredicted} }

type measuring struct{ twoTerms }

func (measuring) MeasureNames() []string         { return []string{"x", "minus x"} }
func (measuring) Measure(values, next []float64) { values[0], values[1] = next[0], -next[0] }

// The state before the first decision is not the policy's doing; of five decisions the last three
// are the second half. Thirds round at 1e-16.
func TestMeasuresAreMeansOverEpisodesOfWhatDecisionsLedTo(t *testing.T) {
	m := newMeasures(measuring{})
	m.add([]float32{100, 1, 2, 4}) // second half: 2, 4
	m.add([]float32{100, 2})
	got := m.means()
	want := Measure{Mean: (7.0/3 + 2) / 2, SecondHalf: (3 + 2) / 2.0, Final: (4 + 2) / 2.0}
	if x := got["x"]; !(x.Mean-want.Mean < 1e-15 && want.Mean-x.Mean < 1e-15) || x.SecondHalf != want.SecondHalf || x.Final != want.Final {
		t.Errorf("measured %+v, want %+v", x, want)
	}
	if got["minus x"].Final != -want.Final || len(got) != 2 {
		t.Errorf("measured %+v", got)
	}
	odd := newMeasures(measuring{})
	odd.add([]float32{100, 9, 9, 1, 2, 3})
	if x := odd.means()["x"]; x.SecondHalf != 2 {
		t.Errorf("second half of five decisions %v, want 2, the mean of the last three", x.SecondHalf)
	}
	if newMeasures(twoTerms{}).means() != nil {
		t.Error("a task that measures nothing has measures")
	}
}
