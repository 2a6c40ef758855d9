package run

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/palmal-rl/palmal/algo"
	"github.com/palmal-rl/palmal/nn"
)

// fakeGame counts: after iteration k it has taken 100·k samples, and its evaluations are given.
type fakeGame struct {
	iteration   int64
	end         int64
	evaluations map[int64]float64 // lower bound of the evaluation in an iteration
	before      func(iteration int64) error
	changed     int64 // iteration before which the world changes
}

func (g *fakeGame) Iterate(ctx context.Context) (algo.Record, error) {
	if g.before != nil {
		if err := g.before(g.iteration + 1); err != nil {
			return algo.Record{}, err
		}
	}
	g.iteration++
	record := algo.Record{Iteration: int(g.iteration), Samples: int(100*g.iteration) + 100}
	record.Sampled.Samples = int(100 * g.iteration)
	if low, ok := g.evaluations[g.iteration]; ok {
		record.Evaluation = &algo.Evaluation{Samples: record.Sampled.Samples, Return: algo.Number(low + 1), CILow: algo.Number(low)}
	}
	if g.iteration == g.changed {
		record.Perturbation = &algo.Perturbation{}
	}
	return record, nil
}

func (g *fakeGame) Done() bool { return g.iteration >= g.end }

func (g *fakeGame) Save() (algo.Snapshot, error) {
	numbers := []float32{float32(g.iteration), float32(math.Sqrt(float64(g.iteration)))}
	return algo.Snapshot{Iteration: int(g.iteration), Samples: int(100*g.iteration) + 100, Trained: int(100 * g.iteration), Groups: map[string]nn.State{
		"game":   {{Name: "counters", Value: nn.Integers([]int64{g.iteration, 100*g.iteration + 100, 0, 0, 0, 0, 0, 0})}},
		"policy": {{Name: "parameters", Value: nn.Matrix(numbers, 2)}},
	}}, nil
}

func (g *fakeGame) Restore(s algo.Snapshot) error {
	counters, err := s.Groups["game"].Counters("counters", 8)
	if err == nil {
		g.iteration = counters[0]
	}
	return err
}

func testConfig(t *testing.T) Config {
	t.Helper()
	resolved, err := Resolve(Request{Sets: []string{"task=cartpole"}})
	if err != nil {
		t.Fatal(err)
	}
	return resolved.Config
}

// testFacts are those of the configuration of the tests.
func testFacts() Facts { return Facts{Task: "cartpole", Algorithm: "pal", Preset: "tuned", Seed: 1} }

// newRun makes a run directory.
func newRun(t *testing.T) (*Directory, Config) {
	t.Helper()
	config := testConfig(t)
	d, err := Create(filepath.Join(t.TempDir(), "run"), config, testFacts())
	if err != nil {
		t.Fatal(err)
	}
	return d, config
}

// play plays a game from a checkpoint.
func play(t *testing.T, d *Directory, checkpoint int, game Game, section Section, signals <-chan os.Signal) error {
	t.Helper()
	config := testConfig(t)
	config.Run = section
	loop, err := Begin(d, checkpoint, game, config, signals)
	if err != nil {
		t.Fatal(err)
	}
	defer loop.Close()
	return loop.Run(context.Background(), Quiet{})
}

func checkpoints(t *testing.T, d *Directory) []int {
	t.Helper()
	all, err := d.Checkpoints()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestNewestBestAndAskedForCheckpointsAreKept(t *testing.T) {
	d, config := newRun(t)
	section := config.Run
	section.KeepAt = []int{250, 400}
	game := &fakeGame{end: 12, evaluations: map[int64]float64{1: 5, 2: 9, 6: 3, 10: 9}}
	if err := play(t, d, 0, game, section, nil); err != nil {
		t.Fatal(err)
	}
	// 2 is the best (10 only ties), 3 the first at 250 samples, 4 that at 400, then the last three.
	if got, want := checkpoints(t, d), []int{2, 3, 4, 10, 11, 12}; !slices.Equal(got, want) {
		t.Errorf("kept %v, want %v", got, want)
	}
	best, found, err := d.Best()
	if err != nil || !found || best.Iteration != 2 || best.CILow != 9 {
		t.Errorf("best %+v, %v, %v", best, found, err)
	}
}

// A policy that was good in another world is not the best in this one, neither now nor after resume.
func TestBestIsSoughtAnewInAChangedWorld(t *testing.T) {
	d, config := newRun(t)
	section := config.Run
	section.KeepLast = 10
	game := &fakeGame{end: 6, changed: 4, evaluations: map[int64]float64{2: 9, 4: 1, 5: 3, 6: 2}}
	for range 2 {
		if err := play(t, d, int(game.iteration), game, section, nil); err != nil {
			t.Fatal(err)
		}
		if best, found, err := d.Best(); err != nil || !found || best.Iteration != 5 {
			t.Errorf("best %+v, %v, %v, want iteration 5", best, found, err)
		}
	}
}

func TestSparseCheckpointsStillHoldBestAskedForAndLast(t *testing.T) {
	d, config := newRun(t)
	section := config.Run
	section.CheckpointEvery, section.KeepLast, section.KeepAt = 5, 10, []int{650}
	if err := play(t, d, 0, &fakeGame{end: 12, evaluations: map[int64]float64{3: 1}}, section, nil); err != nil {
		t.Fatal(err)
	}
	if got, want := checkpoints(t, d), []int{3, 5, 7, 10, 12}; !slices.Equal(got, want) {
		t.Errorf("kept %v, want %v", got, want)
	}
}

func TestResumedMetricsEqualUninterruptedOnes(t *testing.T) {
	whole, config := newRun(t)
	if err := play(t, whole, 0, &fakeGame{end: 9}, config.Run, nil); err != nil {
		t.Fatal(err)
	}
	broken, _ := newRun(t)
	section := config.Run
	section.CheckpointEvery = 2
	crash := errors.New("crash")
	game := &fakeGame{end: 9, before: func(i int64) error {
		if i == 8 {
			return crash
		}
		return nil
	}}
	if err := play(t, broken, 0, game, section, nil); !errors.Is(err, crash) || !strings.Contains(err.Error(), "000006") {
		t.Fatalf("error %v, want one that names checkpoint 000006", err)
	}
	// The record of iteration 7 comes after the checkpoint, and half a line is what kill -9 leaves.
	f, err := broken.folder.Append(metricsName)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write([]byte(`{"iteration":8,"sam`)); err != nil {
		t.Fatal(err)
	}
	if err := play(t, broken, 6, &fakeGame{end: 9}, section, nil); err != nil {
		t.Fatal(err)
	}
	if a, b := contents(t, whole.MetricsPath()), contents(t, broken.MetricsPath()); a != b {
		t.Errorf("uninterrupted\n%sresumed\n%s", a, b)
	}
}

func contents(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestFirstSignalEndsAfterTheIterationWithACheckpoint(t *testing.T) {
	d, config := newRun(t)
	section := config.Run
	section.CheckpointEvery = 100
	signals := make(chan os.Signal)
	game := &fakeGame{end: 9, before: func(i int64) error {
		if i == 3 {
			signals <- syscall.SIGTERM
		}
		return nil
	}}
	err := play(t, d, 0, game, section, signals)
	var stopped *Stopped
	if !errors.As(err, &stopped) || stopped.AtOnce || stopped.Signal != syscall.SIGTERM || stopped.Checkpoint != 3 {
		t.Errorf("ended with %v", err)
	}
	if got := checkpoints(t, d); !slices.Equal(got, []int{3}) {
		t.Errorf("kept %v, want checkpoint 3", got)
	}
}

func TestSecondSignalEndsAtOnce(t *testing.T) {
	d, config := newRun(t)
	signals := make(chan os.Signal)
	forever := make(chan struct{})
	defer close(forever)
	game := &fakeGame{end: 9, before: func(i int64) error {
		if i == 3 {
			signals <- syscall.SIGINT
			signals <- syscall.SIGINT
			<-forever
		}
		return nil
	}}
	err := play(t, d, 0, game, config.Run, signals)
	var stopped *Stopped
	if !errors.As(err, &stopped) || !stopped.AtOnce || stopped.Checkpoint != 2 {
		t.Errorf("ended with %v", err)
	}
}

func TestDivergenceIsDumpedAndLeavesTheLastCheckpoint(t *testing.T) {
	d, config := newRun(t)
	diverge := func(i int64) error {
		if i == 3 {
			return fmt.Errorf("fit: member 2: NaN loss: %w", nn.ErrDiverged)
		}
		return nil
	}
	for n, name := range []string{"diverged-000003", "diverged-000003"} {
		err := play(t, d, 2*n, &fakeGame{end: 9, before: diverge}, config.Run, nil)
		if !errors.Is(err, nn.ErrDiverged) || !strings.Contains(err.Error(), name) || !strings.Contains(err.Error(), "000002") {
			t.Errorf("error %v, want one that names %s and checkpoint 000002", err, name)
		}
		dump := filepath.Join(d.Path, name)
		if _, _, err := readCheckpoint(d.folder, name); err != nil {
			t.Error(err)
		}
		if text := contents(t, filepath.Join(dump, "error.txt")); !strings.Contains(text, "member 2: NaN loss") {
			t.Errorf("error.txt says %q", text)
		}
	}
	if _, _, err := d.Read(2); err != nil {
		t.Error(err)
	}
}
