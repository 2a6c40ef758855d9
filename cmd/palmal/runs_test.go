package main

import (
	"testing"

	"github.com/palmal-rl/palmal/algo"
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
