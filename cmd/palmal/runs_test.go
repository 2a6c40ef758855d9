package main

import (
	"math"
	"testing"

	"github.com/palmal-rl/palmal/algo"
	"github.com/palmal-rl/palmal/cmd/palmal/run"
)

// Of limits that are equally at risk, as those that no member sees broken, the list shows the one that was broken most.
func TestTheLimitThatIsMostAtRiskIsListed(t *testing.T) {
	for _, one := range []struct {
		limits map[string]algo.LimitRecord
		want   string
	}{
		{map[string]algo.LimitRecord{"a": {Got: 0.1}, "b": {Got: 0.5}, "c": {}}, "\t0\t0.5\t7"},
		{map[string]algo.LimitRecord{"a": {Worst: 0.2, Got: 0.1}, "b": {Worst: 0.1, Got: 0.5}}, "\t0.2\t0.1\t7"},
	} {
		l := listed{Broken: map[string]int{"a": 7, "b": 2}, Promise: &algo.PromiseRecord{Limits: one.limits}}
		for range 20 { // maps have no order
			if got := l.promises(); got != one.want {
				t.Fatalf("%v: %q, want %q", one.limits, got, one.want)
			}
		}
	}
}

// Iterations from recorded data alone sample nothing. The best return is that of the others, and without any there is none.
func TestIterationsThatSampleNothingAreNotTheBest(t *testing.T) {
	d, _, err := run.Peek(t.TempDir())
	if d == nil {
		t.Fatal(err)
	}
	sampled := func(samples int, mean float64) algo.Record {
		return algo.Record{Sampled: algo.Evaluation{Samples: samples, Return: algo.Number(mean)}}
	}
	records := []algo.Record{sampled(0, math.NaN()), sampled(200, 7), sampled(400, 9), sampled(600, 8)}
	var l, without listed
	l.findBest(d, records)
	without.findBest(d, records[:1])
	if !l.Sampled || l.Best == nil || *l.Best != 9 || l.BestFrom != 400 {
		t.Errorf("the best return is %v by %d", l.Best, l.BestFrom)
	}
	if without.Sampled || without.Best != nil {
		t.Errorf("the best return of no samples is %v", *without.Best)
	}
}
