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

// Evaluations of a player that plans begin from the averaged policy: a plan of one candidate, which changes nothing, acts as it does.
func TestPlansOfEvaluationsStartFromTheAverage(t *testing.T) {
	judged := func(player string, average float64) algo.Number {
		c := tiny(t, algo.PAL)
		c.Policy.Player, c.Policy.Average, c.NPG.StepSize = player, average, 5
		c.Plan.Candidates, c.Plan.Rounds, c.Plan.Elites, c.Plan.Horizon, c.Plan.Value = 2, 1, 1, 1, false
		r, _ := oneIteration(t, c)
		return r.Evaluation.Return
	}
	for _, average := range []float64{0, 0.5, 1} {
		if plan, npg := judged(algo.PlayerPlan, average), judged(algo.PlayerNPG, average); plan != npg {
			t.Errorf("average %g: return %g by empty plans, the policy's is %g", average, plan, npg)
		}
	}
	if judged(algo.PlayerPlan, 0) == judged(algo.PlayerPlan, 1) {
		t.Error("the first policy returns what the latest one does: the test shows nothing")
	}
}

// The mean of policies is that of their parameters; equal policies of different normalisers have a mean that acts as each.
func TestMeanOfPolicies(t *testing.T) {
	shape := nn.PolicyShape{Observation: 2, Action: 1, Hidden: []int{3}}
	policy := func(seed uint64, shift, scale float32) algo.GaussianPolicy {
		return algo.GaussianPolicy{Shape: shape, Parameters: shape.Init(seed, -1, 1), Shift: []float32{shift, 0}, Scale: []float32{scale, 1}}
	}
	one, other := policy(1, 0, 1), policy(2, 0, 1)
	for i, x := range algo.MeanPolicy([]algo.GaussianPolicy{one, other}).Parameters {
		if want := (float64(one.Parameters[i]) + float64(other.Parameters[i])) / 2; !(math.Abs(float64(x)-want) <= 1e-7) { // numbers below 1 in float32
			t.Errorf("parameter %d: %g, want %g", i, x, want)
		}
	}
	same := policy(1, 0.5, 2) // sees x as one sees 2x + 1: rewrite one's first layer so that it acts alike
	for j := range 3 {
		same.Parameters[6+j] += same.Parameters[j] * 0.5
		same.Parameters[j] *= 2
	}
	act := func(p algo.GaussianPolicy) float32 {
		newActor, err := p.Mean()
		if err != nil {
			t.Fatal(err)
		}
		action := make([]float32, 1)
		newActor()(0, 0, []float32{0.7, -1.2}, action)
		return action[0]
	}
	for _, order := range [][]algo.GaussianPolicy{{one, same}, {same, one}, {one, one, same}, {one}} {
		if got, want := act(algo.MeanPolicy(order)), act(one); !(math.Abs(float64(got-want)) <= 1e-6) { // a dozen roundings of numbers below 2
			t.Errorf("the mean of %d equal policies acts by %g, want %g", len(order), got, want)
		}
	}
	if !(math.Abs(float64(act(same)-act(one))) <= 1e-6) {
		t.Fatalf("the policies are not equal: %g, %g", act(same), act(one))
	}
}
