package physics

import (
	"slices"
	"testing"
)

// Other goals with the same actions change no bit of an entry that is not inert, and change the inert
// entries that show the goal. The kitty's desired facing depends on both torso and target: it is not inert,
// so the test skips it.
func TestGoalsThatAreInertMoveNothingElse(t *testing.T) {
	needsLibrary(t)
	for name, goals := range map[string][]string{
		"pointmass":   {"goal=0.1:0.2"},
		"dclaw_turn":  {"target=1:1.1"},
		"reacher7dof": {"target_x=0:0.1", "target_y=-0.4:-0.3", "target_z=0.3:0.4"},
		"pen":         {"target_x=0.1:0.2", "target_y=0.1:0.2"},
	} {
		o, err := Perturbed(get(t, name), Options{Workers: 1}, goals...)
		if err != nil {
			t.Fatal(err)
		}
		one, other := open(t, name, Options{Workers: 1}), open(t, name, o)
		inert := one.Task().InertEntries()
		act := uniform(one.Task())
		a, b := firstEpisodes(t, one, 1, 0, 2, act), firstEpisodes(t, other, 1, 0, 2, act)
		for k := range a {
			moved := make([]bool, len(inert))
			for at := range min(len(a[k].obs), len(b[k].obs)) {
				j := at % len(inert)
				moved[j] = moved[j] || a[k].obs[at] != b[k].obs[at]
			}
			for j, m := range moved {
				if m && !inert[j] {
					t.Errorf("%s, episode %d: entry %d depends on the goal", name, k, j)
				}
			}
			if !slices.Contains(moved, true) {
				t.Errorf("%s, episode %d: the goal changes nothing", name, k)
			}
		}
	}
}
