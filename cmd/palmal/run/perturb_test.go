package run

import (
	"slices"
	"testing"
)

func TestPerturbationsAreStoredInTheirOrder(t *testing.T) {
	resolved, err := Resolve(Request{Sets: []string{"task=pointmass"}, Backends: []string{"cpu"}, Flags: []Assignment{
		TypedList("perturbations", []string{"1_000: geom.A:FRJ10.kp=4 5 , goal=2:3", "8e2:goal=3:4"}, "--perturb")}})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"800:goal=3:4", "1000:geom.A:FRJ10.kp=4 5,goal=2:3"}
	if !slices.Equal(resolved.Config.Perturbations, want) {
		t.Errorf("stored %q, want %q", resolved.Config.Perturbations, want)
	}
	schedule, err := resolved.Config.Schedule()
	if err != nil || len(schedule) != 2 || schedule[1].Samples != 1000 || !slices.Equal(schedule[1].Changes, []string{"geom.A:FRJ10.kp=4 5", "goal=2:3"}) {
		t.Errorf("schedule %+v, error %v", schedule, err)
	}
	for _, text := range want {
		if p, err := ParsePerturbation(text); err != nil || p.String() != text {
			t.Errorf("%s: read back as %s, error %v", text, p, err)
		}
	}
}

// --set gives one perturbation, with its commas.
func TestAPerturbationTypedAsAKeyKeepsItsCommas(t *testing.T) {
	resolved, err := Resolve(Request{Sets: []string{"task=pointmass", "perturbations=800:goal=3:4,position=0:0"}, Backends: []string{"cpu", "auto"}})
	if err != nil || !slices.Equal(resolved.Config.Perturbations, []string{"800:goal=3:4,position=0:0"}) {
		t.Errorf("stored %q, error %v", resolved.Config.Perturbations, err)
	}
}
