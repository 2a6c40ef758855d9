package main

import (
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/palmal-rl/palmal/algo"
	"github.com/palmal-rl/palmal/cmd/palmal/internal/bench"
	"github.com/palmal-rl/palmal/cmd/palmal/internal/usage"
	"github.com/palmal-rl/palmal/cmd/palmal/run"
	"github.com/palmal-rl/palmal/nn"
	"github.com/palmal-rl/palmal/physics/tasks"
)

func (p *program) completion() *cli.Command {
	return &cli.Command{
		Name: "completion", ArgsUsage: "bash|zsh|fish", Usage: "print what makes a shell complete verbs, flags and values",
		Description: "Examples:\n  source <(palmal completion bash)\n  source <(palmal completion zsh)\n  palmal completion fish | source",
		Action: func(c *cli.Context) error {
			args, err := positional(c, 1, 1, "a shell: "+strings.Join(usage.Shells(), ", "))
			if err != nil {
				return err
			}
			script, ok := usage.Script(args[0])
			if !ok {
				return usage.Unknown("shell", args[0], usage.Shells())
			}
			if p.json {
				p.printJSON(map[string]any{"shell": args[0], "script": script})
				return nil
			}
			fmt.Fprint(p.out, script)
			return nil
		},
	}
}

// complete answers the shells. It runs no verb.
func (p *program) complete() *cli.Command {
	return &cli.Command{
		Name: "__complete", Hidden: true, SkipFlagParsing: true,
		Action: func(c *cli.Context) error {
			words := c.Args().Slice()
			if len(words) > 0 && words[0] == "--" {
				words = words[1:]
			}
			for _, word := range usage.Complete(p.app(), words, values) {
				fmt.Fprintln(p.out, word)
			}
			return nil
		},
	}
}

// values lists the possible values of a flag or of a verb's arguments; nil for a file.
func values(verb, flag string) []string {
	switch flag {
	case "task":
		return tasks.Names()
	case "algo":
		var names []string
		for _, a := range algo.Algorithms() {
			names = append(names, string(a))
		}
		return names
	case "preset":
		return algo.Presets()
	case "backend":
		return append([]string{"auto"}, backendNames()...)
	case "set":
		keys := run.Keys()
		for i := range keys {
			keys[i] += "="
		}
		return keys
	case "player":
		return []string{algo.PlayerNPG, algo.PlayerPlan}
	case "precision":
		return nn.Precisions()
	case "take":
		return takes()
	case "sizes":
		return benchSizes()
	case "common":
		return []string{"yes", "no"}
	}
	if flag != "" {
		return nil
	}
	switch verb {
	case "tasks", "train":
		return tasks.Names()
	case "completion":
		return usage.Shells()
	case "bench":
		return bench.Stages()
	}
	return nil
}
