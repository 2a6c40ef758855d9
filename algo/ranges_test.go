package algo_test

import (
	"math"
	"slices"
	"testing"

	"github.com/palmal-rl/palmal/algo"
	"github.com/palmal-rl/palmal/nn"
	"github.com/palmal-rl/palmal/nn/nntest"
)

// fenced is a cartpole of which a range is known for the position.
type fenced struct {
	nn.Task
	bound float64
	seen  *float64 // the largest distance from the middle that was rewarded
}

func (f fenced) ObservationRange() (low, high []float64) {
	endless := math.Inf(1)
	return []float64{-f.bound, -endless, -endless, -endless}, []float64{f.bound, endless, endless, endless}
}

func (f fenced) Rewards(terms, obs, act, next []float64) {
	*f.seen = max(*f.seen, math.Abs(next[0]))
	f.Task.Rewards(terms, obs, act, next)
}

// Model paths of every player stay within the ranges that a task states, if the configuration says so; ranges without end bound
// nothing.
func TestPredictionsStayWithinStatedRanges(t *testing.T) {
	const bound = 1e-3 // cartpoles start within 0.05 and move on
	reach := func(player string, clamp bool, bound float64) float64 {
		c := tiny(t, algo.PAL)
		c.NPG.ClampRange, c.Policy.Player = clamp, player
		c.Plan.Horizon, c.Plan.Candidates, c.Plan.Rounds, c.Plan.Elites, c.Plan.Value = 3, 4, 1, 2, false
		seen := 0.0
		world := openWorld(t, "cartpole", c, 1)
		iterateOnce(t, newGameOf(t, world, fenced{world.Task(), bound, &seen}, c, nntest.Reference()))
		return seen
	}
	for _, player := range []string{algo.PlayerNPG, algo.PlayerPlan} {
		if got := reach(player, true, bound); !(got > 0 && got <= float64(float32(bound))) {
			t.Errorf("%s: a position of %g, the bound is %g", player, got, bound)
		}
		if got := reach(player, false, bound); !(got > 10*bound) {
			t.Errorf("%s: without the key a position of %g at most: the test shows nothing", player, got)
		}
	}
	if one, other := reach(algo.PlayerNPG, true, math.Inf(1)), reach(algo.PlayerNPG, false, bound); one != other {
		t.Errorf("a range without end changes the farthest position to %g from %g", one, other)
	}
}

// D'Kitty's upright and facing are entries of a rotation matrix; the other entries have no stated range, or stay in theirs by
// their kind.
func TestRangesOfABuiltInTask(t *testing.T) {
	low, high := builtin(t, "dkitty_orient").ObservationRange()
	for i, kind := range builtin(t, "dkitty_orient").ObservationKinds() {
		want := math.Inf(1)
		if slices.Contains([]int{48, 49, 50}, i) {
			want = 1
		}
		if low[i] != -want || high[i] != want {
			t.Errorf("entry %d of kind %s: [%g, %g], want ±%g", i, kind, low[i], high[i], want)
		}
	}
}
