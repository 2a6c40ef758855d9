package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/palmal-rl/palmal/physics/mujoco"
	"github.com/palmal-rl/palmal/physics/task"
)

// drawnArm writes the arm of the examples with a model that changes from episode to episode.
func drawnArm(t *testing.T) string {
	t.Helper()
	if mujoco.Version() == "" {
		t.Skip("this build has no MuJoCo")
	}
	folder := filepath.Join(t.TempDir(), "arm")
	if err := os.CopyFS(folder, os.DirFS(filepath.Join(examples, "arm"))); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(folder, task.FileName)
	text := string(mustRead(t, path)) + `randomise:
  - {name: "{} damping", each: [turn, shoulder, elbow], into: "joint.{}.damping", operation: scale, log_uniform: [0.5, 2]}
  - {name: fore, unit: m, uniform: [0.15, 0.25], edits: [{into: "body.fore > geom[1].fromto", value: [0, 0, 0, 0, 0, value]}, {element: site, name: tip, attribute: pos, value: [0, 0, value + 0.02]}]}
`
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	return folder
}

// A run whose models are drawn has the same bytes with one worker and with three, whole and resumed, and after its
// draws' bounds have changed; its verbs know the draws.
func TestRunsOfDrawnModelsAreTheSameBytes(t *testing.T) {
	folder := drawnArm(t)
	above := t.TempDir()
	train := func(name string, flags ...string) string {
		run := filepath.Join(above, name)
		arguments := append([]string{"train", "--task", folder, "--quiet", "--out", run, "--perturb", "300:fore=0.2:0.3"}, tiny[4:]...)
		if out, err := palmal(append(arguments, flags...)...).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return run
	}
	whole, cut := train("whole", "--workers", "1"), train("cut", "--workers", "3", "--samples", "250")
	if out, err := palmal("resume", cut, "--samples", "500", "--workers", "3", "--quiet").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	sameResult(t, result(t, cut), result(t, whole))
	for _, verb := range [][]string{{"eval", whole, "--episodes", "2"}, {"diagnose", whole, "--episodes", "2"}, {"tasks", folder}} {
		out, err := palmal(verb...).CombinedOutput()
		if err != nil || verb[0] == "tasks" && !strings.Contains(string(out), "log-uniform in [0.5, 2]") {
			t.Errorf("%v: %v\n%s", verb, err, out)
		}
	}
}
