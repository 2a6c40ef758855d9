package main

import (
	"math"
	"strings"
	"testing"
)

// Kernels stand in the order of what they took in all, with means and shares, and their sum last.
func TestKernelsAreComparedByTheirTotal(t *testing.T) {
	given := []kernelTime{
		{Kernel: "pool_fill", Launches: 4, Seconds: 0.001},
		{Kernel: "ensemble_update", Launches: 1000, Seconds: 0.75},
		{Kernel: "cg_begin"},
		{Kernel: "adam", Launches: 500, Seconds: 0.249},
	}
	times := compared(given)
	var names []string
	sum := 0.0
	for _, k := range times {
		names = append(names, k.Kernel)
		sum += k.Share
	}
	if got := strings.Join(names, " "); got != "ensemble_update adam pool_fill cg_begin" {
		t.Errorf("order %s", got)
	}
	if given[0].Kernel != "pool_fill" {
		t.Error("the times that were given were sorted in place")
	}
	// Decimals of a second in float64: a few units in the last place.
	if !(math.Abs(sum-1) <= 1e-12) || !(math.Abs(times[0].Mean-750) <= 1e-9) || !(math.Abs(times[0].Share-0.75) <= 1e-12) || times[3].Mean != 0 {
		t.Errorf("shares sum to %g; %+v", sum, times)
	}
	var table strings.Builder
	writeKernels(&table, times)
	lines := strings.Split(strings.TrimSpace(table.String()), "\n")
	if len(lines) != 6 {
		t.Fatalf("%d lines, want a head, a line for each kernel, and their sum:\n%s", len(lines), table.String())
	}
	for i, want := range map[int]string{0: "KERNEL LAUNCHES SECONDS MEAN µs SHARE", 1: "ensemble_update 1000 0.7500 750.0 75.0 %",
		4: "cg_begin 0 0.0000 0.0 0.0 %", 5: "all 1504 1.0000 664.9 100.0 %"} {
		if got := strings.Join(strings.Fields(lines[i]), " "); got != want {
			t.Errorf("line %d is %q, want %q", i, got, want)
		}
	}
}

func TestNoKernelsHaveNoShares(t *testing.T) {
	for _, k := range append(compared([]kernelTime{{Kernel: "cg_begin"}}), sumOf(nil)) {
		if k.Mean != 0 || k.Share != k.Share {
			t.Errorf("%+v", k)
		}
	}
}
