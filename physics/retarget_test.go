package physics

import (
	"math"
	"testing"

	"github.com/palmal-rl/palmal/physics/tasks"
)

// The same actions in episodes that differ in their goal only: retargeted to the other's goal, every
// observation of one is that of the other. Rounding to float32 leaves 1e-7 of a number of some units,
// ROBEL's guard of a length 1e-8.
func TestRetargetedObservationIsThatOfAnEpisodeWithTheOtherGoal(t *testing.T) {
	needsLibrary(t)
	const bound = 2e-6
	goals := map[string][]string{
		"pointmass":     {"goal=0.1:0.2"},
		"dclaw_turn":    {"target=-3:3"},
		"dkitty_orient": {"target=-1:1"},
		"reacher7dof":   {"target_x=0:0.1", "target_y=-0.4:-0.3", "target_z=0.3:0.4"},
		"pen":           {"target_x=0.1:0.2", "target_y=0.1:0.2"},
	}
	for _, name := range tasks.Names() {
		plain := open(t, name, Options{Workers: 1})
		if _, ok := goals[name]; ok != plain.Task().HasGoal() {
			t.Errorf("%s: has a goal: %v, want %v", name, !ok, ok)
		}
		if !plain.Task().HasGoal() {
			continue
		}
		o, err := Perturbed(get(t, name), Options{Workers: 1}, goals[name]...)
		if err != nil {
			t.Fatal(err)
		}
		act := uniform(plain.Task())
		compareRetargeted(t, plain, firstEpisodes(t, plain, 1, 0, 3, act), firstEpisodes(t, open(t, name, o), 1, 0, 3, act), bound)
	}
}

func compareRetargeted(t *testing.T, w *World, one, other []played, bound float64) {
	t.Helper()
	width, changed := len(w.Task().Observation), 0.0
	for k := range one {
		a, b := wide(one[k].obs), wide(other[k].obs)
		if len(a) != len(b) {
			t.Fatalf("%s, episode %d: the goal changes its length", w.Task().Name, k)
		}
		goal := append([]float64(nil), b[:width]...)
		for from := 0; from < len(a); from += width {
			row := append([]float64(nil), a[from:from+width]...)
			w.Task().Retarget(row, goal)
			for j, x := range row {
				changed = max(changed, math.Abs(x-a[from+j]))
				if d := math.Abs(x - b[from+j]); !(d <= bound) {
					t.Fatalf("%s, episode %d, decision %d, entry %d: %g, want %g", w.Task().Name, k, from/width, j, x, b[from+j])
				}
			}
		}
	}
	// 0.01 is far above bound, which rounding alone may reach.
	if !(changed > 0.01) {
		t.Errorf("%s: no observation depends on the goal", w.Task().Name)
	}
}
