package main

import (
	"encoding/json"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/palmal-rl/palmal/algo"
	"github.com/palmal-rl/palmal/cmd/palmal/run"
)

// evaluated again, a checkpoint gives what the metrics say of it, before a change of the world and
// after it: each in the world of its iteration.
func TestCheckpointsAreEvaluatedInTheWorldOfTheirTime(t *testing.T) {
	// Poles that start far from upright fall sooner: the returns of the two worlds differ.
	directory := trained(t, "--perturb", "250:position=-0.15:0.15", "--keep-at", "150,200,300")
	records, err := run.ReadMetrics(filepath.Join(directory, "metrics.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	checkpoints, err := filepath.Glob(filepath.Join(directory, "checkpoints", "0*"))
	if err != nil {
		t.Fatal(err)
	}
	worlds := map[bool]int{}
	for _, path := range checkpoints {
		iteration, err := strconv.Atoi(filepath.Base(path))
		if err != nil {
			t.Fatal(err)
		}
		record := records[iteration-1]
		out, err := palmal("eval", directory, "--checkpoint", strconv.Itoa(iteration), "--json").Output()
		if err != nil {
			t.Fatal(err)
		}
		var got algo.Evaluation
		if err := json.Unmarshal(out, &got); err != nil {
			t.Fatal(err)
		}
		if got.Return != record.Evaluation.Return || got.Std != record.Evaluation.Std {
			t.Errorf("checkpoint %d: evaluated to %v, in its iteration to %v", iteration, got.Return, record.Evaluation.Return)
		}
		worlds[changedBy(records, iteration)]++
	}
	if worlds[true] == 0 || worlds[false] == 0 {
		t.Errorf("%v checkpoints after and before the change: this tests nothing", worlds)
	}
}

// changedBy reports whether the world had changed when an iteration was played.
func changedBy(records []algo.Record, iteration int) bool {
	for _, record := range records[:iteration] {
		if record.Perturbation != nil {
			return true
		}
	}
	return false
}
