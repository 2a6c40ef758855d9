package main

import (
	"github.com/urfave/cli/v2"

	"github.com/palmal-rl/palmal/cmd/palmal/internal/usage"
)

// Templates of the help texts, in the language of text/template.
const (
	appHelp = `{{.Name}}: {{.Usage}}

Verbs:
{{range .VisibleCommands}}  {{printf "%-12s" .Name}}{{.Usage}}
{{end}}
palmal VERB --help shows a verb's flags and examples. Flags may stand before or after arguments.

A first run, minutes on a laptop:
  palmal train --task cartpole
  palmal plot runs/cartpole-pal-seed1

Exit codes: 0 ok, 1 error, 2 usage or configuration, 3 a stated bound was missed, 4 diverged, 5 the
world failed, 6 device or memory, 75 stopped with a checkpoint (run resume), 130 ended by Ctrl-C, 128 and
its number by another signal without one.
`
	commandHelp = `palmal {{.Name}} {{.ArgsUsage}}

{{.Usage}}
{{if .Description}}
{{.Description}}
{{end}}
Flags:
{{range .VisibleFlags}}  {{.}}
{{end}}`
)

// showHelp prints the help of a verb, or of the program where that is nil.
func (p *program) showHelp(app *cli.App, command *cli.Command) error {
	app.Setup()
	switch {
	case p.json && command == nil:
		p.printJSON(map[string]any{"program": app.Name, "usage": app.Usage, "verbs": describeVerbs(app)})
	case p.json:
		p.printJSON(map[string]any{"verb": command.Name, "arguments": command.ArgsUsage, "usage": command.Usage,
			"description": command.Description, "flags": describeFlags(command)})
	case command == nil:
		cli.HelpPrinter(p.out, appHelp, app)
	default:
		described := *command
		described.Flags = append(append([]cli.Flag{}, command.Flags...), cli.HelpFlag)
		cli.HelpPrinter(p.out, commandHelp, &described)
	}
	return nil
}

func describeVerbs(app *cli.App) []map[string]any {
	var verbs []map[string]any
	for _, command := range app.Commands {
		if !command.Hidden {
			verbs = append(verbs, map[string]any{"verb": command.Name, "usage": command.Usage})
		}
	}
	return verbs
}

func describeFlags(command *cli.Command) []map[string]any {
	var flags []map[string]any
	for _, flag := range append(append([]cli.Flag{}, command.Flags...), cli.HelpFlag) {
		described := map[string]any{"flag": usage.Dashed(flag.Names()[0]), "value": !usage.IsSwitch(flag)}
		if documented, ok := flag.(cli.DocGenerationFlag); ok {
			described["usage"] = documented.GetUsage()
		}
		if _, many := flag.(*cli.StringSliceFlag); many {
			described["repeated"] = true
		}
		flags = append(flags, described)
	}
	return flags
}
