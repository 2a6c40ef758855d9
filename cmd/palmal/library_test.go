package main

import (
	"bytes"
	"context"
	"path/filepath"
	"strings"
	"testing"

	library "github.com/palmal-rl/palmal"
)

// cart is a world of another program: its action is its velocity.
type cart struct{ x float32 }

func (*cart) Spec() library.Spec {
	return library.Spec{Name: "cart", Horizon: 10, Dt: 0.1, Observation: []library.Entry{{Name: "x"}}, Action: []library.Action{{Name: "velocity", Low: -1, High: 1}}}
}

func (c *cart) Reset(uint64) ([]float32, error) {
	c.x = 1
	return []float32{c.x}, nil
}

func (c *cart) Step(action []float32) (obs []float32, reward float64, terminated, truncated bool, err error) {
	c.x += 0.1 * action[0]
	return []float32{c.x}, -float64(c.x * c.x), false, false, nil
}

// Whatever needs the world of a library's run says where that world is.
func TestARunOfTheLibraryIsSentBackToItsProgram(t *testing.T) {
	out := filepath.Join(t.TempDir(), "run")
	run, err := library.Train(context.Background(), func() (library.Env, error) { return &cart{}, nil }, library.Options{Out: out, Samples: 60, Workers: 1, Set: []string{
		"model.hidden=4", "model.members=2", "model.epochs=1", "policy.hidden=4", "value.hidden=4", "value.min_steps=1", "npg.steps=1", "npg.starts_per_member=2",
		"initial_samples=30", "samples_per_iteration=30", "evaluation.episodes=1"}})
	if err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(run.Path, "task")
	for _, args := range [][]string{
		{"eval", run.Path}, {"eval", run.Path, "--json"}, {"resume", run.Path, "--samples", "90"}, {"render", run.Path, "-o", filepath.Join(t.TempDir(), "film.gif")},
		{"diagnose", run.Path}, {"train", "--config", run.Path, "--out", filepath.Join(t.TempDir(), "again")}, {"train", "--task", folder, "--out", filepath.Join(t.TempDir(), "same")},
		{"tasks", "check", folder},
	} {
		var stdout, stderr bytes.Buffer
		code := execute(append([]string{"palmal"}, args...), &stdout, &stderr)
		if said := stdout.String() + stderr.String(); code == 0 || !strings.Contains(said, "its world is Go code") {
			t.Errorf("palmal %s: exit status %d, %s", strings.Join(args, " "), code, said)
		}
	}
}
