package remote

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
)

// asParent tells a process of this test that it is the parent, which is killed.
const asParent = "PALMAL_TEST_PARENT"

// An environment that hangs ends with a parent that is killed.
func TestAnEnvironmentEndsWithAKilledParent(t *testing.T) {
	if os.Getenv(asParent) != "" {
		hangInEnvironment(t)
	}
	parent := exec.Command(os.Args[0], "-test.run", "^"+t.Name()+"$", "-test.v")
	parent.Env = append(os.Environ(), asParent+"=1")
	out, err := parent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	child := 0
	for lines := bufio.NewScanner(out); child == 0 && lines.Scan(); {
		if number, ok := strings.CutPrefix(lines.Text(), "child "); ok {
			child, _ = strconv.Atoi(number)
		} else if strings.Contains(lines.Text(), "SKIPPED") {
			_ = parent.Wait()
			t.Skip(lines.Text())
		}
	}
	if child == 0 || !alive(child) {
		t.Fatalf("the parent began no child that lives: %d", child)
	}
	if err := parent.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = parent.Wait()
	for until := time.Now().Add(10 * time.Second); alive(child); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(until) {
			t.Fatalf("process %d lives on", child)
		}
	}
}

// hangInEnvironment opens an environment, prints its process, and waits for a step that never ends.
func hangInEnvironment(t *testing.T) {
	g, err := world(t, Request{ID: "worlds:Faulty-v0", Kwargs: []byte(`{"fault": "hang"}`), StepLimit: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	fmt.Printf("child %d\n", g.child.cmd.Process.Pid)
	_, _, _, err = g.Step([]float64{0})
	t.Fatal(err)
}

// alive reports whether a process exists and is more than an entry in the table.
func alive(pid int) bool {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	_, state, _ := strings.Cut(string(text), ") ")
	return !strings.HasPrefix(state, "Z")
}
