//go:build unix

package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/palmal-rl/palmal/cmd/palmal/run"
)

// needs skips a test where a program is missing, but not where PALMAL_ROBOTS_REQUIRED says that it must be there.
func needs(t *testing.T, program string) {
	t.Helper()
	if _, err := exec.LookPath(program); err == nil {
		return
	}
	if os.Getenv("PALMAL_ROBOTS_REQUIRED") != "" {
		t.Fatalf("%s is missing, but PALMAL_ROBOTS_REQUIRED is set", program)
	}
	t.Skipf("SKIPPED: %s is missing, so robots outside this program are not tested", program)
}

// robotRun is a training run of the example's joint: networks of a size that learns it in seconds.
func robotRun(out, world string, flags ...string) []string {
	return append([]string{"train", "--quiet", "--task", "../../examples/robot", "--world", world, "--out", out, "--workers", "1",
		"--set", "model.hidden=64", "--set", "model.members=3", "--set", "npg.starts_per_member=30", "--set", "npg.steps=6",
		"--set", "policy.hidden=16", "--set", "value.hidden=32", "--set", "initial_samples=240", "--set", "samples_per_iteration=160"}, flags...)
}

// arm is the simulated robot of the examples.
func arm(address ...string) *exec.Cmd {
	return exec.Command("python3", append([]string{"../../examples/robot/arm.py"}, address...)...)
}

// background starts a command and ends it with the test.
func background(t *testing.T, c *exec.Cmd) {
	t.Helper()
	c.Stderr = os.Stderr
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = c.Process.Kill()
		_ = c.Wait()
	})
}

// eventually waits until something holds; tests wait for what happens and not for a time, which is long on one machine and
// short on another.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for begin := time.Now(); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Since(begin) > 2*time.Minute { // a hundred times what it takes on a laptop
			t.Fatalf("%s: not after two minutes", what)
		}
	}
}

// playedBy counts the episodes that a run has recorded.
func playedBy(run string) int {
	files, _ := filepath.Glob(filepath.Join(run, "episodes", "*.npz"))
	return len(files)
}

func succeeds(t *testing.T, c *exec.Cmd) {
	t.Helper()
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", c.Args, err, out)
	}
}

// Such a run continues, whichever of its iterations was the last.
//
// A joint that holds still is 0.75 rad from its target on average, for 40 steps: a return of -30, with a standard deviation
// of 17 over episodes. The mean over the twelve episodes of three iterations is above -15 with a chance of 0.1 %.
func TestRobotIsLearnedInLockstepAndByInbox(t *testing.T) {
	needs(t, "python3")
	for name, world := range map[string]string{"lockstep": "python3 ../../examples/robot/arm.py", "inbox": "inbox:"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out := filepath.Join(t.TempDir(), "run")
			if name == "inbox" {
				world += filepath.Join(t.TempDir(), "box")
				background(t, arm(world))
			}
			succeeds(t, palmal(robotRun(out, world, "--samples", "1000", "--set", "evaluation.every=2")...))
			records, err := run.ReadMetrics(filepath.Join(out, "metrics.jsonl"))
			if err != nil {
				t.Fatal(err)
			}
			sum, last := 0.0, records[len(records)-3:]
			for _, r := range last {
				sum += float64(r.Sampled.Return) / float64(len(last))
				if (r.Evaluation != nil) != (r.Iteration%2 == 0) || r.Promise == nil {
					t.Errorf("iteration %d: evaluation %v, promise %v", r.Iteration, r.Evaluation, r.Promise)
				}
			}
			if !(sum > -15) {
				t.Errorf("mean return %g over the last three iterations, want more than -15", sum)
			}
			played := records[len(records)-1]
			if files, _ := filepath.Glob(filepath.Join(out, "episodes", "*.npz")); len(files) != played.Episodes {
				t.Errorf("%d files of episodes, %d episodes", len(files), played.Episodes)
			}
			for _, more := range []int{1, 400} { // an iteration each, one of them after an evaluation
				succeeds(t, palmal("resume", out, "--quiet", "--samples", fmt.Sprint(played.Samples+more)))
			}
		})
	}
}

// What is no episode of the present policy is set aside with its reason, and the run continues.
func TestInboxRefusesAndContinues(t *testing.T) {
	needs(t, "python3")
	t.Parallel()
	box := t.TempDir()
	for name, text := range map[string]string{
		"a.jsonl": "not JSON", "b.npz": "PK", "c.jsonl": `{"observations":[[0,0,0,0],[0,0,0,0]],"actions":[[0]],"truncated":true}`,
		"d.jsonl": `{"observations":[[0,0,0,0],[99,0,0,0]],"actions":[[0]],"truncated":true,"policy":0}`,
	} {
		if err := os.WriteFile(filepath.Join(box, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	background(t, arm("inbox:"+box))
	succeeds(t, palmal(robotRun(filepath.Join(t.TempDir(), "run"), "inbox:"+box, "--samples", "300")...))
	for name, want := range map[string]string{"a.jsonl": "not an episode in JSON", "b.npz": "", "c.jsonl": "does not say which policy acted",
		"d.jsonl": "observation angle is 99"} {
		reason, err := os.ReadFile(filepath.Join(box, "refused", name+".txt"))
		if err != nil || !strings.Contains(string(reason), want) {
			t.Errorf("%s: reason %q, error %v; want one with %q", name, reason, err, want)
		}
	}
}

// Two runs on one inbox would write policies of the same names and take each other's episodes. The second is refused and changes
// nothing, until the first has ended, by a kill too.
func TestAnInboxIsRefusedToASecondRun(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	box := filepath.Join(dir, "box")
	waiting := func() bool { _, err := os.Stat(filepath.Join(box, "waiting.json")); return err == nil }
	first := palmal(robotRun(filepath.Join(dir, "first"), "inbox:"+box)...)
	background(t, first)
	eventually(t, "the first run waits", waiting)
	second := palmal(robotRun(filepath.Join(dir, "second"), "inbox:"+box)...)
	var out bytes.Buffer
	second.Stdout, second.Stderr = &out, &out
	if err := second.Start(); err != nil {
		t.Fatal(err)
	}
	late := time.AfterFunc(time.Minute, func() { _ = second.Process.Kill() }) // one that is not refused waits for ever
	err := second.Wait()
	late.Stop()
	want := fmt.Sprintf("%s is in use by process %d", box, first.Process.Pid)
	if _, none := os.Stat(filepath.Join(dir, "second")); err == nil || !strings.Contains(out.String(), want) || !waiting() || none == nil {
		t.Errorf("error %v, waiting.json there %t, a run directory %t, want %q:\n%s", err, waiting(), none == nil, want, &out)
	}
	_ = first.Process.Kill()
	_ = first.Wait()
	if err := os.Remove(filepath.Join(box, "waiting.json")); err != nil {
		t.Fatal(err)
	}
	background(t, palmal(robotRun(filepath.Join(dir, "third"), "inbox:"+box)...))
	eventually(t, "the third run waits", waiting)
}

// SIGUSR1 pauses and continues; SIGTERM ends between two episodes, with the exit code of a run that can be resumed.
func TestSignalsStopARobotBetweenEpisodes(t *testing.T) {
	needs(t, "python3")
	t.Parallel()
	out := filepath.Join(t.TempDir(), "run")
	said, err := os.Create(filepath.Join(t.TempDir(), "said"))
	if err != nil {
		t.Fatal(err)
	}
	defer said.Close()
	says := func(what string) bool { return bytes.Contains(mustRead(t, said.Name()), []byte(what)) }
	c := palmal(robotRun(out, "python3 ../../examples/robot/arm.py", "--samples", "100000")...)
	c.Stderr = said
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "first episodes", func() bool { return playedBy(out) > 2 })
	_ = c.Process.Signal(syscall.SIGUSR1)
	eventually(t, "a pause", func() bool { return says("pausing before the next episode") })
	time.Sleep(time.Second) // lets the present episode end
	still := playedBy(out)
	time.Sleep(time.Second) // an episode takes a hundredth of it
	if n := playedBy(out); n != still {
		t.Errorf("%d episodes were played in the pause", n-still)
	}
	_ = c.Process.Signal(syscall.SIGUSR1)
	eventually(t, "more episodes", func() bool { return playedBy(out) > still })
	_ = c.Process.Signal(syscall.SIGTERM)
	_ = c.Wait()
	if code := c.ProcessState.ExitCode(); code != 75 {
		t.Errorf("exit code %d, want 75\n%s", code, mustRead(t, said.Name()))
	}
	for _, want := range []string{"pausing before the next episode", "continuing", "between two episodes"} {
		if !says(want) {
			t.Errorf("nothing says %q:\n%s", want, mustRead(t, said.Name()))
		}
	}
}

func TestRobotInCPlaysInLockstep(t *testing.T) {
	needs(t, "cc")
	t.Parallel()
	program := filepath.Join(t.TempDir(), "arm")
	succeeds(t, exec.Command("cc", "-O2", "-Wall", "-Wextra", "-Werror", "-o", program, "../../examples/robot/arm.c"))
	succeeds(t, palmal(robotRun(filepath.Join(t.TempDir(), "run"), program, "--samples", "300")...))
}

// The robot may call on a socket, and come back after it was killed. It is killed by what it has played and not by the
// clock: on a fast machine the whole run is over within seconds.
func TestRobotCallsOnASocket(t *testing.T) {
	needs(t, "python3")
	t.Parallel()
	dir := t.TempDir()
	out, address := filepath.Join(dir, "run"), "unix:"+filepath.Join(dir, "socket")
	c := palmal(robotRun(out, address, "--samples", "1000")...)
	background(t, c)
	for _, episodes := range []int{2, 10} { // one call ends within the initial samples, one after the first iteration
		robot := arm(address)
		if err := robot.Start(); err != nil {
			t.Fatal(err)
		}
		eventually(t, fmt.Sprintf("%d episodes", episodes), func() bool { return playedBy(out) >= episodes })
		_ = robot.Process.Kill()
		_ = robot.Wait()
	}
	background(t, arm(address))
	if err := c.Wait(); err != nil {
		t.Error(err)
	}
	if got := playedBy(out); got < 25 { // more where a kill cut an episode short
		t.Errorf("%d episodes of 40 steps or fewer are recorded, want 25 for the run's 1000 samples", got)
	}
}

// A robot's wrong end names what it said.
func TestRobotThatDiesIsQuoted(t *testing.T) {
	needs(t, "python3")
	t.Parallel()
	script := filepath.Join(t.TempDir(), "broken.py")
	if err := os.WriteFile(script, []byte("raise RuntimeError('the motor is hot')\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	c := palmal(robotRun(filepath.Join(t.TempDir(), "run"), "python3 "+script)...)
	out, _ := c.CombinedOutput()
	if code := c.ProcessState.ExitCode(); code != 5 || !bytes.Contains(out, []byte("the motor is hot")) {
		t.Errorf("exit code %d\n%s", code, out)
	}
}

// Everything that a robot plays counts, so nothing is evaluated in it, by no way to ask for it.
func TestNothingIsPlayedUncountedByARobot(t *testing.T) {
	needs(t, "python3")
	t.Parallel()
	out := filepath.Join(t.TempDir(), "run")
	succeeds(t, palmal(robotRun(out, "python3 ../../examples/robot/arm.py", "--samples", "300")...))
	for _, args := range [][]string{{"eval", out}, {"diagnose", out}, {"render", out}, robotRun(out+"2", "./arm", "--set", "relabel=0.5"), robotRun(out+"2", "./arm", "--perturb", "100:x=1"), robotRun(out+"2", "inboxes:x")} {
		c := palmal(args...)
		text, _ := c.CombinedOutput()
		if code := c.ProcessState.ExitCode(); code != 2 {
			t.Errorf("%v: exit code %d, want 2\n%s", args, code, text)
		}
	}
}
