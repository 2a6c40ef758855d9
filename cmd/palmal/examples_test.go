package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/palmal-rl/palmal/physics/mujoco"
	"github.com/palmal-rl/palmal/physics/task"
	"github.com/palmal-rl/palmal/physics/tasks"
)

// examples are the tasks of users that the repository holds.
const examples = "../../examples"

// An example trains by the general preset, and its run continues after the original folder has moved.
func TestExamplesTrainAndResumeWithoutTheirFolder(t *testing.T) {
	if mujoco.Version() == "" {
		t.Skip("NO EXAMPLE WAS TRIED, there is no MuJoCo")
	}
	for _, name := range []string{"arm", "swingup"} {
		t.Run(name, func(t *testing.T) {
			above := t.TempDir()
			folder, run := filepath.Join(above, name), filepath.Join(above, "run")
			if err := os.CopyFS(folder, os.DirFS(filepath.Join(examples, name))); err != nil {
				t.Fatal(err)
			}
			arguments := append([]string{"train", "--task", folder, "--out", run, "--workers", "1"}, tiny[4:]...)
			out, err := palmal(arguments...).CombinedOutput()
			if err != nil || !strings.Contains(string(out), "no preset tuned for this task: the general one\n") {
				t.Fatalf("%v\n%s", err, out)
			}
			if err := os.Rename(folder, folder+"-moved"); err != nil {
				t.Fatal(err)
			}
			for _, verb := range [][]string{{"resume", run, "--samples", "700", "--quiet"}, {"eval", run}} {
				if out, err := palmal(verb...).CombinedOutput(); err != nil {
					t.Errorf("%v: %v\n%s", verb, err, out)
				}
			}
		})
	}
}

// The examples are tasks of which nothing is tuned: what they show is the general preset's.
func TestExamplesBringNoPreset(t *testing.T) {
	for _, name := range []string{"arm", "swingup"} {
		one, err := tasks.Load(filepath.Join(examples, name))
		if err != nil {
			t.Fatal(err)
		}
		if len(one.Presets) > 0 || one.BuiltIn {
			t.Errorf("%s: presets %v", name, one.Presets)
		}
	}
}

// The page that leads from a model to a trained robot shows the task file of the arm, under other names.
func TestTutorialShowsTheExample(t *testing.T) {
	page, err := os.ReadFile("../../docs/own-robot.md")
	if err != nil {
		t.Fatal(err)
	}
	shown := regexp.MustCompile("(?s)```yaml\n(name: .*?)```").FindStringSubmatch(string(page))
	if shown == nil {
		t.Fatal("no task file")
	}
	want, err := os.ReadFile(filepath.Join(examples, "arm", task.FileName))
	if err != nil {
		t.Fatal(err)
	}
	if is := strings.NewReplacer("name: my_arm\n", "name: arm\n", "model: arm.xml,", "model: model.xml,").Replace(shown[1]); is != string(want) {
		t.Errorf("the page shows\n%s\nthe example is\n%s", is, want)
	}
}
