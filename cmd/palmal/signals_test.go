//go:build linux

package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// bit reports whether a line of /proc/PID/status, a set of signals, holds one.
func bit(t *testing.T, pid int, line string, sig syscall.Signal) bool {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	for l := range strings.Lines(string(text)) {
		if set, found := strings.CutPrefix(l, line+":"); found {
			mask, err := strconv.ParseUint(strings.TrimSpace(set), 16, 64)
			if err != nil {
				t.Fatal(err)
			}
			return mask>>(sig-1)&1 == 1
		}
	}
	return false
}

// atWork starts a verb that works for long, and waits until it does.
func atWork(t *testing.T, dir, verb string, m mannered, ignored string) (*exec.Cmd, *bytes.Buffer) {
	t.Helper()
	args := append([]string{"-c", ignored + `exec palmal "$@"`, "sh", verb}, m.long(dir)...)
	command := exec.Command("sh", args...)
	var out bytes.Buffer
	command.Stdout, command.Stderr = &out, &out
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = command.Process.Kill() })
	for begin := time.Now(); !bit(t, command.Process.Pid, "SigCgt", syscall.SIGTERM); time.Sleep(5 * time.Millisecond) {
		if time.Since(begin) > time.Minute {
			t.Fatal("hears no signals")
		}
	}
	made := filepath.Join(dir, "made", "metrics.jsonl")
	for begin := time.Now(); verb == "train" || verb == "resume"; time.Sleep(5 * time.Millisecond) {
		before, _ := os.ReadFile(filepath.Join(dir, "made", "run.json"))
		text, _ := os.ReadFile(made)
		if bytes.Contains(before, []byte(`"status": "running"`)) && bytes.Contains(text, []byte("\n")) {
			break
		}
		if time.Since(begin) > time.Minute {
			t.Fatalf("does not begin: %s", out.Bytes())
		}
	}
	time.Sleep(200 * time.Millisecond) // lets it get into its work
	return command, &out
}

// TestSignalsEndEveryVerbByTheirOwnCode sends each signal to every verb that can work for long.
func TestSignalsEndEveryVerbByTheirOwnCode(t *testing.T) {
	heard := make(chan os.Signal, 1)
	signal.Notify(heard, syscall.SIGHUP, syscall.SIGINT) // programs started here must not ignore what nohup made the tests ignore
	defer signal.Stop(heard)
	words := map[syscall.Signal]string{syscall.SIGINT: "interrupt", syscall.SIGTERM: "terminated", syscall.SIGHUP: "hangup", syscall.SIGUSR1: "user defined signal 1"}
	eachVerb(t, func(t *testing.T, verb string, m mannered) {
		if m.long == nil {
			t.Skip("works for moments only")
		}
		for sig, word := range words {
			want := 128 + int(sig)
			if (verb == "train" || verb == "resume") && sig != syscall.SIGINT {
				want = 75 // the code of a run with a checkpoint
			}
			command, out := atWork(t, t.TempDir(), verb, m, "")
			if err := command.Process.Signal(sig); err != nil {
				t.Fatal(err)
			}
			_ = command.Wait() // the exit code is checked instead
			if code := command.ProcessState.ExitCode(); code != want || !strings.Contains(out.String(), "by signal "+word) {
				t.Errorf("%v: ends with %d, want %d: %s", sig, code, want, lastLine(out.String()))
			}
		}
	})
}

func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return lines[len(lines)-1]
}

// TestSignalsThatWereIgnoredStayIgnored starts verbs as nohup and shells without job control do.
func TestSignalsThatWereIgnoredStayIgnored(t *testing.T) {
	eachVerb(t, func(t *testing.T, verb string, m mannered) {
		if m.long == nil {
			t.Skip("works for moments only")
		}
		command, out := atWork(t, t.TempDir(), verb, m, `trap "" HUP INT; `)
		for _, sig := range []syscall.Signal{syscall.SIGHUP, syscall.SIGINT} {
			if !bit(t, command.Process.Pid, "SigIgn", sig) {
				t.Errorf("%v is heard", sig)
			}
			if err := command.Process.Signal(sig); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(100 * time.Millisecond)
		if err := command.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatalf("ended by an ignored signal: %s", out.String())
		}
		_ = command.Wait()
		if code := command.ProcessState.ExitCode(); code != 143 && code != 75 {
			t.Errorf("ends with %d: %s", code, lastLine(out.String()))
		}
	})
}
