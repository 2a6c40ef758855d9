//go:build unix

package main

import (
	"encoding/json"
	"errors"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/palmal-rl/palmal/cmd/palmal/internal/usage"
)

// TestSignalsEndWithACheckpointAndTheirCode sends each signal to a run that would take long.
func TestSignalsEndWithACheckpointAndTheirCode(t *testing.T) {
	want := result(t, trained(t))
	for signal, code := range map[syscall.Signal]int{
		syscall.SIGINT: usage.Interrupted, syscall.SIGTERM: usage.Stopped, syscall.SIGUSR1: usage.Stopped,
	} {
		t.Run(signal.String(), func(t *testing.T) {
			t.Parallel()
			run := filepath.Join(t.TempDir(), "run")
			command := palmal(append([]string{"train", "--json", "--out", run}, append(tiny, "--samples", "1000000")...)...)
			out, err := command.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := command.Start(); err != nil {
				t.Fatal(err)
			}
			lines := json.NewDecoder(out)
			event := map[string]any{}
			for event["event"] != "iteration" { // then it plays
				if err := lines.Decode(&event); err != nil {
					t.Fatal(err)
				}
			}
			if err := command.Process.Signal(signal); err != nil {
				t.Fatal(err)
			}
			for lines.Decode(&event) == nil {
			}
			var exit *exec.ExitError
			if err := command.Wait(); !errors.As(err, &exit) || exit.ExitCode() != code {
				t.Errorf("ended with %v, want exit code %d", err, code)
			}
			if facts := string(mustRead(t, filepath.Join(run, "run.json"))); !strings.Contains(facts, `"status": "interrupted"`) {
				t.Errorf("run.json: %s", facts)
			}
			resumed, err := palmal("resume", run, "--samples", "500", "--quiet").CombinedOutput()
			if strings.Contains(string(resumed), "has collected") { // the signal came after sample 500
				return
			}
			if err != nil {
				t.Fatalf("%v\n%s", err, resumed)
			}
			if got := result(t, run); len(got) == len(want) { // not if it came in the last iteration before that
				sameResult(t, got, want)
			}
		})
	}
}
