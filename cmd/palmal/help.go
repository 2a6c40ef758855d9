package main

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
world failed, 6 device or memory, 75 stopped with a checkpoint (run resume), 130 ended by Ctrl-C.
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
