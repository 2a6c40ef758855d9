package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/palmal-rl/palmal/physics/remote/remotetest"
)

// TestGymnasiumEnvironmentsAreLearned trains on real environments with what nobody wrote for palmal: the reward and what
// ends an episode are learned. The bounds are those that these environments count as solved by; the optimum of Pendulum is
// about -150, a random policy gets -1,200.
func TestGymnasiumEnvironmentsAreLearned(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIPPED: learning takes a minute")
	}
	for _, one := range []struct {
		id, config string
		bound      float64
		samples    int
	}{
		{"Pendulum-v1", "pendulum.yaml", -200, 4000},
		{"InvertedPendulum-v5", "inverted_pendulum.yaml", 1000, 700},
	} {
		t.Run(one.id, func(t *testing.T) {
			modules := []string{"gymnasium", "numpy"}
			if one.id != "Pendulum-v1" {
				modules = append(modules, "mujoco", "imageio")
			}
			python := remotetest.Python(t, modules...)
			run := filepath.Join(t.TempDir(), "run")
			command := palmal("train", "--task", "gym:"+one.id, "--config", filepath.Join("testdata", "gymnasium", one.config), "--python", python,
				"--out", run, "--quiet")
			if out, err := command.CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			best := bestBy(t, filepath.Join(run, "metrics.jsonl"), one.samples)
			t.Logf("%s: best evaluation %g", one.id, best)
			if !(best >= one.bound) {
				t.Errorf("%s: best return %g within %d samples, want %g", one.id, best, one.samples, one.bound)
			}
		})
	}
}

// bestBy is the best evaluation of a policy that a number of samples produced.
func bestBy(t *testing.T, metrics string, samples int) float64 {
	t.Helper()
	f, err := os.Open(metrics)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	best := -1e9
	for lines := json.NewDecoder(f); lines.More(); {
		var record struct {
			Evaluation *struct {
				Samples int
				Return  float64
			}
		}
		if err := lines.Decode(&record); err != nil {
			t.Fatal(err)
		}
		if e := record.Evaluation; e != nil && e.Samples <= samples {
			best = max(best, e.Return)
		}
	}
	return best
}
