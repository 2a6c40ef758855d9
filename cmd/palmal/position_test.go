package main

import (
	"encoding/json"
	"path/filepath"
	"testing"

	"github.com/palmal-rl/palmal/cmd/palmal/plot"
	"github.com/palmal-rl/palmal/cmd/palmal/run"
)

// jsonOf runs palmal and reads the first object that it prints.
func jsonOf(t *testing.T, args ...string) map[string]any {
	t.Helper()
	out, err := palmal(append(args, "--json")...).Output()
	if err != nil {
		t.Fatalf("%v: %v\n%s", args, err, out)
	}
	var first map[string]any
	if err := json.Unmarshal(out[:indexOf(out, '\n')], &first); err != nil {
		t.Fatal(err)
	}
	return first
}

func indexOf(text []byte, b byte) int {
	for i, c := range text {
		if c == b {
			return i
		}
	}
	return len(text)
}

// TestARunHasOneX holds all that speak of a policy's place on a learning curve against each other: it is
// the samples that produced the policy.
func TestARunHasOneX(t *testing.T) {
	for _, algorithm := range []string{"pal", "mal", "gda", "br"} {
		t.Run(algorithm, func(t *testing.T) {
			t.Parallel()
			path := trained(t, "--algo", algorithm, "--keep-at", "120,300", "--set", "run.keep_last=100", "--samples", "400",
				"--perturb", "200:position=-0.02:0.02")
			d, config, err := run.Open(path)
			if err != nil {
				t.Fatal(err)
			}
			records, err := run.ReadMetrics(filepath.Join(path, "metrics.jsonl"))
			if err != nil || len(records) < 3 {
				t.Fatalf("%d records, %v", len(records), err)
			}
			played, first := 0, map[int]int{}
			for _, record := range records {
				x := record.Sampled.Samples
				if record.Evaluation.Samples != x || x <= played && record.Iteration > 1 && record.Perturbation == nil && x != played {
					t.Errorf("iteration %d: sampled at %d, evaluated at %d, %d were played before", record.Iteration, x, record.Evaluation.Samples, played)
				}
				played = record.Samples
				manifest, err := d.Manifest(record.Iteration)
				if err != nil || d.TrainedBy(manifest) != x || manifest.Samples != record.Samples {
					t.Errorf("iteration %d: checkpoint of %d, want %d, %v", record.Iteration, d.TrainedBy(manifest), x, err)
				}
				manifest.Trained = 0 // older programs did not record it
				if d.TrainedBy(manifest) != x {
					t.Errorf("iteration %d: by its metrics %d, want %d", record.Iteration, d.TrainedBy(manifest), x)
				}
				for _, n := range config.Run.KeepAt {
					if x >= n && first[n] == 0 {
						first[n] = record.Iteration
					}
				}
			}
			last := records[len(records)-1]
			for _, verb := range []string{"eval", "diagnose"} {
				if got := jsonOf(t, verb, path)["samples"]; got != float64(last.Evaluation.Samples) {
					t.Errorf("%s of the last checkpoint says %v samples, want %d", verb, got, last.Evaluation.Samples)
				}
			}
			all, err := d.Checkpoints()
			if err != nil {
				t.Fatal(err)
			}
			kept := d.KeptAt(all, config.Run.KeepAt)
			for i, n := range config.Run.KeepAt {
				if i >= len(kept) || kept[i] != first[n] {
					t.Errorf("kept at %d: %v, want iteration %d", n, kept, first[n])
				}
			}
			groups := plot.Groups([]plot.Run{{Task: config.Task, Records: records}}, false)
			drawn := groups[0].Evaluation
			if drawn[len(drawn)-1].X != float64(last.Evaluation.Samples) {
				t.Errorf("drawn at %v, want %d", drawn[len(drawn)-1].X, last.Evaluation.Samples)
			}
		})
	}
}
