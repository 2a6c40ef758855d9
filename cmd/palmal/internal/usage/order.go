package usage

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/palmal-rl/palmal/physics/task"
)

// Order checks the arguments after a verb and puts flags before positional arguments, where
// urfave/cli expects them. Unknown flags are refused with the nearest known ones, and so are empty
// values and names, all of them in one error. The arguments beside an error are what was probably meant, nil where
// that is not known. Everything after "--" is positional.
func Order(command *cli.Command, args []string) ([]string, error) {
	o := &ordering{command: command}
	for len(args) > 0 {
		arg := args[0]
		if arg == "--" {
			o.positional = append(o.positional, args[1:]...)
			break
		}
		args = args[1:]
		if len(arg) < 2 || arg[0] != '-' {
			o.positional = append(o.positional, arg)
			continue
		}
		args = o.flag(arg, args)
	}
	if slices.Contains(o.positional, "") {
		o.refuse(Mistakef("%s: an argument is empty: leave it out, or look at the variable that should have held it", command.Name))
	}
	if len(o.positional) > 0 {
		o.flags = append(append(o.flags, "--"), o.positional...)
	}
	if o.unclear {
		o.flags = nil
	}
	return o.flags, errors.Join(o.problems...)
}

// ordering is the work of Order.
type ordering struct {
	command           *cli.Command
	flags, positional []string
	problems          []error
	unclear           bool // what was meant is not known
}

// refuse records a problem after which it is not known what was meant.
func (o *ordering) refuse(problem error) { o.problems, o.unclear = append(o.problems, problem), true }

// flag takes one flag, whose value may be the first of the arguments after it, and returns those that are left.
func (o *ordering) flag(arg string, after []string) []string {
	name, value, inline := strings.Cut(strings.TrimLeft(arg, "-"), "=")
	flag := findFlag(o.command, name)
	if flag == nil {
		problem, near := unknownFlag(o.command, arg, name)
		if flag = findFlag(o.command, near); flag == nil || flag == cli.HelpFlag {
			o.refuse(problem)
			return after
		}
		o.problems = append(o.problems, problem)
		arg = Dashed(near) + strings.TrimPrefix(strings.TrimLeft(arg, "-"), name)
	}
	o.flags = append(o.flags, arg)
	switch {
	case inline && value == "":
		o.refuse(emptyValue(arg))
	case isSwitch(flag) || inline:
	case len(after) == 0:
		o.refuse(Mistakef("flag %s needs a value", arg))
	case after[0] == "":
		o.refuse(emptyValue(arg))
		return after[1:]
	default:
		o.flags = append(o.flags, after[0])
		return after[1:]
	}
	return after
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

// unknownFlag refuses a flag; near is the name of the one that was probably meant, "" where none is near.
func unknownFlag(command *cli.Command, arg, name string) (problem error, near string) {
	typed := arg[:len(arg)-len(strings.TrimLeft(arg, "-"))] + name // the flag as typed, without a value
	known := Flags(command)
	return &Error{Code: Mistake, Err: &UnknownFlag{command.Name, typed, known}}, strings.TrimLeft(task.Near(typed, known), "-")
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
