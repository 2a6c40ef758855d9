package physics

import (
	"encoding/json"
	"math"
	"os"
	"slices"
	"testing"

	"github.com/palmal-rl/palmal/physics/mujoco"
)

// modelFacts returns arrays of a task's original model, see tasks/README.md.
func modelFacts(t *testing.T, task, file string) map[string][]float64 {
	t.Helper()
	text, err := os.ReadFile("tasks/" + task + "/testdata/" + file + ".json")
	if err != nil {
		t.Fatal(err)
	}
	var facts map[string][]float64
	if err := json.Unmarshal(text, &facts); err != nil {
		t.Fatal(err)
	}
	return facts
}

// compareFacts compares the arrays of a compiled model with those of the original; the
// model's may be longer. Bound: printed with 17 digits, and normalised quaternions and
// sums may round differently.
func compareFacts(t *testing.T, name string, m *mujoco.Model, facts map[string][]float64) {
	t.Helper()
	loose := map[string]float64{
		// Their vertices were found again from compiled ones, which are float32: to 4e-9 m.
		"dkitty_orient mesh_vert": 4e-9, "dkitty_orient geom_pos": 2e-10,
		// The valve's base does not move, so its inertia, of a mesh, is of no effect.
		"dclaw_turn body_inertia": 1e-12, "dclaw_turn mesh_vert": 1e-10,
	}
	if len(facts) < 40 {
		t.Errorf("%s: only %d arrays of facts", name, len(facts))
	}
	for field, want := range facts {
		got, err := m.Field(field)
		if err != nil || len(got) < len(want) {
			t.Errorf("%s: %s: %d numbers, want %d, error %v", name, field, len(got), len(want), err)
			continue
		}
		bound := max(1e-14, loose[name+" "+field])
		for i := range want {
			if !within(got[i], want[i], bound*(1+math.Abs(want[i]))) {
				t.Errorf("%s: %s[%d] is %v, want %v", name, field, i, got[i], want[i])
			}
		}
	}
}

func TestModelsCompileToTheOriginalsFacts(t *testing.T) {
	needsLibrary(t)
	for _, name := range needMuJoCo() {
		w := open(t, name, Options{Workers: 1})
		facts := modelFacts(t, name, "model")
		compareFacts(t, name, w.model, facts)
		// ROBEL sets the claw's pose after a reset.
		if pose := facts["qpos0"]; name != "dclaw_turn" && !slices.Equal(pose, w.task.Pose) {
			t.Errorf("%s: pose %v, the model's %v", name, w.task.Pose, pose)
		}
	}
}
