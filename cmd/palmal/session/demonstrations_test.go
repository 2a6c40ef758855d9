package session

import (
	"context"
	"math"
	"path/filepath"
	"testing"

	"github.com/palmal-rl/palmal/algo"
	"github.com/palmal-rl/palmal/nn"
	"github.com/palmal-rl/palmal/physics/tasks"
)

// TestTheDemonstrationsOfThePenSucceed: there are 25 of them, they suit the task with its tuned action_repeat, their rewards are what the
// task's formulas say, and each is a success.
func TestTheDemonstrationsOfThePenSucceed(t *testing.T) {
	files, err := filepath.Glob("../../../physics/tasks/pen/demonstrations/*.npz")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	pen, err := tasks.Get("pen")
	if err != nil {
		t.Fatal(err)
	}
	const repeat = 2
	seen, count, width, inputs, terms := 0.0, 0, len(pen.Observation), len(pen.Action), make([]float64, len(pen.RewardTerms()))
	for _, file := range files {
		all, err := ReadData(context.Background(), file, "")
		if err != nil {
			t.Fatal(err)
		}
		for i, e := range all {
			count++
			if err := suits(e, pen, algo.Config{Repeat: repeat}); err != nil {
				t.Errorf("%s: episode %d: %v", file, i, err)
			}
			obs, act := nn.Widen(make([]float64, len(e.Observations)), e.Observations), nn.Widen(make([]float64, len(e.Actions)), e.Actions)
			if e.Meta["success"] != 1.0 {
				t.Errorf("%s: episode %d: %v, want a success", file, i, e.Meta)
			}
			seen += pen.Judge(obs[width:], repeat, e.Terminated)
			// The formulas score the last of a decision's two steps, the world both: over an episode they are near each other.
			got, want := 0.0, 0.0
			for d := range e.Decisions() {
				pen.Rewards(terms, obs[d*width:(d+1)*width], act[d*inputs:(d+1)*inputs], obs[(d+1)*width:(d+2)*width])
				for _, term := range terms {
					want += repeat * term
				}
				got += e.Rewards[d]
			}
			if d := math.Abs(got-want) / math.Abs(want); !(d <= 0.1) {
				t.Errorf("%s: episode %d: return %g, its observations say %g", file, i, got, want)
			}
		}
	}
	if count != 25 {
		t.Errorf("%d episodes, want 25", count)
	}
	if !(seen >= 22) { // the world counted every step: an episode that just succeeded may not by every second one
		t.Errorf("%g of %d succeed by their observations", seen, count)
	}
}
