//go:build unix

package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// Both sides are killed at once, as by a power cut, again and again; the run continues from its episodes. Given these, another run
// learns the same, to the last byte.
func TestEpisodesMakeARobotsRunAgain(t *testing.T) {
	needs(t, "python3")
	t.Parallel()
	out, box := filepath.Join(t.TempDir(), "cut"), "inbox:"+filepath.Join(t.TempDir(), "box")
	flags := []string{"--samples", "700"}
	for i, episodes := range []int{2, 7, 11} { // within the initial samples, and after the first and second iteration
		again := robotRun(out, box, flags...)
		if i > 0 {
			again = []string{"resume", out, "--quiet"}
		}
		learner, robot := palmal(again...), arm(box)
		background(t, learner)
		background(t, robot)
		eventually(t, fmt.Sprintf("%d episodes", episodes), func() bool { return playedBy(out) >= episodes })
		time.Sleep(time.Duration(rand.Int64N(int64(200 * time.Millisecond)))) // somewhere in its work
		for _, side := range []*exec.Cmd{robot, learner} {
			_ = side.Process.Kill()
			_ = side.Wait()
		}
		if learner.ProcessState.Success() {
			t.Error("the run was over before it was cut")
		}
	}
	background(t, arm(box))
	succeeds(t, palmal("resume", out, "--quiet"))
	againByInbox(t, out, flags...)
}

// againByInbox puts the episodes of a run into an inbox, from which another run must learn the same.
func againByInbox(t *testing.T, out string, flags ...string) {
	t.Helper()
	want := result(t, out)
	again, copied := filepath.Join(t.TempDir(), "again"), t.TempDir()
	files, _ := filepath.Glob(filepath.Join(out, "episodes", "*.npz"))
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err == nil {
			err = os.WriteFile(filepath.Join(copied, filepath.Base(file)), text, 0o666)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	succeeds(t, palmal(robotRun(again, "inbox:"+copied, flags...)...))
	sameResult(t, result(t, again), want)
}

// A robot that breaks a rule of the task now and then plays these episodes again, and what is kept makes the run again. One that
// always does ends the run, as a world that failed.
func TestLockstepEpisodesThatBreakRulesArePlayedAgain(t *testing.T) {
	needs(t, "python3")
	t.Parallel()
	script := filepath.Join(t.TempDir(), "odd.py")
	text := "import sys\nsys.path.insert(0, '../../examples/robot')\nimport arm, lockstep\n" +
		"class Odd(arm.Arm):\n    count = 0\n    def apply(self, action):\n        Odd.count += 1\n        done, obs = super().apply(action)\n" +
		"        if Odd.count % int(sys.argv[1]) == 0:\n            obs[0] = 99.0\n        return done, obs\n" +
		"link = lockstep.Link()\nlink.task['budget'] = 1.0\nlockstep.serve(Odd(1), link)\n"
	if err := os.WriteFile(script, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "run")
	said, err := palmal(robotRun(out, "python3 "+script+" 130", "--samples", "500")...).CombinedOutput() // every fourth episode of 40 steps
	if err != nil || !bytes.Contains(said, []byte("refused, to be played again: the robot's episode 3: observation angle is 99")) {
		t.Fatalf("error %v\n%s", err, said)
	}
	againByInbox(t, out, "--samples", "500")
	c := palmal(robotRun(out+"2", "python3 "+script+" 7")...)
	said, _ = c.CombinedOutput()
	if code := c.ProcessState.ExitCode(); code != 5 || !bytes.Contains(said, []byte("episode 0, refused 3 times: observation angle is 99")) {
		t.Errorf("exit code %d\n%s", code, said)
	}
}
