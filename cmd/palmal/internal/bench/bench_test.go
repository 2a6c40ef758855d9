package bench

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

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
		if _, ok := nn.Task(one).(nn.Taped); !ok {
			t.Errorf("the host would differentiate the reward of %s", sizes.Name)
		}
	}
}

// TestWorkIsThatOfThePaper compares the work of an iteration with the paper's numbers.
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
	w, err := newWorkload(backend, AllSizes()[0], Work{Rows: 1, Starts: 1}, nn.FP32)
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
	plain := func(s string) string { return strings.ReplaceAll(s, "_", "") } // 100_000 is 100000
	for _, line := range lines {
		if !strings.Contains(plain(string(text)), plain(line)) {
			t.Errorf("bench/peers/work.py does not say %s", line)
		}
	}
}

// TestEveryStageIsTimed runs all stages at the smallest work.
func TestEveryStageIsTimed(t *testing.T) {
	backend, err := cpu.New(cpu.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer backend.Close()
	timeEvery(t, Options{Backend: backend, ChunkRows: cpu.ChunkRows, Sizes: AllSizes()[0], Repeat: 2, Probe: 1,
		Work: Work{Rows: 200, FitSteps: 2, NPGSteps: 2, Starts: 4, Horizon: 5}})
}

// timeEvery times all stages and checks their results.
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
		if r.Repeats != o.Repeat || !(r.Fastest > 0 && r.Fastest <= r.Seconds && r.Seconds <= r.Slowest) || !(r.Spread >= 0) || (o.Repeat == 1) != (r.Spread == 0) {
			t.Errorf("%s: %d repeats, from %g to %g s, median %g s, spread %g", r.Stage, r.Repeats, r.Fastest, r.Slowest, r.Seconds, r.Spread)
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

// TestDividedWorkIsNeverNothing: a share of the work by any number leaves one of everything, and by 1 all of it.
func TestDividedWorkIsNeverNothing(t *testing.T) {
	for name, work := range Works() {
		if work.Divided(1) != work {
			t.Errorf("%s: a first is %+v, want %+v", name, work.Divided(1), work)
		}
		if least := (Work{1, 1, 1, 1, 1, 1}); work.Divided(1<<30) != least {
			t.Errorf("%s: a small share is %+v, want %+v", name, work.Divided(1<<30), least)
		}
	}
}

// counted counts the calls of a backend.
type counted struct {
	nn.Backend
	rates, fits int
	waits       int
}

func (b *counted) SGEMMRate(products nn.GEMMs, duration time.Duration) (float64, error) {
	b.rates++
	return b.Backend.(rater).SGEMMRate(products, duration)
}

func (b *counted) Fit(m nn.Ensemble, data nn.Transitions, o nn.FitOptions) (nn.FitReport, error) {
	b.fits++
	return b.Backend.Fit(m, data, o)
}

func (b *counted) Wait() error {
	b.waits++
	return nil
}

// A steady device is measured once and warmed up by each stage, and its fits are whole; elsewhere the BLAS is measured
// around each part, and fits come in slices.
func TestSteadyDevicesAreMeasuredOnce(t *testing.T) {
	backend, err := cpu.New(cpu.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer backend.Close()
	for _, c := range []struct {
		steady      bool
		rates, fits int // fits: the first one, and then a warm-up and 2 repeats of 1, or 2 repeats of 2 slices
	}{{true, 1, 1 + 3}, {false, 2 * 2 * 2, 1 + 2*2}} {
		b := &counted{Backend: backend}
		var marks []string
		repeats := 0
		o := Options{Backend: b, ChunkRows: cpu.ChunkRows, Sizes: AllSizes()[0], Repeat: 2, Probe: 1, Steady: c.steady,
			Work: Work{Rows: 8, FitSteps: 101, NPGSteps: 1, Starts: 1, Horizon: 1},
			Around: func(name string) func() {
				marks = append(marks, name)
				return func() { marks = append(marks, "/"+name) }
			},
			Repeated: func(number int, repeat func() error) error {
				if repeats++; number != repeats {
					t.Errorf("repeat %d is said to be %d", repeats, number)
				}
				return repeat()
			}}
		if err := Run(o, []string{Fit}, func(Result) error { return nil }); err != nil {
			t.Fatal(err)
		}
		if b.rates != c.rates || b.fits != c.fits || b.waits != c.fits-1 || repeats != 2 {
			t.Errorf("steady %v: %d rates, %d fits, %d waits, %d repeats; want %d, %d, %d, 2", c.steady, b.rates, b.fits, b.waits, repeats,
				c.rates, c.fits, c.fits-1)
		}
		if open := strings.Count(strings.Join(marks, " "), "/"); 2*open != len(marks) || !slices.Equal(marks[:2], []string{"fit", "fit"}) {
			t.Errorf("steady %v: ranges %v", c.steady, marks)
		}
	}
}

func TestMedianIsOneOfTheRepeats(t *testing.T) {
	of := func(seconds ...float64) Result {
		var all []Result
		for _, s := range seconds {
			all = append(all, Result{Seconds: s, Parts: []Part{{Seconds: s}}})
		}
		return median(all)
	}
	for _, c := range []struct {
		given                     []float64
		median, low, high, spread float64
	}{
		{[]float64{2}, 2, 2, 2, 0},
		{[]float64{5, 1, 2}, 2, 1, 5, 2},
		{[]float64{4, 1, 2, 8}, 2, 1, 8, 3.5},
	} {
		r := of(c.given...)
		if r.Seconds != c.median || r.Parts[0].Seconds != c.median || r.Fastest != c.low || r.Slowest != c.high || r.Spread != c.spread || r.Repeats != len(c.given) {
			t.Errorf("of %v: %+v", c.given, r)
		}
	}
}
