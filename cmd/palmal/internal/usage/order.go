package usage

import (
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/palmal-rl/palmal/physics/task"
)

// Order checks the arguments behind a verb and puts flags before positional arguments, where
// urfave/cli expects them. An unknown flag is refused with the nearest known one. Everything
// behind "--" is positional.
func Order(command *cli.Command, args []string) ([]string, error) {
	var flags, positional []string
	for i := 0; i < len(args); i++ {
		arg := args[i]
		if arg == "--" {
			positional = append(positional, args[i+1:]...)
			break
		}
		if len(arg) < 2 || arg[0] != '-' {
			positional = append(positional, arg)
			continue
		}
		name, _, inline := strings.Cut(strings.TrimLeft(arg, "-"), "=")
		flag := findFlag(command, name)
		if flag == nil {
			return nil, unknownFlag(command, arg, name)
		}
		flags = append(flags, arg)
		if isSwitch(flag) || inline {
			continue
		}
		if i+1 == len(args) {
			return nil, Mistakef("flag %s needs a value", arg)
		}
		i++
		flags = append(flags, args[i])
	}
	if len(positional) > 0 {
		flags = append(append(flags, "--"), positional...)
	}
	return flags, nil
}

// UnknownFlag is the error for a flag that a verb does not have.
type UnknownFlag struct {
	Verb, Flag, Nearest string
}

// Error names the nearest flag that the verb has.
func (e *UnknownFlag) Error() string {
	return fmt.Sprintf("unknown flag of %s %q, did you mean %q?", e.Verb, e.Flag, e.Nearest)
}

func unknownFlag(command *cli.Command, arg, name string) error {
	typed := arg[:len(arg)-len(strings.TrimLeft(arg, "-"))] + name // as users write it, without a value
	return &Error{Code: Mistake, Err: &UnknownFlag{command.Name, typed, task.Nearest(typed, Flags(command))}}
}

// Flags lists the flags of a command as users write them.
func Flags(command *cli.Command) []string {
	var names []string
	for _, flag := range append(append([]cli.Flag{}, command.Flags...), cli.HelpFlag) {
		for _, name := range flag.Names() {
			names = append(names, dashed(name))
		}
	}
	return names
}

func dashed(name string) string {
	if len(name) == 1 {
		return "-" + name
	}
	return "--" + name
}

func findFlag(command *cli.Command, name string) cli.Flag {
	for _, flag := range append(append([]cli.Flag{}, command.Flags...), cli.HelpFlag) {
		for _, known := range flag.Names() {
			if known == name {
				return flag
			}
		}
	}
	return nil
}

// isSwitch tells whether a flag takes no value.
func isSwitch(flag cli.Flag) bool {
	documented, ok := flag.(cli.DocGenerationFlag)
	return ok && !documented.TakesValue()
}
