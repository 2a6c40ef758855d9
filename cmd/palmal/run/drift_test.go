package run

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

// TestEveryKeyThatDiffersIsNamed changes each key of a configuration: the drift has both values, and
// whether the run can continue with it.
func TestEveryKeyThatDiffersIsNamed(t *testing.T) {
	config := usual()
	made := Manifest{Config: config.Values()}
	if drifts := config.Drifts(made, testFacts()); len(drifts) > 0 {
		t.Fatalf("nothing differs: %v", drifts)
	}
	if missing := len(Keys()) + len(config.Parameters) - len(made.Config); missing != 0 {
		t.Errorf("%d keys are missing", missing)
	}
	found := map[Freedom][]string{}
	for _, key := range slices.Sorted(maps.Keys(made.Config)) {
		other := Manifest{Config: maps.Clone(made.Config)}
		other.Config[key] = "another"
		drifts := config.Drifts(other, testFacts())
		if len(drifts) != 1 || drifts[0].Key != key || !strings.HasPrefix(drifts[0].String(), key+" was another, is ") {
			t.Errorf("%s: drifts %v", key, drifts)
			continue
		}
		found[drifts[0].Freedom] = append(found[drifts[0].Freedom], key)
	}
	for freedom, keys := range map[Freedom][]string{
		Fixed: {"task", "algo", "preset", "seed", "action_repeat", "npg.gamma", "model.members", "model.hidden", "policy.hidden", "value.hidden",
			"parameters.max_angle", "initial_samples", "buffer"},
		Steering: {"npg.steps", "model.epochs", "model.learning_rate", "value.batch", "samples_per_iteration"},
		Free: {"samples", "evaluation.every", "evaluation.stop_at", "diagnostic_starts", "diagnostic_gradient", "run.backend", "run.workers", "run.keep_at",
			"run.checkpoint_every"},
	} {
		for _, key := range keys {
			if !slices.Contains(found[freedom], key) {
				t.Errorf("%s is not among %v", key, found[freedom])
			}
		}
	}
}

// TestOnlyChangesOfTheWorldToComeAreFree lets one of two changes have happened.
func TestOnlyChangesOfTheWorldToComeAreFree(t *testing.T) {
	config := usual()
	config.Perturbations = []string{"100:velocity=0:0", "200:velocity=0:1"}
	made := Manifest{Config: config.Values(), Changes: 1}
	for _, to := range []struct {
		is   []string
		want Freedom
	}{
		{[]string{"100:velocity=0:0"}, Free},
		{[]string{"100:velocity=0:0", "300:velocity=0:2"}, Free},
		{[]string{"50:velocity=0:0", "200:velocity=0:1"}, Fixed},
		{[]string{"100:velocity=0:3", "200:velocity=0:1"}, Fixed},
		{[]string{}, Fixed},
	} {
		config.Perturbations = to.is
		if drifts := config.Drifts(made, testFacts()); len(drifts) != 1 || drifts[0].Freedom != to.want {
			t.Errorf("%v: %v", to.is, drifts)
		}
	}
}

// TestCheckpointsOfOlderProgramsAreHeldAgainstTheFacts of the run, which is all that is known.
func TestCheckpointsOfOlderProgramsAreHeldAgainstTheFacts(t *testing.T) {
	config := usual()
	for _, change := range []func(f *Facts){func(f *Facts) { f.Task = "ant" }, func(f *Facts) { f.Algorithm = "mal" },
		func(f *Facts) { f.Preset = "paper" }, func(f *Facts) { f.Seed = 2 }} {
		facts := testFacts()
		change(&facts)
		if drifts := config.Drifts(Manifest{}, facts); len(drifts) != 1 || drifts[0].Freedom != Fixed {
			t.Errorf("%+v: drifts %v", facts, drifts)
		}
		if facts.Contradiction(config) == nil {
			t.Errorf("%+v: no contradiction", facts)
		}
	}
}

// TestWhatChangesNoResultRaisesNoAlarm: the number of threads is in the description of a device.
func TestWhatChangesNoResultRaisesNoAlarm(t *testing.T) {
	device := func(workers int) Machine {
		return Machine{Device: fmt.Sprintf("a CPU, %d workers, BLAS gonum", workers)}
	}
	if changes := device(2).Changes(device(8)); len(changes) > 0 {
		t.Errorf("told %v", changes)
	}
	if changes := device(2).Changes(Machine{Device: "a CPU, 2 workers, BLAS OpenBLAS"}); len(changes) != 1 {
		t.Errorf("another BLAS: told %v", changes)
	}
}

// TestAnotherMuJoCoIsAChange: another release, or another build of the same.
func TestAnotherMuJoCoIsAChange(t *testing.T) {
	with := func(version, hash string) Machine { return Machine{MuJoCo: &MuJoCo{Version: version, SHA256: hash}} }
	for _, now := range []Machine{with("4.0.1", "aa"), with("2.2.2", "bb")} {
		if changes := with("2.2.2", "aa").Changes(now); len(changes) != 1 || !strings.Contains(changes[0], "MuJoCo was") {
			t.Errorf("%+v: told %v", *now.MuJoCo, changes)
		}
	}
	for _, now := range []Machine{with("2.2.2", "aa"), {}} {
		if changes := with("2.2.2", "aa").Changes(now); len(changes) > 0 {
			t.Errorf("the same library, or none: told %v", changes)
		}
	}
}

// A key that is renamed is renamed here, too.
func TestKeysThatSteerAreKeys(t *testing.T) {
	known := map[string]bool{}
	for key := range usual().Values() {
		section, _, _ := strings.Cut(key, ".")
		known[key], known[section] = true, true
	}
	for section, names := range steering() {
		if !known[section] {
			t.Errorf("no key or section is %s", section)
		}
		for _, name := range strings.Fields(names) {
			if key := section + "." + name; !known[key] {
				t.Errorf("no key is %s", key)
			}
		}
	}
}

// A robot's evaluations count as samples and are learned from, those of a simulator do not and are not.
func TestARobotsEvaluationsSteer(t *testing.T) {
	for world, want := range map[string]Freedom{"": Free, "inbox:episodes": Steering} {
		config := usual()
		config.World = world
		for key, freedom := range map[string]Freedom{"evaluation.every": want, "evaluation.episodes": want, "evaluation.stop_at": Free, "evaluation.seed": Free} {
			made := Manifest{Config: config.Values()}
			made.Config[key] = "another"
			if drifts := config.Drifts(made, testFacts()); len(drifts) != 1 || drifts[0].Freedom != freedom {
				t.Errorf("world %q, %s: %+v, want the freedom %d", world, key, drifts, freedom)
			}
		}
	}
}
