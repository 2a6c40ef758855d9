package algo_test

import (
	"math"
	"testing"

	"github.com/palmal-rl/palmal/algo"
	"github.com/palmal-rl/palmal/nn"
)

// The averaged policy follows the latest one by a share in every step; it is judged, and the data are the latest one's.
func TestAveragedPolicyIsJudged(t *testing.T) {
	play := func(average float64, steps int) (algo.Record, algo.Snapshot) {
		c := tiny(t, algo.PAL)
		c.Policy.Average, c.NPG.Steps, c.Evaluation.Episodes = average, steps, 6
		return oneIteration(t, c)
	}
	parameters := func(s algo.Snapshot, group string) []float32 {
		for _, a := range s.Groups[group] {
			if a.Name == nn.StateParameters {
				return nn.RowMajor(a.Value)
			}
		}
		t.Fatalf("no %s", group)
		return nil
	}
	const keep = 0.75
	_, one := play(keep, 1)
	_, latest := play(0, 1)
	c := tiny(t, algo.PAL)
	begin := algo.ShapesOf(c, builtin(t, "cartpole")).Policy.Init(c.Seed, c.Policy.InitialLogStd, c.Policy.OutputScale)
	theta, average := parameters(one, algo.GroupPolicy), parameters(one, algo.GroupAverage)
	for i, x := range parameters(latest, algo.GroupPolicy) {
		// Rounding of three numbers below 2 to float32.
		if want := keep*float64(begin[i]) + (1-keep)*float64(x); theta[i] != x || !(math.Abs(float64(average[i])-want) <= 1e-6) {
			t.Fatalf("parameter %d: latest %g and averaged %g, want %g and %g", i, theta[i], average[i], x, want)
		}
	}
	if latest.Groups[algo.GroupAverage] != nil {
		t.Error("an average is saved although there is none")
	}
	// Averaging without end leaves the first policy, which is judged, and changes no data.
	still, _ := play(1, 2)
	moved, _ := play(0, 2)
	other, _ := play(1, 1)
	if still.Sampled.Return != moved.Sampled.Return || still.Evaluation.Return != other.Evaluation.Return {
		t.Errorf("data of a return of %g, without averaging %g; the first policy's is %g and %g", still.Sampled.Return, moved.Sampled.Return,
			still.Evaluation.Return, other.Evaluation.Return)
	}
	c.Policy.Average = keep
	policy, closer, err := algo.OpenPolicy(c, builtin(t, "cartpole"), 200, one.Groups, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer closer()
	if got := policy.(algo.GaussianPolicy).Parameters; got[0] != average[0] {
		t.Errorf("the opened policy begins with %g, want the average's %g", got[0], average[0])
	}
	if groups := c.ActingGroups(); len(groups) != 1 || groups[0] != algo.GroupAverage {
		t.Errorf("acting needs %v, want the average alone", groups)
	}
}
