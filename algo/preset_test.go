package algo

import (
	"strings"
	"testing"
)

func TestEveryPresetIsValid(t *testing.T) {
	tasks := map[string]int{"pointmass": 100, "cartpole": 200, "inverted_pendulum": 1000, "hopper": 1000, "ant": 1000,
		"dclaw_turn": 40, "dkitty_orient": 80, "reacher7dof": 50, "pen": 100}
	for _, preset := range Presets() {
		for _, algorithm := range Algorithms() {
			for task, horizon := range tasks {
				c, err := Preset(preset, algorithm, task, horizon)
				if err != nil {
					t.Fatal(err)
				}
				if problems := c.Validate(); problems != nil {
					t.Errorf("%s %s %s: %v", preset, algorithm, task, problems)
				}
			}
		}
	}
}

// Golden numbers: paper, tables 1, 2 and 3, and its appendix on the size of N for each task.
func TestPaperPresetIsTheTables(t *testing.T) {
	pal, _ := Preset(PresetPaper, PAL, "hopper", 1000)
	mal, _ := Preset(PresetPaper, MAL, "hopper", 1000)
	check := func(what string, got, want any) {
		t.Helper()
		if got != want {
			t.Errorf("%s is %v, want %v", what, got, want)
		}
	}
	for name, c := range map[string]Config{"pal": pal, "mal": mal} {
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
	for task, want := range map[string]struct{ horizon, pal, mal int }{
		"dclaw_turn": {40, 200, 800}, "dkitty_orient": {80, 400, 1600}, "reacher7dof": {50, 250, 1000}, "pen": {100, 1000, 2000},
	} {
		p, _ := Preset(PresetPaper, PAL, task, want.horizon)
		m, _ := Preset(PresetPaper, MAL, task, want.horizon)
		check(task+" PAL N", p.SamplesPerIteration, want.pal)
		check(task+" MAL N", m.SamplesPerIteration, want.mal)
	}
}

func TestValidateNamesTheKey(t *testing.T) {
	breaks := map[string]func(*Config){
		"algo":                  func(c *Config) { c.Algorithm = "ppo" },
		"npg.steps":             func(c *Config) { c.NPG.Steps = 0 },
		"npg.step_size":         func(c *Config) { c.NPG.StepSize = -1 },
		"model.hidden":          func(c *Config) { c.Model.Hidden = []int{512, 0} },
		"policy.hidden":         func(c *Config) { c.Policy.Hidden = nil },
		"model.scaling":         func(c *Config) { c.Model.Scaling = "iqr" },
		"samples":               func(c *Config) { c.Samples = -5 },
		"policy.min_log_std":    func(c *Config) { c.Policy.MinLogStd = -100 },
		"evaluation.episodes":   func(c *Config) { c.Evaluation.Episodes = 0 },
		"model.max_steps":       func(c *Config) { c.Model.MaxSteps = 10 },
		"samples_per_iteration": func(c *Config) { c.SamplesPerIteration = 0 },
	}
	for key, spoil := range breaks {
		c, _ := Preset(PresetPaper, PAL, "hopper", 1000)
		spoil(&c)
		problems := c.Validate()
		if len(problems) == 0 || !strings.HasPrefix(problems[0].Error(), key+": ") {
			t.Errorf("%s: problems %v", key, problems)
		}
	}
}
