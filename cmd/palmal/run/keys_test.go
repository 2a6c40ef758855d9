package run

import "testing"

// Configurations and checkpoints of older programs name three keys by other words.
func TestOldNamesOfKeysAreRead(t *testing.T) {
	r, err := resolveFile(t, "task: pen\npractice: 0.25\nmodel:\n    plain: true\n", "model.blind=false")
	if err != nil {
		t.Fatal(err)
	}
	config := r.Config
	if config.Relabel != 0.25 || config.Model.Mask || !config.Model.RawAngles {
		t.Errorf("relabel %g, mask %v, raw_angles %v; want 0.25, false, true", config.Relabel, config.Model.Mask, config.Model.RawAngles)
	}
	made := Manifest{Config: config.Values()}
	delete(made.Config, "relabel")
	made.Config["practice"] = "0.5"
	if drifts := config.Drifts(made, Facts{Task: "pen", Algorithm: "pal", Preset: config.Preset, Seed: config.Seed}); len(drifts) != 1 || drifts[0].Key != "relabel" {
		t.Errorf("against a checkpoint with practice 0.5: %v, want relabel", drifts)
	}
}
