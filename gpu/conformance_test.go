//go:build cuda

package gpu

import (
	"strings"
	"testing"

	"github.com/palmal-rl/palmal/nn"
	"github.com/palmal-rl/palmal/nn/nntest"
	registry "github.com/palmal-rl/palmal/physics/task"
)

// open opens a strict backend: arrays start as NaN, none is reused, and writes past an end are found.
// Without a device, real or emulated, the test is skipped, and says so.
func open(t nntest.TB) *Backend {
	t.Helper()
	return openWith(t, Options{Strict: true})
}

func openWith(t nntest.TB, o Options) *Backend {
	t.Helper()
	if err := Available(); err != nil {
		if s, ok := t.(interface{ Skipf(string, ...any) }); ok {
			s.Skipf("NOT TESTED: no CUDA device, and no emulator on LD_LIBRARY_PATH (make test-emulated): %v", err)
		}
		t.Fatalf("%v", err)
	}
	b, err := Open(o)
	if err != nil {
		t.Fatalf("%v", err)
	}
	if emulated(b) { // which takes small sizes only: blocks that pass several tiles each, and fewer in other schedules
		b.machine.partials = 2 * b.d.Properties.SMs
	}
	return b
}

// suite is the conformance suite for this backend. Its bounds are for sums in float32 without fused
// multiply-adds. nvcc fuses them, which rounds once where the emulator rounds twice, and its logf, expf,
// tanhf and sincospif may be off by two units in the last place: twice the bounds leave room for both. The
// emulator keeps the plain ones.
func suite(t *testing.T) nntest.Config {
	c := nntest.Config{New: func(t nntest.TB) nn.Backend { return open(t) }, Small: true, Scale: 2}
	b := open(t)
	defer shut(t, b)
	if emulated(b) {
		c.Scale = 1
	}
	return c
}

func emulated(b *Backend) bool { return strings.HasPrefix(b.d.Properties.Name, "palmal emulator") }

func shut(t *testing.T, handles ...interface{ Close() error }) {
	t.Helper()
	for _, h := range handles {
		if err := h.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	}
}

func TestConformance(t *testing.T) { nntest.Run(t, suite(t)) }

// registered lists the tasks of the registry.
func registered(t *testing.T) (tasks []nn.Task) {
	t.Helper()
	for _, name := range registry.Names() {
		one, err := registry.Get(name)
		if err != nil {
			t.Fatal(err)
		}
		tasks = append(tasks, one)
	}
	return tasks
}

// downloaded tasks have no kernel yet: their paths are scored by the Go functions.
var downloadedTasks = map[string]bool{}

func TestEveryTaskHasAKernelOrIsListed(t *testing.T) {
	for _, one := range registered(t) {
		name, _ := one.Identity()
		if HasKernel(one) == downloadedTasks[name] {
			t.Errorf("task %s: has a kernel: %v, is listed as downloaded: %v", name, HasKernel(one), downloadedTasks[name])
		}
	}
}

func TestTasksScoreLikeGo(t *testing.T) { nntest.RunTasks(t, suite(t), registered(t)) }

// A task under a name without a kernel takes the other way, on the host.
type renamed struct{ nn.Task }

func (renamed) Identity() (string, []float64) { return "no kernel of this name", nil }

func TestTasksWithoutKernelScoreLikeGo(t *testing.T) {
	one := renamed{hopper(t)}
	if HasKernel(one) {
		t.Fatal("the renamed task has a kernel")
	}
	nntest.RunTasks(t, suite(t), []nn.Task{one})
}

// glide is the synthetic task of palmal bench, written again: its kernel must not slow a benchmark down by
// being left out.
type glide struct{}

func (glide) Identity() (string, []float64) { return "bench-glide", nil }

func (glide) ObservationKinds() []string { return []string{nn.KindPredicted, nn.KindPredicted} }

func (glide) ActionBox() (low, high []float64) { return []float64{-1, -1, -1}, []float64{1, 1, 1} }

func (glide) RewardTerms() []string { return []string{"position", "effort"} }

func (glide) Rewards(terms, _, act, next []float64) {
	terms[0], terms[1] = next[0], 0
	for _, a := range act {
		terms[1] -= 0.001 * a * a
	}
}

func (glide) Terminated(next []float64) bool { return next[0]-next[0] != 0 || next[1]-next[1] != 0 }

func TestBenchTaskHasAKernel(t *testing.T) {
	if !HasKernel(glide{}) {
		t.Error("bench-glide has no kernel")
	}
	nntest.RunTasks(t, suite(t), []nn.Task{glide{}})
}
