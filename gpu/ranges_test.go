//go:build cuda

package gpu

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/palmal-rl/palmal/gpu/internal/driver"
	"github.com/palmal-rl/palmal/nn"
)

// listener builds the stand-in for a tool that listens to ranges.
func listener(t *testing.T) string {
	t.Helper()
	library := filepath.Join(t.TempDir(), "ranges.so")
	if out, err := exec.Command("cc", "-shared", "-fPIC", "-o", library, "internal/driver/testdata/ranges.c", "-ldl").CombinedOutput(); err != nil {
		t.Fatalf("cc, which cgo needs as well: %v: %s", err, out)
	}
	return library
}

// TestRangesNestAndEnd: every operation is a range inside that of its stage, on one thread, and each is ended, also
// where it fails and where the device is closed before.
func TestRangesNestAndEnd(t *testing.T) {
	const variable = "PALMAL_TEST_RANGES"
	if list := os.Getenv(variable); list != "" {
		playRanges(t)
		checkRanges(t, list)
		return
	}
	shut(t, open(t))
	again := exec.Command(os.Args[0], "-test.run=^TestRangesNestAndEnd$", "-test.v")
	again.Env = append(os.Environ(), variable+"="+filepath.Join(t.TempDir(), "ranges"), "NVTX_INJECTION64_PATH="+listener(t))
	if out, err := again.CombinedOutput(); err != nil || !strings.Contains(string(out), "--- PASS") {
		t.Errorf("%v\n%s", err, out)
	}
}

func playRanges(t *testing.T) {
	b := open(t)
	end := b.Range("fit")
	shape := nn.PolicyShape{Observation: 2, Action: 1, Hidden: []int{4}}
	p := must[nn.Policy](t)(b.NewPolicy(shape, shape.Init(1, 0, 1)))
	broken := errors.New("broken")
	if err := b.d.do("failing", func(q *driver.Queue) { q.Fail(broken) }); !errors.Is(err, broken) {
		t.Errorf("a failing operation: %v", err)
	}
	end()
	late := b.Range("value")
	shut(t, p, b)
	late()
	b.Range("never")()
}

// checkRanges reads what the listener wrote.
func checkRanges(t *testing.T, list string) {
	text, err := os.ReadFile(list)
	if err != nil {
		t.Fatal(err)
	}
	var open, names []string
	threads := map[string]bool{}
	for line := range strings.Lines(string(text)) {
		words := strings.SplitN(strings.TrimSpace(line), " ", 3)
		threads[words[1]] = true
		if words[0] == "push" {
			open = append(open, words[2])
			names = append(names, strings.Join(open, "/"))
		} else if len(open) == 0 {
			t.Fatalf("a range ends that never began:\n%s", text)
		} else {
			open = open[:len(open)-1]
		}
	}
	if len(open) > 0 || len(threads) != 1 {
		t.Errorf("left open %v, on %d threads:\n%s", open, len(threads), text)
	}
	for _, want := range []string{"fit", "fit/new policy", "fit/failing", "value"} {
		if !slices.Contains(names, want) {
			t.Errorf("no range %s among %v", want, names)
		}
	}
}

// TestNoToolNoRanges: without a tool nothing listens, so nothing is called.
func TestNoToolNoRanges(t *testing.T) {
	t.Setenv("NVTX_INJECTION64_PATH", "")
	b := open(t)
	defer shut(t, b)
	if b.d.Watched() {
		t.Error("ranges are pushed although no tool listens")
	}
	b.Range("fit")()
}
