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
