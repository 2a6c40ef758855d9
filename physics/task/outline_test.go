package task

import (
	"slices"
	"testing"
)

// Adjacent unit entries are one vector unless one of them begins another.
func TestUnitVectorsOfSingleEntriesMayBeNeighbours(t *testing.T) {
	o := Outline{Name: "two_hands", Horizon: 10, Ends: "never", Simulator: OutlineWorld{Library: "clock", Timestep: 1},
		Action: []OutlineEntry{{Name: "force", Range: []float64{-1, 1}}}}
	for i, kind := range []string{Unit, Unit, NextUnit, Unit, NextUnit, Unit} {
		o.Observation = append(o.Observation, OutlineEntry{Name: string(rune('a' + i)), Kind: kind})
	}
	loaded, err := o.Load()
	if err != nil {
		t.Fatal(err)
	}
	if kinds := loaded.ObservationKinds(); !slices.Equal(kinds, []string{Unit, Unit, NextUnit, Unit, NextUnit, Unit}) {
		t.Errorf("kinds %v", kinds)
	}
	if e := loaded.Observation[2]; e.Kind != Unit || e.Low != -1 || e.High != 1 {
		t.Errorf("entry %+v, want one of a unit vector in [-1, 1]", e)
	}
}
