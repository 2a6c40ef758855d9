package bench

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/palmal-rl/palmal/nn"
	"github.com/palmal-rl/palmal/nn/cpu"
)

func TestSyntheticTasksAreTasks(t *testing.T) {
	for _, sizes := range AllSizes() {
		one, err := newGlide(sizes)
		if err != nil {
			t.Fatal(err)
		}
		if err := nn.CheckTask(one); err != nil {
			t.Error(err)
		}
		if _, ok := nn.Task(one).(nn.Programmed); !ok {
			t.Errorf("%s would be scored on the host", sizes.Name)
		}
	}
}

// TestWorkIsThatOfThePaper holds the numbers of the definition of an iteration together.
func TestWorkIsThatOfThePaper(t *testing.T) {
	epochs := map[string]int{"pal": 100, "mal": 10}
	for name, work := range Works() {
		fit := nn.FitOptions{Epochs: epochs[name], Batch: batch}
		if steps := fit.Steps(work.Rows); steps != work.FitSteps {
			t.Errorf("%s: %d epochs of %d rows are %d steps, not %d", name, epochs[name], work.Rows, steps, work.FitSteps)
		}
		if paths := members * work.Starts; paths != 800 {
			t.Errorf("%s: %d paths", name, paths)
		}
	}
}

// TestPeersDoTheSameWork looks for this package's numbers in what the peers read.
func TestPeersDoTheSameWork(t *testing.T) {
	text, err := os.ReadFile("../../../../bench/peers/work.py")
	if err != nil {
		t.Fatal(err)
	}
	backend, err := cpu.New(cpu.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer backend.Close()
	w, err := newWorkload(backend, AllSizes()[0], Work{Rows: 1, Starts: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer w.close()
	pal := Works()["pal"]
	lines := []string{
		fmt.Sprintf("MEMBERS, BATCH, HIDDEN = %d, %d, %d", members, batch, w.model.Shape().Hidden[0]),
		fmt.Sprintf("POLICY_HIDDEN, VALUE_HIDDEN, VALUE_BATCH = %d, %d, %d", w.policy.Shape().Hidden[0], w.value.Shape().Hidden[0], valueBatch),
		fmt.Sprintf("STARTS, HORIZON, CG_STEPS = %d, %d, %d", pal.Starts, pal.Horizon, cgSteps),
		fmt.Sprintf("GAMMA, LAMBDA = %g, %g", gamma, lambda),
	}
	for _, sizes := range AllSizes() {
		lines = append(lines, fmt.Sprintf("%q: (%d, %d)", sizes.Name, sizes.Observation, sizes.Action))
	}
	for name, work := range Works() {
		lines = append(lines, fmt.Sprintf(`%q: {"rows": %d, "fit_steps": %d, "npg_steps": %d}`, name, work.Rows, work.FitSteps, work.NPGSteps))
	}
	plain := func(s string) string { return strings.ReplaceAll(s, "_", "") } // as in 100_000
	for _, line := range lines {
		if !strings.Contains(plain(string(text)), plain(line)) {
			t.Errorf("bench/peers/work.py does not say %s", line)
		}
	}
}

// TestEveryStageIsTimed plays all stages at the smallest work.
func TestEveryStageIsTimed(t *testing.T) {
	backend, err := cpu.New(cpu.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer backend.Close()
	timeEvery(t, Options{Backend: backend, ChunkRows: cpu.ChunkRows, Sizes: AllSizes()[0], Repeat: 2, Probe: 1,
		Work: Work{Rows: 200, FitSteps: 2, NPGSteps: 2, Starts: 4, Horizon: 5}})
}

// timeEvery times all stages and checks what is told of them.
func timeEvery(t *testing.T, o Options) {
	t.Helper()
	var stages []string
	err := Run(o, Stages(), func(r Result) error {
		stages = append(stages, r.Stage)
		if !(r.Seconds > 0) || !(r.GFLOPS > 0) || !(r.SGEMM > 0) || !(r.Share > 0) {
			t.Errorf("%+v", r)
		}
		sum := 0.0
		for _, p := range r.Parts {
			sum += p.Seconds
		}
		if sum != r.Seconds {
			t.Errorf("%s: parts take %g s, all %g s", r.Stage, sum, r.Seconds)
		}
		_, err := json.Marshal(r)
		return err
	})
	if err != nil || !slices.Equal(stages, Stages()) {
		t.Errorf("timed %v, %v", stages, err)
	}
}
