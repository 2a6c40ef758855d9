package algo_test

import (
	"testing"

	"github.com/palmal-rl/palmal/algo"
	"github.com/palmal-rl/palmal/nn"
	"github.com/palmal-rl/palmal/nn/nntest"
)

// boaster is a backend whose model paths return three times what they do.
type boaster struct{ nn.Backend }

func (b boaster) Score(paths nn.Paths, task nn.Task, o nn.ScoreOptions) (nn.ScoreReport, error) {
	report, err := b.Backend.Score(paths, task, o)
	for i := range report.Returns {
		report.Returns[i] *= 3
	}
	return report, err
}

// A run counts broken promises through a snapshot, and a run that keeps them records nothing.
func TestBrokenPromisesAreRecordedAndRestored(t *testing.T) {
	c := tiny(t, algo.PAL)
	whole, resumed := newGame(t, c, boaster{nntest.Reference()}, 1), newGame(t, c, boaster{nntest.Reference()}, 1)
	honest := newGame(t, c, nntest.Reference(), 1)
	for i := range 3 {
		if got := iterateOnce(t, whole).Model; got.OverPromised != i+1 {
			t.Errorf("iteration %d: %d in a row: promised %g, got %g", i+1, got.OverPromised, got.Predicted, got.Realised)
		}
		if got := iterateOnce(t, honest).Model; got.OverPromised != 0 {
			t.Errorf("iteration %d: %d in a row where promises are kept: promised %g, got %g", i+1, got.OverPromised, got.Predicted, got.Realised)
		}
	}
	snapshot, err := whole.Save()
	if err != nil {
		t.Fatal(err)
	}
	if err := resumed.Restore(snapshot); err != nil {
		t.Fatal(err)
	}
	if got := iterateOnce(t, resumed).Model; got.OverPromised != 4 || !got.OverPromising() {
		t.Errorf("%d in a row after the snapshot, want 4", got.OverPromised)
	}
}
