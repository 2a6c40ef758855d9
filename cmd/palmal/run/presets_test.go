package run

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/palmal-rl/palmal/cmd/palmal/internal/usage"
	"github.com/palmal-rl/palmal/physics/task"
	"github.com/palmal-rl/palmal/physics/tasks"
)

// withPresets is a user's cart-pole with these preset files.
func withPresets(t *testing.T, files map[string]string) *task.Task {
	t.Helper()
	built, err := tasks.Get("cartpole")
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	must(t, os.WriteFile(filepath.Join(folder, task.FileName), built.Files[built.File], 0o644))
	for name, text := range files {
		must(t, os.WriteFile(filepath.Join(folder, name), []byte(text), 0o644))
	}
	own, err := tasks.Load(folder)
	if err != nil {
		t.Fatal(err)
	}
	return own
}

// Every file, the part of every algorithm in it, and every value is checked, also what a better preset hides.
func TestEveryPresetOfATaskIsChecked(t *testing.T) {
	for _, c := range []struct {
		files map[string]string
		want  []string
	}{
		{map[string]string{"tuned.yaml": "all:\n  sed: 1\nmal:\n  nog: 2\n"}, []string{`tuned.yaml:2:3: unknown key "sed", did you mean "seed"?`, `tuned.yaml:4:3: unknown key "nog"`}},
		{map[string]string{"paper.yaml": "all: {sed: 1}\n", "tuned.yaml": "all: {buffr: 1}\n"}, []string{"paper.yaml:1:7: ", "tuned.yaml:1:7: "}},
		{map[string]string{"pathwise.yaml": "br: {sed: 1}\n", "actor-critic.yaml": "gda: {sed: 1}\n"}, []string{"pathwise.yaml:1:6: ", "actor-critic.yaml:1:7: "}},
		{map[string]string{"tuned.yaml": "all: {npg: {steps: -1}}\n"}, []string{"preset tuned: npg.steps is -1"}},
		{map[string]string{"tuned.yaml": "as: {pal: pathwise, mal: pathwise, gda: pathwise, br: pathwise}\nall: {npg: {steps: -1}}\n"}, []string{"preset npg: npg.steps is -1"}},
		{map[string]string{"tuned.yaml": "as: {br: pathwize}\n"}, []string{`tuned.yaml:1:10: "pathwize": want one of`}},
	} {
		err := CheckPresets(withPresets(t, c.files))
		if code, _ := usage.Code(err); err == nil || code != usage.Mistake || strings.Count(err.Error(), "\n") != len(c.want)-1 {
			t.Errorf("%v: %v, want %d lines", c.files, err, len(c.want))
			continue
		}
		for _, want := range c.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%v: %v, want %q", c.files, err, want)
			}
		}
	}
}

func TestPresetsWithoutMistakesAreNotRefused(t *testing.T) {
	if err := CheckPresets(withPresets(t, nil)); err != nil {
		t.Errorf("no preset: %v", err)
	}
	for _, name := range tasks.Names() {
		one, err := tasks.Get(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := CheckPresets(one); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A key that stands in one word with its section is told how to be written; train's configuration files read it as it is.
func TestDottedKeysOfPresetsAreToldToBeNested(t *testing.T) {
	for text, want := range map[string]string{
		"all: {npg.steps: 3}\n":          `unknown key "npg.steps"; write it nested, as in "npg: {steps: 3}"`,
		"all: {npg.stps: 3}\n":           `unknown key "npg.stps", did you mean "npg.steps"; write it nested, as in "npg: {steps: 3}"`,
		"all: {model.hidden: [8, 8]}\n":  `write it nested, as in "model: {hidden: ...}"`,
		"all: {npg: {pathwise.noise: }}": `unknown key "npg.pathwise.noise"`,
		"all: {npg: {stps: 3}}\n":        `unknown key "npg.stps", did you mean "npg.steps"?`,
	} {
		if err := CheckPresets(withPresets(t, map[string]string{"tuned.yaml": text})); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
	if r, err := resolveFile(t, "task: cartpole\nnpg.steps: 3\n"); err != nil || r.Config.NPG.Steps != 3 {
		t.Errorf("in a configuration file: %v", err)
	}
}
