package algo_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/palmal-rl/palmal/algo"
	"github.com/palmal-rl/palmal/physics/tasks"
)

// preset returns a preset of a built-in task.
func preset(t *testing.T, name string, algorithm algo.Algorithm, task string) algo.Config {
	t.Helper()
	one := builtin(t, task)
	c, err := algo.Preset(name, algorithm, one.Horizon, one.Presets)
	if err != nil {
		t.Fatalf("%s: %v", task, err)
	}
	return c
}

func TestEveryPresetIsValid(t *testing.T) {
	for _, name := range algo.Presets() {
		for _, algorithm := range algo.Algorithms() {
			for _, task := range tasks.Names() {
				if problems := preset(t, name, algorithm, task).Validate(); problems != nil {
					t.Errorf("%s %s %s: %v", name, algorithm, task, problems)
				}
			}
			c, err := algo.Preset(name, algorithm, 500, nil)
			if problems := c.Validate(); err != nil || problems != nil {
				t.Errorf("%s %s of an unknown task: %v, error %v", name, algorithm, problems, err)
			}
		}
	}
}

// A task for which nothing is tuned gets sizes for an unknown world; one that brings a preset, its own.
func TestTasksWithoutAPresetGetTheGeneralOne(t *testing.T) {
	general, err := algo.Preset(algo.PresetTuned, algo.PAL, 500, nil)
	if err != nil || !slices.Equal(general.Model.Hidden, []int{256, 256}) || !general.Policy.Normalise {
		t.Errorf("%+v, error %v", general, err)
	}
	named, err := algo.Preset(algo.PresetGeneral, algo.PAL, 500, map[string][]byte{"tuned": []byte("all: {seed: 7}")})
	if err != nil || !reflect.DeepEqual(named, general) {
		t.Errorf("by its name %+v, error %v", named, err)
	}
	own, err := algo.Preset(algo.PresetTuned, algo.MAL, 30, map[string][]byte{"tuned": []byte("pal:\n  seed: 7\nmal, br:\n  model: {hidden: [3]}\n  buffer: {episodes: 4, at_most: 100}\n")})
	if err != nil || own.Seed != 1 || !slices.Equal(own.Model.Hidden, []int{3}) || own.Buffer != 100 || own.Policy.Normalise {
		t.Errorf("%+v, error %v", own, err)
	}
}

// A task may say that another preset is better for an algorithm; the tuned values stay at hand as npg.
func TestTunedIsThePresetThatTheTaskNames(t *testing.T) {
	task := map[string][]byte{"tuned": []byte("as: {pal: pathwise}\nall: {seed: 7}\n"), "pathwise": []byte("pal: {seed: 8}\n")}
	for _, one := range []struct {
		name      string
		algorithm algo.Algorithm
		effective string
		seed      uint64
		player    string
	}{
		{algo.PresetTuned, algo.PAL, algo.PresetPathwise, 8, algo.PlayerPathwise}, {algo.PresetTuned, algo.MAL, algo.PresetTuned, 7, algo.PlayerNPG},
		{algo.PresetNPG, algo.PAL, algo.PresetNPG, 7, algo.PlayerNPG},
	} {
		c, err := algo.Preset(one.name, one.algorithm, 30, task)
		effective, failed := algo.Effective(one.name, one.algorithm, task)
		if err != nil || failed != nil || effective != one.effective || c.Seed != one.seed || c.Policy.Player != one.player {
			t.Errorf("%s of %s is %s with seed %d and player %s, want %+v; errors %v, %v", one.name, one.algorithm, effective, c.Seed, c.Policy.Player, one, err, failed)
		}
	}
	for text, want := range map[string]string{"as: {pal: best}": `tuned.yaml:1:11: "best": want one of`, "as: {pal: tuned}": `"tuned": want one of`, "as: {pall: paper}": `"pall": want all`, "as: 3": "want keys and values"} {
		if _, err := algo.Preset(algo.PresetTuned, algo.PAL, 30, map[string][]byte{"tuned": []byte(text)}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want %s", text, err, want)
		}
	}
}

// Every mistake in a preset file is named, with its place.
func TestMistakesInPresetsAreNamed(t *testing.T) {
	text := "all:\n  sed: 1\n  model: {hidden: big, epochs: 1.5}\n  npg: 3\npall:\n  seed: 2\npal:\n  buffer: {episode: 2}\n  seed: 1\n  seed: 2\n"
	_, err := algo.Preset(algo.PresetTuned, algo.PAL, 30, map[string][]byte{"tuned": []byte(text)})
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{`tuned.yaml:2:3: unknown key "sed"`, "tuned.yaml:3:19: model.hidden", "tuned.yaml:3:32: model.epochs", "tuned.yaml:4:8: want keys",
		`tuned.yaml:5:1: "pall": want all`, `tuned.yaml:8:12: unknown key "episode"`, "tuned.yaml:10:3: seed is given twice"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is missing in\n%v", want, err)
		}
	}
	several := map[string][]byte{"tuned": []byte("all: {seed: 1}\n---\npal: {seed: 2}\n")}
	if _, err := algo.Preset(algo.PresetTuned, algo.PAL, 30, several); err == nil || !strings.Contains(err.Error(), "tuned.yaml: holds more than one document") {
		t.Errorf("two documents: error %v", err)
	}
}

// YAML cuts off the rest of 1.5, reads 010 as 8 and 0x10 as 16: who wrote these meant something else.
func TestNumbersInPresetsMeanWhatTheyLookLike(t *testing.T) {
	for _, text := range []string{"initial_samples: {episodes: 1.5, at_most: 100}", "initial_samples: {episodes: 10, at_most: 100.5}",
		"initial_samples: {episodes: 010, at_most: 100}", "samples: 010", "samples: -010", "seed: 010", "model: {hidden: [64, 1.5]}", "model: {hidden: [010]}",
		"npg: {gamma_early: 010}", "npg: {clamp: 0x10}", "npg: {clamp: }", "npg: {clamp: .nan}", "policy: {player: }", "model: {layer_norm: }"} {
		if c, err := algo.Preset(algo.PresetTuned, algo.PAL, 30, map[string][]byte{"tuned": []byte("all:\n  " + text)}); err == nil {
			t.Errorf("%s is read: samples %d, %d initial, seed %d, hidden %v, clamp %g", text, c.Samples, c.InitialSamples, c.Seed, c.Model.Hidden, c.NPG.Clamp)
		}
	}
	for _, text := range []string{"npg: {clamp: 0}", "npg: {clamp: 0.5}", "npg: {clamp: 0e1}", "samples: 1e4", "samples: 0", "evaluation: {stop_at: .inf}"} {
		if _, err := algo.Preset(algo.PresetTuned, algo.PAL, 30, map[string][]byte{"tuned": []byte("all:\n  " + text)}); err != nil {
			t.Errorf("%s is refused: %v", text, err)
		}
	}
}

// Golden numbers: paper, tables 1, 2 and 3, and its appendix on the size of N for each task.
func TestPaperPresetIsTheTables(t *testing.T) {
	pal := preset(t, algo.PresetPaper, algo.PAL, "hopper")
	mal := preset(t, algo.PresetPaper, algo.MAL, "hopper")
	check := func(what string, got, want any) {
		t.Helper()
		if got != want {
			t.Errorf("%s is %v, want %v", what, got, want)
		}
	}
	for name, c := range map[string]algo.Config{"pal": pal, "mal": mal} {
		check(name+" gamma", c.NPG.Gamma, 0.995)
		check(name+" lambda", c.NPG.Lambda, 0.97)
		check(name+" trajectories", c.NPG.StartsPerMember, 200)
		check(name+" horizon", c.NPG.Horizon, 500)
		check(name+" step size", c.NPG.StepSize, 0.05)
		check(name+" members", c.Model.Members, 4)
		check(name+" batch", c.Model.Batch, 200)
		check(name+" log std", c.Policy.InitialLogStd, -1.0)
	}
	check("PAL epochs", pal.Model.Epochs, 100)
	check("PAL buffer", pal.Buffer, 2500)
	check("PAL initial", pal.InitialSamples, 2500)
	check("PAL N", pal.SamplesPerIteration, 1000)
	check("PAL K", pal.NPG.Steps, 4)
	check("MAL epochs", mal.Model.Epochs, 10)
	check("MAL buffer", mal.Buffer, 0)
	check("MAL initial", mal.InitialSamples, 5000)
	check("MAL N", mal.SamplesPerIteration, 3000)
	check("MAL K", mal.NPG.Steps, 25)
	for task, want := range map[string]struct{ pal, mal int }{
		"dclaw_turn": {200, 800}, "dkitty_orient": {400, 1600}, "reacher7dof": {250, 1000}, "pen": {1000, 2000},
	} {
		p := preset(t, algo.PresetPaper, algo.PAL, task)
		m := preset(t, algo.PresetPaper, algo.MAL, task)
		check(task+" PAL N", p.SamplesPerIteration, want.pal)
		check(task+" MAL N", m.SamplesPerIteration, want.mal)
	}
}

func TestValidateNamesTheKey(t *testing.T) {
	breaks := map[string]func(*algo.Config){
		"algo":                  func(c *algo.Config) { c.Algorithm = "ppo" },
		"npg.steps":             func(c *algo.Config) { c.NPG.Steps = 0 },
		"npg.min_path_length":   func(c *algo.Config) { c.NPG.MinPathLength = c.NPG.Horizon + 1 },
		"npg.step_size":         func(c *algo.Config) { c.NPG.StepSize = -1 },
		"model.hidden":          func(c *algo.Config) { c.Model.Hidden = []int{512, 0} },
		"policy.hidden":         func(c *algo.Config) { c.Policy.Hidden = nil },
		"model.scaling":         func(c *algo.Config) { c.Model.Scaling = "iqr" },
		"samples":               func(c *algo.Config) { c.Samples = -5 },
		"policy.min_log_std":    func(c *algo.Config) { c.Policy.MinLogStd = -100 },
		"evaluation.episodes":   func(c *algo.Config) { c.Evaluation.Episodes = 0 },
		"model.max_steps":       func(c *algo.Config) { c.Model.MaxSteps = 10 },
		"samples_per_iteration": func(c *algo.Config) { c.SamplesPerIteration = 0 },
	}
	for key, spoil := range breaks {
		c := preset(t, algo.PresetPaper, algo.PAL, "hopper")
		spoil(&c)
		problems := c.Validate()
		if len(problems) == 0 || !strings.HasPrefix(problems[0].Error(), key+": ") {
			t.Errorf("%s: problems %v", key, problems)
		}
	}
}
