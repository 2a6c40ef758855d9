package tasks

import (
	"math"
	"math/rand/v2"
	"testing"
)

// RewardGradient is the derivative of the sum of the terms of Rewards: a small move along it raises the reward by
// its square, and it is added to what is there.
func TestRewardGradientIsThatOfTheReward(t *testing.T) {
	g := rand.New(rand.NewPCG(7, 8))
	row := func(length int) []float64 {
		x := make([]float64, length)
		for i := range x {
			x[i] = g.NormFloat64()
		}
		return x
	}
	for _, name := range Names() {
		one, err := Get(name)
		if err != nil {
			t.Fatal(err)
		}
		low, _ := one.ActionBox()
		o, a := len(one.ObservationKinds()), len(low)
		n, ok := one.RewardScratch()
		if !ok {
			t.Errorf("%s: no derivatives", name)
		}
		terms, scratch := make([]float64, len(one.RewardTerms())), make([]float64, n)
		reward := func(x [3][]float64) (sum float64) {
			one.Rewards(terms, x[0], x[1], x[2])
			for _, term := range terms {
				sum += term
			}
			return sum
		}
		agreed := 0
		for range 20 {
			at := [3][]float64{row(o), row(a), row(o)}
			slope := [3][]float64{row(o), row(a), row(o)}
			before := [3][]float64{append([]float64(nil), slope[0]...), append([]float64(nil), slope[1]...), append([]float64(nil), slope[2]...)}
			one.RewardGradient(slope[0], slope[1], slope[2], 2, 0, at[0], at[1], at[2], scratch)
			const step = 1e-6
			square := 0.0
			above, below := at, at
			for k := range at {
				above[k], below[k] = append([]float64(nil), at[k]...), append([]float64(nil), at[k]...)
				for i := range at[k] {
					d := (slope[k][i] - before[k][i]) / 2
					above[k][i] += step * d
					below[k][i] -= step * d
					square += d * d
				}
			}
			// A jump or a kink may lie between the two; the difference is else good to step² and 1e-16/step.
			if got := (reward(above) - reward(below)) / (2 * step); math.Abs(got-square) <= 1e-5*(1+square) {
				agreed++
			}
		}
		if agreed < 18 {
			t.Errorf("%s: %d of 20 derivatives agree", name, agreed)
		}
		obs, act, dObs, dAct := row(o), row(a), row(o), row(a)
		if n := testing.AllocsPerRun(20, func() { one.RewardGradient(dObs, dAct, dObs, 1, 0.2, obs, act, obs, scratch) }); n != 0 {
			t.Errorf("%s: %g allocations", name, n)
		}
	}
}
