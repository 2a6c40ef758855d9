package tasks

import (
	"math/rand/v2"
	"testing"
)

// BenchmarkRow is the reward and the termination of one row of every task.
func BenchmarkRow(b *testing.B) {
	for _, name := range Names() {
		one, err := Get(name)
		if err != nil {
			b.Fatal(err)
		}
		g := rand.New(rand.NewPCG(1, 2))
		row := func(n int) []float64 {
			x := make([]float64, n)
			for i := range x {
				x[i] = g.NormFloat64()
			}
			return x
		}
		terms, obs, act, next := row(len(one.Terms)), row(len(one.Observation)), row(len(one.Action)), row(len(one.Observation))
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				one.Rewards(terms, obs, act, next)
				one.Terminated(next)
			}
		})
	}
}
