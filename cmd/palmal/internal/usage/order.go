package usage

import (
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/palmal-rl/palmal/physics/task"
)

// Order checks the arguments after a verb and puts flags before positional arguments, where
// urfave/cli expects them. An unknown flag is refused with the nearest known one, and so is an empty
// value or name. Everything after "--" is positional.
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
		name, value, inline := strings.Cut(strings.TrimLeft(arg, "-"), "=")
		flag := findFlag(command, name)
		if flag == nil {
			return nil, unknownFlag(command, arg, name)
		}
		flags = append(flags, arg)
		if inline && value == "" {
			return nil, emptyValue(arg)
		}
		if isSwitch(flag) || inline {
			continue
		}
		if i+1 == len(args) {
			return nil, Mistakef("flag %s needs a value", arg)
		}
		i++
		if args[i] == "" {
			return nil, emptyValue(arg)
		}
		flags = append(flags, args[i])
	}
	if slices.Contains(positional, "") {
		return nil, Mistakef("%s: an argument is empty: leave it out, or look at the variable that should have held it", command.Name)
	}
	if len(positional) > 0 {
		flags = append(append(flags, "--"), positional...)
	}
	return flags, nil
}

// emptyValue refuses a flag with an empty value, most likely from an unset variable.
func emptyValue(flag string) error {
	return Mistakef("flag %s has an empty value: leave it out, or look at the variable that should have held it", strings.TrimSuffix(flag, "="))
}

// Given reports whether a flag is among ordered arguments.
func Given(command *cli.Command, ordered []string, wanted string) bool {
	found := false
	eachFlag(command, ordered, func(flag cli.Flag) { found = found || slices.Contains(flag.Names(), wanted) })
	return found
}

// Repeated lists the flags among ordered arguments that take one value but are given more than once.
func Repeated(command *cli.Command, ordered []string) []string {
	var repeated []string
	seen := map[string]int{}
	eachFlag(command, ordered, func(flag cli.Flag) {
		name := flag.Names()[0]
		if _, many := flag.(*cli.StringSliceFlag); many || isSwitch(flag) {
			return
		}
		if seen[name]++; seen[name] == 2 {
			repeated = append(repeated, Dashed(name))
		}
	})
	return repeated
}

// eachFlag visits the flags among ordered arguments.
func eachFlag(command *cli.Command, ordered []string, visit func(cli.Flag)) {
	for i := 0; i < len(ordered) && ordered[i] != "--"; i++ {
		name, _, inline := strings.Cut(strings.TrimLeft(ordered[i], "-"), "=")
		flag := findFlag(command, name)
		if flag == nil {
			continue
		}
		visit(flag)
		if !isSwitch(flag) && !inline {
			i++
		}
	}
}

// UnknownFlag is the error for a flag that a verb does not have.
type UnknownFlag struct {
	Verb, Flag string
	Known      []string // flags of the verb
}

// Error names the nearest known flag, or all of them.
func (e *UnknownFlag) Error() string {
	return fmt.Sprintf("unknown flag of %s %q%s", e.Verb, e.Flag, task.Suggest(e.Flag, e.Known))
}

func unknownFlag(command *cli.Command, arg, name string) error {
	typed := arg[:len(arg)-len(strings.TrimLeft(arg, "-"))] + name // the flag as typed, without a value
	return &Error{Code: Mistake, Err: &UnknownFlag{command.Name, typed, Flags(command)}}
}

// Flags lists the flags of a command as users write them.
func Flags(command *cli.Command) []string {
	var names []string
	for _, flag := range append(append([]cli.Flag{}, command.Flags...), cli.HelpFlag) {
		for _, name := range flag.Names() {
			if !slices.Contains(names, Dashed(name)) { // a verb may have its own help flag
				names = append(names, Dashed(name))
			}
		}
	}
	return names
}

// Dashed returns a flag's name with its dashes.
func Dashed(name string) string {
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

// IsSwitch reports whether a flag takes no value.
func IsSwitch(flag cli.Flag) bool { return isSwitch(flag) }

// isSwitch reports whether a flag takes no value.
func isSwitch(flag cli.Flag) bool {
	documented, ok := flag.(cli.DocGenerationFlag)
	return ok && !documented.TakesValue()
}
