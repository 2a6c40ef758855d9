// Command palmal trains controllers for robots by model-based reinforcement learning cast as a
// game between a policy and a model, and evaluates, plots and checks what it trained.
//
// This package holds one file per verb. The verbs combine the packages below and report to the user;
// only main prints an error or ends the process.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"github.com/urfave/cli/v2"

	"github.com/palmal-rl/palmal/algo"
	"github.com/palmal-rl/palmal/cmd/palmal/host"
	"github.com/palmal-rl/palmal/cmd/palmal/internal/usage"
	"github.com/palmal-rl/palmal/cmd/palmal/run"
	"github.com/palmal-rl/palmal/cmd/palmal/session"
	"github.com/palmal-rl/palmal/nn"
	"github.com/palmal-rl/palmal/physics"
)

func main() { os.Exit(execute(os.Args, os.Stdout, os.Stderr)) }

// execute runs one command line and returns the exit code.
func execute(args []string, stdout, stderr io.Writer) int {
	if err := host.ReadyToStart(); err != nil { // runs before there are more threads
		fmt.Fprintf(stderr, "palmal: %v\n", err)
		return usage.Device
	}
	signal.Ignore(syscall.SIGPIPE) // a run does not end because a reader of its output went away
	stops := listen()
	defer stops.close()
	p := &program{args: args, out: usage.NewOutput(stdout), err: usage.NewOutput(stderr), stops: stops}
	err := p.untilStopped()
	code := exitCode(err)
	if err != nil {
		fmt.Fprintf(p.err, "palmal: %v\n", err)
		if p.json {
			p.printJSON(map[string]any{"event": "error", "error": err.Error(), "exit_code": code})
		}
	}
	if lost := p.out.Failure(); lost != nil {
		fmt.Fprintf(p.err, "palmal: not all could be written to standard output: %v\n", lost)
		code = max(code, usage.Failure)
	}
	return code
}

// untilStopped runs the command; a signal that it does not obey in time ends it.
func (p *program) untilStopped() error {
	done := make(chan error, 1)
	go func() { done <- p.run() }()
	select {
	case err := <-done:
		if cause := p.stops.cause(); cause != nil && errors.Is(err, context.Canceled) {
			return cause
		}
		return err
	case end := <-p.stops.forced:
		return end
	}
}

// exitCode returns the exit code of an error.
func exitCode(err error) int {
	var stopped *run.Stopped
	var ended *signalled
	code, given := usage.Code(err)
	switch {
	case err == nil:
		return usage.OK
	case errors.As(err, &stopped):
		if stopped.Signal == syscall.SIGINT {
			return usage.Interrupted
		}
		if stopped.Checkpoint == 0 && !stopped.Between {
			return (&signalled{stopped.Signal}).code()
		}
		return usage.Stopped
	case errors.As(err, &ended):
		return ended.code()
	case given:
		return code
	case errors.Is(err, nn.ErrDiverged):
		return usage.Diverged
	case errors.Is(err, algo.ErrWorld), errors.Is(err, physics.ErrUnstable), errors.Is(err, physics.ErrFatal), errors.Is(err, physics.ErrEnvironment):
		return usage.World
	case errors.Is(err, nn.ErrMemory):
		return usage.Device
	}
	return usage.Failure
}

// program is one run of the program.
type program struct {
	args     []string // arguments as typed, the program's name first
	out, err *usage.Output
	stops    *stopper
	json     bool // --json was given
	misread  bool // a flag was refused, and what was meant is assumed to find more mistakes
	sync     bool // --sync was given
	profile  span // range of --profile
}

// run finds the verb and runs it.
func (p *program) run() error {
	app := p.app()
	command, args, err := p.arrange(app, p.args[1:])
	if err != nil {
		p.json = slices.Contains(p.args, "--json") // no flag has been read
		if command == nil || command.Name != "train" || args == nil || usage.Given(command, args, "help") {
			return err
		}
		p.misread = true // train says what is wrong with its configuration, and does no more
	}
	if command == nil || usage.Given(command, args, "help") {
		p.json = command == nil && len(args) > 0 || command != nil && usage.Given(command, args, "json")
		return p.showHelp(app, command)
	}
	for _, flag := range usage.Repeated(command, args) {
		p.warn("%s is given more than once; the last one counts", flag)
	}
	there := host.Least(host.Memory())
	if err := session.EnoughToCompute(command.Name, there); err != nil {
		return err
	}
	host.HoldHeap(there)
	return errors.Join(err, app.Run(append([]string{"palmal", command.Name}, args...)))
}

// arrange finds the verb of a command line, nil for the help of the whole program, and orders its
// arguments for urfave/cli; it refuses unknown verbs and flags, see usage.Order. "help VERB" and "VERB --help" are the
// same.
func (p *program) arrange(app *cli.App, words []string) (*cli.Command, []string, error) {
	if len(words) == 0 {
		return nil, nil, nil
	}
	verb, rest := words[0], words[1:]
	switch verb {
	case "-h", "--help", "help":
		if len(rest) == 0 || len(rest) == 1 && rest[0] == "--json" {
			return nil, rest, nil
		}
		if rest[0] == "--json" {
			rest[0], rest[1] = rest[1], rest[0]
		}
		verb, rest = rest[0], append([]string{"--help"}, rest[1:]...)
	case "-v", "--version":
		verb = "version"
	}
	command := app.Command(verb)
	if strings.HasPrefix(verb, "-") && command == nil {
		return nil, nil, usage.Mistakef("a verb comes first, as in palmal tasks %s; see palmal --help", usage.Word(verb))
	}
	if command == nil {
		var known []string
		for _, c := range app.Commands {
			if !c.Hidden {
				known = append(known, c.Name)
			}
		}
		return nil, nil, usage.Unknown("verb", verb, known)
	}
	if command.SkipFlagParsing {
		return command, rest, nil
	}
	ordered, err := usage.Order(command, rest)
	return command, ordered, usage.EachJoined(err, hintAtKey)
}

// hintAtKey explains how to set a key of the configuration that was given as a flag of train.
func hintAtKey(err error) error {
	var unknown *usage.UnknownFlag
	if !errors.As(err, &unknown) || unknown.Verb != "train" {
		return err
	}
	name := strings.ReplaceAll(strings.TrimLeft(unknown.Flag, "-"), "-", "_")
	for _, key := range run.Keys() {
		if key == name || strings.HasSuffix(key, "."+name) {
			return usage.Mistakef("unknown flag of train %q: that is a key of the configuration, set it by --set %s=VALUE", unknown.Flag, key)
		}
	}
	return err
}

// app lists the verbs.
func (p *program) app() *cli.App {
	app := &cli.App{
		Name:                      "palmal",
		Usage:                     "model-based reinforcement learning as a game between a policy and a model",
		HideHelpCommand:           true,
		HideVersion:               true,
		DisableSliceFlagSeparator: true, // "--set a=1,2" is one value
		Writer:                    p.out,
		ErrWriter:                 p.err,
		ExitErrHandler:            func(*cli.Context, error) {}, // main alone ends the process
		CustomAppHelpTemplate:     appHelp,
		Commands: []*cli.Command{
			p.train(), p.resume(), p.runs(), p.eval(), p.export(), p.replay(), p.plot(), p.render(), p.diagnose(), p.refit(), p.tasks(), p.bench(),
			p.data(), p.doctor(), p.version(),
			p.completion(), p.complete(),
		},
	}
	for _, command := range app.Commands {
		p.finish(command)
	}
	return app
}

// finish adds the common parts of all verbs.
func (p *program) finish(command *cli.Command) {
	command.HideHelpCommand = true
	command.CustomHelpTemplate = commandHelp
	command.OnUsageError = func(_ *cli.Context, err error, _ bool) error {
		return usage.Mistakef("%s: %w; see palmal %s --help", command.Name, err, command.Name)
	}
	if command.SkipFlagParsing {
		return
	}
	command.Flags = append(command.Flags, &cli.BoolFlag{Name: "json", Usage: "print JSON, for programs", Destination: &p.json})
}

// printJSON prints one object on a line. A list that is empty is [], never null.
func (p *program) printJSON(value any) {
	text, err := json.Marshal(usage.WithLists(value))
	if err != nil {
		text, _ = json.Marshal(map[string]string{"event": "error", "error": err.Error()})
	}
	fmt.Fprintf(p.out.JSON(), "%s\n", text)
}

// printf prints for people, and nothing with --json.
func (p *program) printf(format string, args ...any) {
	if !p.json {
		fmt.Fprintf(p.out, format, args...)
	}
}

// warn prints a warning; the program continues.
func (p *program) warn(format string, args ...any) {
	fmt.Fprintf(p.err, "palmal: warning: "+format+"\n", args...)
}

// positional checks the number of positional arguments of a verb; most < 0 is any number.
func positional(c *cli.Context, least, most int, what string) ([]string, error) {
	given := c.Args().Slice()
	if len(given) < least {
		return nil, usage.Mistakef("%s needs %s; see palmal %s --help", c.Command.Name, what, c.Command.Name)
	}
	if most >= 0 && len(given) > most {
		return nil, usage.Mistakef("%s: unexpected argument %q; see palmal %s --help", c.Command.Name, given[most], c.Command.Name)
	}
	return given, nil
}
