package nn_test

import (
	"slices"
	"testing"

	"github.com/palmal-rl/palmal/nn"
)

// scoredMembers finishes the scores of four members with two paths each; member 2 is the best, 1 the worst, 3 has no
// path that is long enough.
func scoredMembers(pessimism float64) nn.ScoreReport {
	s := nn.NewScores(8, ending{plainTask(2, 1)}, nn.ScoreOptions{RewardScale: 1, MinLength: 2, Pessimism: pessimism, Members: 4})
	copy(s.Returns, []float64{3, 5, 1, 2, 10, 9, 100, 100})
	copy(s.Lengths, []int{3, 3, 4, 4, 5, 5, 1, 1})
	for i := range s.Sums {
		s.Sums[i] = 1
	}
	return s.Finish()
}

func TestPessimismKeepsThePathsOfTheWorstMembers(t *testing.T) {
	for pessimism, want := range map[float64][]int{
		0:    {3, 3, 4, 4, 5, 5, 0, 0},
		1:    {0, 0, 4, 4, 0, 0, 0, 0}, // the worst member alone, as in the paper's equation 20
		0.5:  {3, 3, 4, 4, 0, 0, 0, 0},
		-1:   {0, 0, 0, 0, 5, 5, 0, 0}, // the best one; the long returns of short paths do not count
		-0.5: {3, 3, 0, 0, 5, 5, 0, 0},
		0.1:  {3, 3, 4, 4, 5, 5, 0, 0}, // all four, rounded
	} {
		report := scoredMembers(pessimism)
		if !slices.Equal(report.Lengths, want) {
			t.Errorf("pessimism %g keeps lengths %v, want %v", pessimism, report.Lengths, want)
		}
		steps, paths := 0, 0
		for i, n := range report.Lengths {
			if steps += n; n > 0 {
				paths++
			} else if report.Returns[i] != 0 {
				t.Errorf("pessimism %g: a path that was left out has return %g", pessimism, report.Returns[i])
			}
		}
		if report.Steps != steps || report.TermMeans[0] != float64(paths)/float64(steps) {
			t.Errorf("pessimism %g: %d steps, mean of a term %g", pessimism, report.Steps, report.TermMeans[0])
		}
	}
}

func TestPessimismNeedsPathsOfEachMember(t *testing.T) {
	for _, o := range []nn.ScoreOptions{{Pessimism: 2, Members: 2}, {Pessimism: 0.5}, {Pessimism: 0.5, Members: 3}} {
		if o.CheckPessimism(8) == nil {
			t.Errorf("%+v is taken for 8 paths", o)
		}
	}
	if err := (nn.ScoreOptions{Pessimism: -0.5, Members: 4}).CheckPessimism(8); err != nil {
		t.Error(err)
	}
}
