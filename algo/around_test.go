package algo_test

import (
	"context"
	"errors"
	"testing"

	"github.com/palmal-rl/palmal/algo"
	"github.com/palmal-rl/palmal/nn"
	"github.com/palmal-rl/palmal/nn/nntest"
)

// failing is a backend whose natural gradient fails.
type failing struct {
	nn.Backend
	with error
}

func (f failing) PolicyGradient([]float64, nn.Paths, nn.Policy) error { return f.with }

// TestStagesEndAsTheyBegin: whoever looks around stages is told of the end of each before the next begins, and of one
// that fails.
func TestStagesEndAsTheyBegin(t *testing.T) {
	c := tiny(t, algo.PAL)
	world := openWorld(t, "cartpole", c, 1)
	broken := errors.New("broken")
	seen, open := []algo.Stage{}, algo.Stage("")
	around := func(stage algo.Stage) func() {
		if open != "" {
			t.Errorf("%s begins inside %s", stage, open)
		}
		seen, open = append(seen, stage), stage
		return func() {
			if open != stage {
				t.Errorf("%s ends while %q is open", stage, open)
			}
			open = ""
		}
	}
	g, err := algo.New(c, failing{nntest.Reference(), broken}, world, world.Task(), algo.Options{Around: around})
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	if _, err := g.Iterate(context.Background()); !errors.Is(err, broken) {
		t.Errorf("an iteration whose gradient fails: %v", err)
	}
	if n := len(seen); n < 3 || seen[n-1] != algo.StageGradient || open != "" {
		t.Errorf("stages %v, left open %q", seen, open)
	}
}
