package main

import (
	"math"
	"testing"

	"github.com/palmal-rl/palmal/algo"
	"github.com/palmal-rl/palmal/cmd/palmal/run"
)

// A checkpoint is offered if it was better beyond doubt, and is another than the one that was judged.
func TestTheBestCheckpointIsOfferedWhereItIsMuchBetter(t *testing.T) {
	unknown := algo.Number(math.NaN())
	best := run.Best{Iteration: 4, Return: 200, CILow: 195}
	for name, c := range map[string]struct {
		best      run.Best
		iteration int
		result    algo.Evaluation
		want      bool
	}{
		"fallen":          {best, 9, algo.Evaluation{Return: 150, CILow: 130, CIHigh: 170}, true},
		"within doubt":    {best, 9, algo.Evaluation{Return: 190, CILow: 180, CIHigh: 200}, false},
		"the same":        {best, 4, algo.Evaluation{Return: 150, CILow: 130, CIHigh: 170}, false},
		"one episode":     {best, 9, algo.Evaluation{Return: 150, CILow: unknown, CIHigh: unknown}, true},
		"no bound known":  {run.Best{Iteration: 4, Return: 200, CILow: unknown}, 9, algo.Evaluation{Return: 150, CIHigh: 170}, false},
		"nothing is left": {best, 9, algo.Evaluation{Return: unknown, CIHigh: unknown}, false},
	} {
		if got := muchBetter(c.best, c.iteration, c.result); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}
