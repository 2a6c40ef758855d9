package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strings"
	"syscall"
	"testing"
	"time"
)

// result is what of a run must not depend on how often it was interrupted: metrics without their
// timing, and every array of its newest checkpoint.
func result(t *testing.T, run string) map[string]string {
	t.Helper()
	found := map[string]string{}
	text, err := os.ReadFile(filepath.Join(run, "metrics.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	for i, line := range strings.Split(strings.TrimSpace(string(text)), "\n") {
		var record map[string]any
		if err := json.Unmarshal([]byte(line), &record); err != nil {
			t.Fatalf("metrics.jsonl:%d: %v", i+1, err)
		}
		delete(record, "timing")
		rest, err := json.Marshal(record)
		if err != nil {
			t.Fatal(err)
		}
		found[fmt.Sprintf("metrics of iteration %d", i+1)] = string(rest)
	}
	newest, err := filepath.Glob(filepath.Join(run, "checkpoints", "0*"))
	if err != nil || len(newest) == 0 {
		t.Fatalf("no checkpoint: %v", err)
	}
	sort.Strings(newest)
	arrays, err := filepath.Glob(filepath.Join(newest[len(newest)-1], "*.safetensors"))
	if err != nil || len(arrays) == 0 {
		t.Fatalf("no arrays: %v", err)
	}
	for _, path := range arrays {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		found[filepath.Base(filepath.Dir(path))+"/"+filepath.Base(path)] = string(text)
	}
	return found
}

func sameResult(t *testing.T, got, want map[string]string) {
	t.Helper()
	for name, text := range want {
		if got[name] != text {
			t.Errorf("%s differs", name)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d things to compare, want %d", len(got), len(want))
	}
}

func palmal(args ...string) *exec.Cmd { return exec.Command("palmal", args...) }

// trained trains the tiny run to its end and returns its directory.
func trained(t *testing.T, flags ...string) string {
	t.Helper()
	run := filepath.Join(t.TempDir(), "whole")
	command := palmal(append(append([]string{"train", "--quiet", "--out", run}, tiny...), flags...)...)
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return run
}

// TestKilledRunsResumeToTheSameBytes kills a run again and again at random moments, wherever they
// fall, resumes it each time, and compares the end with that of a run that nothing disturbed.
func TestKilledRunsResumeToTheSameBytes(t *testing.T) {
	for name, flags := range map[string][]string{
		"pal": {"--algo", "pal"}, "mal": {"--algo", "mal"},
		"changing world": {"--perturb", "250:position=-0.02:0.02", "--perturb", "400:velocity=0:0"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			start := time.Now()
			want := result(t, trained(t, flags...))
			patience := time.Since(start) / 2
			run := filepath.Join(t.TempDir(), "killed")
			kills, begun := 0, false
			for {
				args := append(append([]string{"train", "--workers", "1", "--out", run}, tiny...), flags...)
				if begun {
					args = []string{"resume", run, "--workers", "3"} // other numbers of threads, same bits
				}
				if killed(t, palmal(args...), time.Duration(rand.Int64N(int64(patience)))) {
					kills++
					_, err := os.Stat(run)
					begun = err == nil
					patience += patience / 4 // grows, so that the test ends however slow the machine is
				} else if kills > 0 {
					break
				} else if err := os.RemoveAll(run); err != nil { // too fast for us: again
					t.Fatal(err)
				}
			}
			t.Logf("killed %d times", kills)
			sameResult(t, result(t, run), want)
		})
	}
}

// killed starts a command, kills it after a while, and reports whether that came in time.
func killed(t *testing.T, command *exec.Cmd, after time.Duration) bool {
	t.Helper()
	var out bytes.Buffer
	command.Stdout, command.Stderr = &out, &out
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	timer := time.AfterFunc(after, func() { _ = command.Process.Kill() }) // too late is no error
	err := command.Wait()
	timer.Stop()
	if err == nil {
		return false
	}
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
		t.Fatalf("%v: %v\n%s", command.Args, err, out.String())
	}
	return true
}

func mustRead(t *testing.T, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// TestLockedRunsAreLeftAlone resumes a run that is being trained.
func TestLockedRunsAreLeftAlone(t *testing.T) {
	run := filepath.Join(t.TempDir(), "run")
	command := palmal(append([]string{"train", "--json", "--out", run}, append(tiny, "--samples", "1000000")...)...)
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	event := map[string]any{}
	if err := json.NewDecoder(out).Decode(&event); err != nil || event["event"] != "start" {
		t.Fatalf("%v, %v", event, err)
	}
	text, err := palmal("resume", run).CombinedOutput()
	if err == nil || !strings.Contains(string(text), fmt.Sprintf("in use by process %d", command.Process.Pid)) {
		t.Errorf("resume of a live run: %v\n%s", err, text)
	}
	if err := command.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = command.Wait()  // killed
	const more = "3000" // samples, more than it had: its records filled the pipe that nobody read
	if out, err := palmal("resume", run, "--samples", more, "--quiet").CombinedOutput(); err != nil {
		t.Errorf("resume of a dead run: %v\n%s", err, out)
	}
}
