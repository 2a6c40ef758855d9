package algo_test

import (
	"context"
	"math"
	"testing"

	"github.com/palmal-rl/palmal/algo"
	"github.com/palmal-rl/palmal/nn/nntest"
)

// The scale of the value network's rewards reaches the backend; what a run reports stays in the units of
// the task. Before a policy has moved, paths do not depend on it.
func TestRewardScaleIsTheValueNetworksAlone(t *testing.T) {
	record := func(scale float64) (algo.Record, float64) {
		c := tiny(t, algo.PAL)
		c.NPG.Steps, c.Value.RewardScale = 1, scale
		k := &clerk{Backend: nntest.Reference()}
		r, err := newGame(t, c, k, 1).Iterate(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		return r, k.scores[0].RewardScale
	}
	plain, one := record(1)
	scaled, quarter := record(0.25)
	if one != 1 || quarter != 0.25 {
		t.Errorf("rewards were scaled by %g and %g, want 1 and 0.25", one, quarter)
	}
	for name, pair := range map[string][2]algo.Number{
		"predicted return": {plain.Model.Predicted, scaled.Model.Predicted},
		"return of paths":  {plain.Policy.ModelReturn, scaled.Policy.ModelReturn},
	} {
		// A quarter and its inverse are exact; so are the sums, of rewards of 1.
		if !(math.Abs(float64(pair[0]-pair[1])) <= 1e-12*math.Abs(float64(pair[0]))) || pair[0] == 0 {
			t.Errorf("%s: %g, and %g where rewards are scaled by 0.25", name, pair[0], pair[1])
		}
	}
}
