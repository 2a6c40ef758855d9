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

// The record says whether the model promised too much of the policy that then acted.
func TestBrokenPromisesAreRecorded(t *testing.T) {
	for want, backend := range map[bool]nn.Backend{true: boaster{nntest.Reference()}, false: nntest.Reference()} {
		g := newGame(t, tiny(t, algo.PAL), backend, 1)
		for i := range 2 {
			if got := iterateOnce(t, g).Model; got.OverPromised != want {
				t.Errorf("iteration %d: %v where %g was promised and %g realised, want %v", i+1, got.OverPromised, got.Predicted, got.Realised, want)
			}
		}
	}
}
