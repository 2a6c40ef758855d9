package usage

import (
	"errors"
	"fmt"

	"github.com/palmal-rl/palmal/physics/task"
)

// Exit codes of the program.
const (
	OK          = 0
	Failure     = 1   // an error
	Mistake     = 2   // usage or configuration
	BoundMissed = 3   // a stated bound was missed: replay, gates of bench
	Diverged    = 4   // NaN
	World       = 5   // the simulation failed
	Device      = 6   // no device, or no memory
	Stopped     = 75  // ended by SIGTERM, SIGHUP or SIGUSR1 with a checkpoint: resume
	Interrupted = 130 // ended by Ctrl-C; another signal without a checkpoint gives 128 plus its number
)

// Error is an error with the exit code of the program.
type Error struct {
	Code int
	Err  error
}

// Error returns the message alone.
func (e *Error) Error() string { return e.Err.Error() }

// Unwrap returns the error inside.
func (e *Error) Unwrap() error { return e.Err }

// Exit returns an error that ends the program with a code.
func Exit(code int, format string, args ...any) error {
	return &Error{Code: code, Err: fmt.Errorf(format, args...)}
}

// Mistakef returns an error of usage or configuration.
func Mistakef(format string, args ...any) error { return Exit(Mistake, format, args...) }

// Code returns the exit code in err and reports whether there is one.
func Code(err error) (int, bool) {
	var exit *Error
	if errors.As(err, &exit) {
		return exit.Code, true
	}
	return Failure, false
}

// Unknown refuses a name; the error has the nearest known name, or all of them.
func Unknown(what, name string, known []string) error {
	return &Error{Code: Mistake, Err: fmt.Errorf("unknown %s %q%s", what, name, task.Suggest(name, known))}
}

// OneOf refuses a name that is not known, see [Unknown].
func OneOf(what, name string, known []string) error {
	for _, k := range known {
		if k == name {
			return nil
		}
	}
	return Unknown(what, name, known)
}
