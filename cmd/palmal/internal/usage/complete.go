package usage

import (
	"strings"

	"github.com/urfave/cli/v2"
)

// Values completes the values of a flag of a command, or the command's positional arguments if flag is "". It
// returns nil for files.
type Values func(command, flag string) []string

// Complete lists completions of the last of the words typed after the program's name, which may be empty. It
// runs nothing.
func Complete(app *cli.App, words []string, values Values) []string {
	if len(words) == 0 {
		words = []string{""}
	}
	last := words[len(words)-1]
	if len(words) == 1 {
		return matching(verbs(app), last)
	}
	command := app.Command(words[0])
	if command == nil {
		return nil
	}
	if len(words) > 2 {
		before := words[len(words)-2]
		if flag := findFlag(command, strings.TrimLeft(before, "-")); strings.HasPrefix(before, "-") && flag != nil && !isSwitch(flag) {
			return matching(values(command.Name, flag.Names()[0]), last)
		}
	}
	if strings.HasPrefix(last, "-") {
		return matching(Flags(command), last)
	}
	return matching(values(command.Name, ""), last)
}

func verbs(app *cli.App) []string {
	var names []string
	for _, command := range app.Commands {
		if !command.Hidden {
			names = append(names, command.Name)
		}
	}
	return names
}

func matching(names []string, prefix string) []string {
	var found []string
	for _, name := range names {
		if strings.HasPrefix(name, prefix) {
			found = append(found, name)
		}
	}
	return found
}

// Script returns the completion script of a shell and reports whether there is one.
func Script(shell string) (string, bool) {
	script, ok := map[string]string{"bash": bashScript, "zsh": zshScript, "fish": fishScript}[shell]
	return script, ok
}

// Shells lists the shells that have a completion script.
func Shells() []string { return []string{"bash", "zsh", "fish"} }

const bashScript = `_palmal() {
  local IFS=$'\n'
  COMPREPLY=($("${COMP_WORDS[0]}" __complete -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o default -F _palmal palmal
`

const zshScript = `#compdef palmal
_palmal() {
  local -a found
  found=("${(@f)$("${words[1]}" __complete -- "${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ -n "${found[1]}" ]]; then compadd -- "${found[@]}"; else _files; fi
}
compdef _palmal palmal
`

const fishScript = `function __palmal_complete
  set -l words (commandline -opc) (commandline -ct)
  palmal __complete -- $words[2..-1] 2>/dev/null
end
complete -c palmal -a '(__palmal_complete)'
`
