package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/palmal-rl/palmal/cmd/palmal/internal/usage"
)

// TestOneOfTwoTrainsIntoADirectoryWins begins two runs of the same name at once: the one that loses
// ends with exit code 2 and how to continue, and the run is that of the other.
func TestOneOfTwoTrainsIntoADirectoryWins(t *testing.T) {
	for name, prepare := range map[string]func(path string) error{
		"new": func(string) error { return nil }, "empty": func(path string) error { return os.Mkdir(path, 0o755) },
	} {
		t.Run(name, func(t *testing.T) {
			run := filepath.Join(t.TempDir(), "run")
			if err := prepare(run); err != nil {
				t.Fatal(err)
			}
			var commands [3]*exec.Cmd
			var said [3]bytes.Buffer
			for i := range commands {
				commands[i] = palmal(append([]string{"train", "--quiet", "--out", run}, tiny...)...)
				commands[i].Stderr = &said[i]
				if err := commands[i].Start(); err != nil {
					t.Fatal(err)
				}
			}
			won := 0
			for i, command := range commands {
				err := command.Wait()
				var exit *exec.ExitError
				switch {
				case err == nil:
					won++
				case !errors.As(err, &exit) || exit.ExitCode() != usage.Mistake || !strings.Contains(said[i].String(), "continue with palmal resume "+run):
					t.Errorf("lost with %v: %s", err, said[i].String())
				}
			}
			if won != 1 {
				t.Errorf("%d won", won)
			}
			if out, err := palmal("resume", run, "--quiet").CombinedOutput(); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}
