package tasks

import (
	"math"
	"slices"
	"testing"

	"github.com/palmal-rl/palmal/physics/task"
)

func TestMeasuresThatWrapAreNotAveraged(t *testing.T) {
	claw, err := Get("dclaw_turn")
	if err != nil {
		t.Fatal(err)
	}
	if got := claw.MeasureNames(); !slices.Equal(got, []string{"angle error"}) {
		t.Errorf("averaged are %q", got)
	}
	next := make([]float64, len(claw.Observation))
	next[dclawError] = -0.25
	values := []float64{math.NaN()}
	if claw.Measure(values, next); values[0] != 0.25 {
		t.Errorf("angle error %v, want 0.25", values[0])
	}
}

// quantity finds one by name.
func quantity(t *testing.T, of, name string) task.Quantity {
	t.Helper()
	one, err := Get(of)
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range one.Quantities() {
		if q.Name == name {
			return q
		}
	}
	t.Fatalf("%s has no quantity %q", of, name)
	return task.Quantity{}
}

// A valve at π − 0.1 and one at −π + 0.1 are 0.2 rad apart. Sine and cosine round at
// 1e-16, which the arc tangent passes on as it is.
func TestAnglesAreComparedOnTheCircle(t *testing.T) {
	valve := quantity(t, "dclaw_turn", "valve angle")
	at := func(angle float64) []float64 {
		obs := make([]float64, 40)
		obs[dclawValve], obs[dclawValve+1] = math.Cos(angle), math.Sin(angle)
		return obs
	}
	if d := valve.Distance(at(math.Pi-0.1), at(-math.Pi+0.1)); !(math.Abs(d-0.2) < 1e-14) {
		t.Errorf("%v rad apart, want 0.2", d)
	}
	left, right := make([]float64, 40), make([]float64, 40)
	left[dclawError], right[dclawError] = 3.1, -3.1
	if d := quantity(t, "dclaw_turn", "target error").Distance(left, right); !(math.Abs(d-(2*math.Pi-6.2)) < 1e-14) {
		t.Errorf("%v rad apart, want %v", d, 2*math.Pi-6.2)
	}
}

func TestGroupsAreComparedByTheirNorm(t *testing.T) {
	tip := quantity(t, "reacher7dof", "tip x … tip z")
	truth, predicted := make([]float64, 20), make([]float64, 20)
	predicted[reacherTip], predicted[reacherTip+1] = 3, 4
	predicted[0] = 100 // belongs to another group
	if d := tip.Distance(truth, predicted); d != 5 || tip.Unit != "m" || tip.Main {
		t.Errorf("distance %v of %+v, want 5 m", d, tip)
	}
}

// Nothing is wrong about a state that is predicted as it is, and a NaN is not hidden.
func TestQuantitiesOfEqualStatesAreZero(t *testing.T) {
	for _, one := range all(t) {
		obs := make([]float64, len(one.Observation))
		for i := range obs {
			obs[i] = float64(i%5) - 2
		}
		broken := slices.Repeat([]float64{math.NaN()}, len(obs))
		for _, q := range one.Quantities() {
			if d := q.Distance(obs, obs); d != 0 {
				t.Errorf("%s: %s: %v", one.Name, q.Name, d)
			}
			if d := q.Distance(obs, broken); !math.IsNaN(d) {
				t.Errorf("%s: %s: %v of NaN", one.Name, q.Name, d)
			}
		}
		var names []string
		for _, q := range one.Quantities() {
			names = append(names, q.Name)
		}
		if unique(t, one.Name+" quantities", names); len(names) == 0 {
			t.Errorf("%s: no quantities", one.Name)
		}
	}
}
