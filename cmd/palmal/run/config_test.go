package run

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/palmal-rl/palmal/cmd/palmal/internal/usage"
	"github.com/palmal-rl/palmal/physics/tasks"
)

// resolveFile resolves a configuration file.
func resolveFile(t *testing.T, text string, sets ...string) (Resolved, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "my.yaml")
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return Resolve(Request{File: path, Sets: sets, Backends: []string{"cpu"}})
}

func TestMistakesAreRefusedByKeyAndLine(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"fraction for a count", "task: cartpole\nnpg:\n  steps: 1.5\n", `my.yaml:3:3: npg.steps is "1.5", want a whole number`},
		{"fraction in exponent form", "task: cartpole\nsamples: 15e-1\n", `my.yaml:2:1: samples is "15e-1", want a whole number`},
		{"text for a number", "task: cartpole\nnpg: {gamma: high}\n", `my.yaml:2:7: npg.gamma is "high", want a number`},
		{"quoted number", "task: cartpole\nsamples: \"1000\"\n", `my.yaml:2:1: samples is "1000", want a whole number`},
		{"yes for true", "task: cartpole\nmodel:\n  shift: yes\n", `my.yaml:3:3: model.shift is "yes", want true or false`},
		{"not a number", "task: cartpole\nnpg:\n  gamma: .nan\n", `my.yaml:3:3: npg.gamma is ".nan", want a number`},
		{"nothing", "task: cartpole\nsamples:\n", `my.yaml:2:1: samples is "", want a whole number`},
		{"negative seed", "task: cartpole\nseed: -1\n", `my.yaml:2:1: seed is "-1", want a whole number that is not negative`},
		{"negative size", "task: cartpole\nnpg:\n  starts_per_member: -5\n", `my.yaml:3:3: npg.starts_per_member is -5, must be at least 1`},
		{"no policy steps", "task: cartpole\nnpg:\n  steps: 0\n", `my.yaml:3:3: npg.steps is 0, must be at least 1`},
		{"beyond the integers", "task: cartpole\nsamples: 1e300\n", `my.yaml:2:1: samples is "1e300", want a whole number`},
		{"list for a number", "task: cartpole\nsamples: [1]\n", `my.yaml:2:1: samples is a list or a section, want a whole number`},
		{"number for a section", "task: cartpole\nnpg: 3\n", `my.yaml:2:1: npg is a section`},
		{"section for a number", "task: cartpole\nsamples:\n  x: 1\n", `my.yaml:2:1: samples is a list or a section`},
		{"wrong item", "task: cartpole\nmodel:\n  hidden: [64, 1.5]\n", `my.yaml:3:3: model.hidden item 1 is "1.5", want a whole number`},
		{"twice", "task: cartpole\nsamples: 1\nsamples: 2\n", `my.yaml:3:1: samples is given twice, first in line 2`},
		{"twice, once in one word", "task: cartpole\nnpg.steps: 1\nnpg: {steps: 3}\n", `my.yaml:3:7: npg.steps is given twice, first in line 2`},
		{"unknown key", "task: cartpole\nnpg:\n  stepsize: 1\n", `my.yaml:3:3: unknown key "npg.stepsize", did you mean "npg.step_size"?`},
		{"key of a section at the top", "task: cartpole\ngama: 1\n", `my.yaml:2:1: unknown key "gama", did you mean "npg.gamma"?`},
		{"unknown section", "task: cartpole\nnpq:\n  steps: 1\n", `my.yaml:2:1: unknown key "npq"`},
		{"unknown parameter", "task: cartpole\nparameters:\n  anglelimit: 1\n", `my.yaml:3:3: parameters.anglelimit is refused`},
		{"unknown task", "task: cartpol\n", `unknown task "cartpol", did you mean "cartpole"?`},
		{"unknown algorithm", "task: cartpole\nalgo: pall\n", `unknown algorithm "pall", did you mean "pal"?`},
		{"unknown preset", "task: cartpole\npreset: papper\n", `unknown preset "papper", did you mean "paper"?`},
		{"unknown backend", "task: cartpole\nrun:\n  backend: cpuu\n", `my.yaml:3:3: run.backend unknown backend "cpuu", did you mean "cpu"?`},
		{"not YAML", "task: [\n", `my.yaml: `},
		{"Latin-1", "\xff\ntask: cartpole # \xe9\n", `my.yaml: is no text in UTF-8`},
		{"two documents", "task: cartpole\n---\nseed: 2\n", `more than one document`},
		{"a list", "- task\n", `want keys and values`},
		{"no task", "seed: 3\n", `no task`},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := resolveFile(t, c.text)
			if err == nil {
				t.Fatal("accepted")
			}
			if !strings.Contains(err.Error(), c.want) {
				t.Errorf("says %q, want %q", err, c.want)
			}
			if code, _ := usage.Code(err); code != usage.Mistake {
				t.Errorf("exit code %d, want %d", code, usage.Mistake)
			}
		})
	}
}

// What YAML takes for a comment, a section or an alias is a part of a path.
func TestPathsAndCommandsAreNoYAML(t *testing.T) {
	for _, typed := range []string{"/runs/arm #2", "/runs/a: b", "*", "python3 arm.py --gain: 2"} {
		for _, a := range []Assignment{Typed("world", typed, "--world"), Typed("from", typed, "--from"), Typed("run.python", typed, "--python"),
			Typed("task", typed, "--task")} {
			if a.node.Value != typed {
				t.Errorf("%s %q is read as %q", a.Origin, typed, a.node.Value)
			}
		}
	}
	if none := Typed("world", "''", "--set"); none.node.Value != "" {
		t.Errorf("world='' is read as %q", none.node.Value)
	}
}

func TestAllMistakesAreToldAtOnce(t *testing.T) {
	_, err := resolveFile(t, "task: cartpole\nsamples: 1.5\nnpg:\n  stepps: 1\n", "model.batch=x")
	if err == nil || strings.Count(err.Error(), "\n") != 2 {
		t.Errorf("want three lines, got %v", err)
	}
}

func TestLaterSourcesWin(t *testing.T) {
	path := filepath.Join(t.TempDir(), "my.yaml")
	text := "task: cartpole\nsamples: 1_000\nseed: 5\nnpg:\n  steps: 2\n  gamma: 1\nmodel:\n"
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	r, err := Resolve(Request{File: path, Sets: []string{"npg.steps=3", "seed=6", "model.hidden=8,9"},
		Flags: []Assignment{Typed("seed", "18446744073709551615", "--seed")}})
	if err != nil {
		t.Fatal(err)
	}
	c := r.Config
	if c.Samples != 1000 || c.NPG.Steps != 3 || c.NPG.Gamma != 1 || c.Seed != 1<<64-1 || len(c.Model.Hidden) != 2 || c.Model.Hidden[1] != 9 {
		t.Errorf("resolved %+v", c)
	}
	if got := r.Origins["npg.steps"]; got != "--set" {
		t.Errorf("origin of npg.steps is %q", got)
	}
}

func TestPresetIsToldWhereNothingElseIs(t *testing.T) {
	r, err := resolveFile(t, "task: cartpole\n")
	if err != nil {
		t.Fatal(err)
	}
	r.Config.NPG.Steps = 0
	if problems := r.validate([]string{"cpu"}); len(problems) != 1 || problems[0].Origin != "preset tuned" {
		t.Errorf("problems %v", problems)
	}
}

// A key that came later has the value that changes nothing, the paper's, whatever the run's preset says of it. Those of
// the section run are not told: no value of them changes a result.
func TestKeysThatAnOlderProgramDidNotWriteAreToldAndAsInThePaper(t *testing.T) {
	config, missing, err := loadConfig("config.yaml", []byte("task: cartpole\npreset: tuned\n"))
	if err != nil {
		t.Fatal(err)
	}
	want, err := Resolve(Request{Sets: []string{"task=cartpole", "preset=paper"}})
	if err != nil {
		t.Fatal(err)
	}
	told := slices.DeleteFunc(Keys(), func(key string) bool {
		return key == "task" || key == "preset" || strings.HasPrefix(key, "run.")
	})
	if config.NPG != want.Config.NPG || config.Preset != "tuned" || !slices.Equal(missing, told) {
		t.Errorf("missing %v", missing)
	}
}

// What distinguishes two runs is what changes their policies, not how long and how often they are
// looked at.
func TestDifferencesAreThoseOfTheMethod(t *testing.T) {
	resolved, err := Resolve(Request{Sets: []string{"task=cartpole", "seed=3", "samples=77", "evaluation.every=5", "run.keep_last=9",
		"npg.steps=9", "model.hidden=32,16", "parameters.max_angle=0.1"}, Backends: []string{"cpu"}})
	if err != nil {
		t.Fatal(err)
	}
	got, err := resolved.Config.Differences()
	if want := []string{"model.hidden [32,16]", "npg.steps 9", "parameters.max_angle 0.1"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("differences %q, %v, want %q", got, err, want)
	}
}

func TestSectionsAreNoKeys(t *testing.T) {
	_, err := Resolve(Request{Sets: []string{"task=cartpole", "npg=4", "parameters=1"}, Backends: []string{"cpu"}})
	for _, want := range []string{"npg is a section: set one of its keys, as in npg.steps", "as in parameters.NAME"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

// Images are kept with the samples, in two copies of three, and can be left out by the key that is named.
func TestImagesCountInTheMemory(t *testing.T) {
	claw, err := tasks.Get("dclaw_turn")
	if err != nil {
		t.Fatal(err)
	}
	part := func(symmetries string) MemoryPart {
		resolved, err := Resolve(Request{Sets: []string{"task=dclaw_turn", "model.symmetries=" + symmetries}, Backends: []string{"cpu"}})
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range resolved.Config.MemoryParts(claw, claw.Horizon) {
			if strings.HasPrefix(part.Name, "the samples that are kept") {
				return part
			}
		}
		t.Fatal("no part for the samples")
		return MemoryPart{}
	}
	with, without := part("true"), part("false")
	if times := with.Bytes / without.Bytes; times != float64(2*(1+claw.Images())+1)/3 || !strings.Contains(with.Keys, "model.symmetries") || strings.Contains(without.Keys, "model.symmetries") {
		t.Errorf("%+v with images, %+v without: want %d thirds as much", with, without, 2*(1+claw.Images())+1)
	}
}

// Whatever a user types, the estimate is a number that can be compared.
func TestMemoryNeededDoesNotOverflow(t *testing.T) {
	resolved, err := Resolve(Request{Sets: []string{"task=cartpole", "npg.starts_per_member=2147483647", "npg.horizon=2147483647",
		"model.members=1000", "model.hidden=65536,65536", "samples=1e12", "buffer=0"},
		Backends: []string{"cpu"}})
	if err != nil {
		t.Fatal(err)
	}
	cartpole, err := tasks.Get("cartpole")
	if err != nil {
		t.Fatal(err)
	}
	if needed := resolved.Config.MemoryNeeded(cartpole, cartpole.Horizon); needed < 1<<52 {
		t.Errorf("%d bytes", needed)
	}
}

// A program that is named by a path is kept by its absolute one, whatever names it; a word is looked up where it runs.
func TestProgramsAreKeptByTheirAbsolutePath(t *testing.T) {
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for named, want := range map[string]string{"python3": "python3", "v/bin/python": filepath.Join(here, "v", "bin", "python"), "./py": filepath.Join(here, "py")} {
		flag := Typed("run.python", named, "--python")
		by, err := Resolve(Request{Sets: []string{"task=cartpole"}, Flags: []Assignment{flag}, Backends: []string{"cpu"}})
		if err != nil {
			t.Fatal(err)
		}
		later := by.Config
		later.Run.Python = ""
		if err := later.Override(flag); err != nil {
			t.Fatal(err)
		}
		if by.Config.Run.Python != want || later.Run.Python != want {
			t.Errorf("%s is kept as %s, and by an override as %s, want %s", named, by.Config.Run.Python, later.Run.Python, want)
		}
	}
}

// Keys that bound each other are checked together, in whatever order they come, and a value that nobody gave is the run's.
func TestOverridesAreCheckedTogether(t *testing.T) {
	by, err := Resolve(Request{Sets: []string{"task=cartpole", "model.min_steps=5", "model.max_steps=10"}, Backends: []string{"cpu"}})
	if err != nil {
		t.Fatal(err)
	}
	least, most := Typed("model.min_steps", "20", "--set"), Typed("model.max_steps", "30", "--set")
	for name, both := range map[string][]Assignment{"the lower bound first": {least, most}, "the upper bound first": {most, least}} {
		c := by.Config
		if err := c.Override(both...); err != nil || c.Model.MinSteps != 20 || c.Model.MaxSteps != 30 {
			t.Errorf("%s: %d to %d, %v", name, c.Model.MinSteps, c.Model.MaxSteps, err)
		}
	}
	c := by.Config
	if err := c.Override(least); err == nil || !strings.Contains(err.Error(), "the run: model.max_steps is 10, must be at least min_steps 20") {
		t.Errorf("the lower bound alone: %v", err)
	}
	if err := c.Override(); err != nil {
		t.Errorf("without an assignment: %v", err)
	}
}

// A flag wins over --set, as when a run begins, and what is overruled is said.
func TestAFlagOverrulesSetWhereARunChanges(t *testing.T) {
	by, err := Resolve(Request{Sets: []string{"task=cartpole"}, Backends: []string{"cpu"}})
	if err != nil {
		t.Fatal(err)
	}
	c := by.Config
	overruled, err := c.Change(Request{Sets: []string{"samples=7000"}, Flags: []Assignment{Typed("samples", "8000", "--samples")}})
	if err != nil || c.Samples != 8000 || len(overruled) != 1 || !strings.Contains(overruled[0], "samples is given more than once, by --set and by --samples") {
		t.Errorf("samples %d, %q, %v", c.Samples, overruled, err)
	}
}
