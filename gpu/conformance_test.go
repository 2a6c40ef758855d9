//go:build cuda

package gpu

import (
	"strings"
	"testing"

	"github.com/palmal-rl/palmal/nn"
	"github.com/palmal-rl/palmal/nn/nntest"
	registry "github.com/palmal-rl/palmal/physics/tasks"
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
	if emulated(b) { // it takes small sizes only: blocks that pass several tiles each, and fewer in other schedules
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

func TestEveryTaskIsScoredOnTheDevice(t *testing.T) {
	for _, one := range registered(t) {
		if err := ScoredOnHost(one); err != nil {
			t.Error(err)
		}
	}
}

func TestTasksScoreLikeGo(t *testing.T) { nntest.RunTasks(t, suite(t), registered(t)) }

// unprogrammed is a task without programs: it is scored on the host.
type unprogrammed struct{ nn.Task }

func TestTasksWithoutProgramsScoreLikeGo(t *testing.T) {
	one := unprogrammed{hopper(t)}
	if err := ScoredOnHost(one); err == nil {
		t.Fatal("a task without programs is scored on the device")
	}
	nntest.RunTasks(t, suite(t), []nn.Task{one})
}
