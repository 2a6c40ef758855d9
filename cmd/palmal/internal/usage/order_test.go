package usage

import (
	"slices"
	"strings"
	"testing"

	"github.com/urfave/cli/v2"
)

func sampleApp() *cli.App {
	return &cli.App{Commands: []*cli.Command{
		{Name: "eval", Flags: []cli.Flag{&cli.StringFlag{Name: "episodes"}, &cli.StringSliceFlag{Name: "set"},
			&cli.StringFlag{Name: "o"}, &cli.BoolFlag{Name: "best", Aliases: []string{"b"}}}},
		{Name: "evolve"}, {Name: "hidden", Hidden: true},
	}}
}

func TestFlagsMayStandAnywhere(t *testing.T) {
	command := sampleApp().Commands[0]
	for typed, want := range map[string]string{
		"RUN --episodes 5":               "--episodes 5 -- RUN",
		"--episodes 5 RUN":               "--episodes 5 -- RUN",
		"RUN --episodes=5 --best":        "--episodes=5 --best -- RUN",
		"A -b B":                         "-b -- A B",
		"A --set x=1 B --set y=-2 -o f":  "--set x=1 --set y=-2 -o f -- A B",
		"--set -1 RUN":                   "--set -1 -- RUN",
		"--best -- --odd":                "--best -- --odd",
		"-h":                             "-h",
		"- --best":                       "--best -- -",
		"":                               "",
		"RUN -episodes 5 --best=false X": "-episodes 5 --best=false -- RUN X",
	} {
		got, err := Order(command, strings.Fields(typed))
		if err != nil || !slices.Equal(got, strings.Fields(want)) {
			t.Errorf("%q becomes %q, %v, want %q", typed, got, err, want)
		}
	}
}

func TestUnknownFlagsAreRefusedWhereverTheyStand(t *testing.T) {
	command := sampleApp().Commands[0]
	for _, typed := range []string{"RUN --episode 5", "--episode=5 RUN", "--best RUN --episode"} {
		_, err := Order(command, strings.Fields(typed))
		if err == nil || !strings.Contains(err.Error(), `did you mean "--episodes"?`) {
			t.Errorf("%q: %v", typed, err)
		}
		if code, _ := Code(err); code != Mistake {
			t.Errorf("%q: exit code %d", typed, code)
		}
	}
	if _, err := Order(command, []string{"--episodes"}); err == nil {
		t.Error("a flag without its value is accepted")
	}
}

// All mistakes are in one error, and beside it stands what was meant, or nothing where that is not known.
func TestAllMistakesOfFlagsAreToldAtOnce(t *testing.T) {
	command := sampleApp().Commands[0]
	for _, c := range []struct {
		typed []string
		want  []string
		meant string
	}{
		{[]string{"--episode", "5", "RUN", "--ste=x=1"}, []string{`"--episode", did you mean "--episodes"?`, `"--ste", did you mean "--set"?`}, "--episodes 5 --set=x=1 -- RUN"},
		{[]string{"--bst", "RUN"}, []string{`did you mean "--best"?`}, "--best -- RUN"},
		{[]string{"--episode", "5", "--frobnicate"}, []string{"--episodes", `"--frobnicate"; there are`}, ""},
		{[]string{"--hepl"}, []string{`did you mean "--help"?`}, ""},
		{[]string{"--episodes=", "--bst", "", "--set"}, []string{"--episodes has an empty value", `"--best"`, "flag --set needs a value", "an argument is empty"}, ""},
		{[]string{"--set", "", "--episode", "5"}, []string{"--set has an empty value", "--episodes"}, ""},
	} {
		got, err := Order(command, c.typed)
		if err == nil || strings.Count(err.Error(), "\n") != len(c.want)-1 || !slices.Equal(got, strings.Fields(c.meant)) {
			t.Errorf("%q: %v, meant %q, want %d lines and %q", c.typed, err, got, len(c.want), c.meant)
			continue
		}
		for _, want := range c.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%q: %v, want %q", c.typed, err, want)
			}
		}
		if code, _ := Code(err); code != Mistake {
			t.Errorf("%q: exit code %d", c.typed, code)
		}
	}
}

func TestCompletionFollowsWhatWasTyped(t *testing.T) {
	values := func(verb, flag string) []string {
		if flag == "set" {
			return []string{"npg.steps=", "npg.gamma=", "seed="}
		}
		return nil
	}
	for typed, want := range map[string]string{
		"ev":                    "eval evolve",
		"":                      "eval evolve",
		"eval --e":              "--episodes",
		"eval --set npg.":       "npg.steps= npg.gamma=",
		"eval RUN --b":          "--best",
		"eval --best --epi":     "--episodes",
		"eval --episodes 5 npg": "",
		"nonsense --x":          "",
	} {
		words := strings.Split(typed, " ")
		if got := Complete(sampleApp(), words, values); !slices.Equal(got, strings.Fields(want)) {
			t.Errorf("%q completes to %q, want %q", typed, got, want)
		}
	}
}

func TestEveryShellHasAScript(t *testing.T) {
	for _, shell := range Shells() {
		if script, ok := Script(shell); !ok || !strings.Contains(script, "__complete") {
			t.Errorf("%s: %q", shell, script)
		}
	}
}
