package algo_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"gorgonia.org/tensor"

	"github.com/palmal-rl/palmal/algo"
	"github.com/palmal-rl/palmal/nn"
	"github.com/palmal-rl/palmal/nn/nntest"
	"github.com/palmal-rl/palmal/physics"
	"github.com/palmal-rl/palmal/physics/mujoco"
	"github.com/palmal-rl/palmal/physics/task"
	"github.com/palmal-rl/palmal/physics/tasks"
)

// tiny is a configuration that the slow reference backend plays in a blink.
func tiny(t *testing.T, algorithm algo.Algorithm) algo.Config {
	t.Helper()
	return tinyOn(t, algorithm, "cartpole", 200)
}

// tinyOn is that for another task.
func tinyOn(t *testing.T, algorithm algo.Algorithm, task string, horizon int) algo.Config {
	t.Helper()
	c, err := algo.Preset(algo.PresetTuned, algorithm, horizon, builtin(t, task).Presets)
	if err != nil {
		t.Fatal(err)
	}
	c.InitialSamples, c.SamplesPerIteration, c.Samples, c.Buffer = 60, 30, 200, 100
	c.Model.Members, c.Model.Hidden, c.Model.Epochs, c.Model.Batch, c.Model.MinSteps = 2, []int{8}, 2, 16, 1
	c.Policy.Hidden, c.Value.Hidden = []int{4}, []int{4}
	c.NPG.Steps, c.NPG.StartsPerMember, c.NPG.Horizon, c.NPG.CGIterations = 2, 4, 10, 3
	c.Evaluation.Episodes, c.Evaluation.StopAt, c.Diagnostics, c.Measure = 2, math.Inf(1), 2, false
	c.Policy.InitialLogStd, c.Policy.MinLogStd = -1, -3 // whatever is tuned
	return c
}

// builtin returns a built-in task.
func builtin(t *testing.T, name string) *task.Task {
	t.Helper()
	one, err := tasks.Get(name)
	if err != nil {
		t.Fatal(err)
	}
	return one
}

func newGame(t *testing.T, c algo.Config, backend nn.Backend, workers int) *algo.Game {
	t.Helper()
	return newGameIn(t, openWorld(t, "cartpole", c, workers), c, backend)
}

func openWorld(t *testing.T, task string, c algo.Config, workers int) *physics.World {
	t.Helper()
	world, err := physics.Open(builtin(t, task), physics.Options{Workers: workers, ActionRepeat: c.Repeat})
	if errors.Is(err, mujoco.ErrMissing) {
		t.Skipf("NOTHING WAS PLAYED: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { world.Close() })
	return world
}

func newGameIn(t *testing.T, world *physics.World, c algo.Config, backend nn.Backend) *algo.Game {
	t.Helper()
	return newGameOf(t, world, world.Task(), c, backend)
}

func newGameOf(t *testing.T, world algo.World, task nn.Task, c algo.Config, backend nn.Backend) *algo.Game {
	t.Helper()
	g, err := algo.New(c, backend, world, task, algo.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { g.Close() })
	return g
}

// scribe writes down the moves of both players: "M" for a fit, with the rows of its data, and "π" for
// the rollouts of a policy step.
type scribe struct {
	nn.Backend
	moves []string
}

func (s *scribe) Fit(m nn.Ensemble, data nn.Transitions, o nn.FitOptions) (nn.FitReport, error) {
	s.moves = append(s.moves, fmt.Sprintf("M%d", data.Rows()))
	return s.Backend.Fit(m, data, o)
}

func (s *scribe) PolicyGradient(gradient []float64, paths nn.Paths, p nn.Policy) error {
	s.moves = append(s.moves, "π")
	return s.Backend.PolicyGradient(gradient, paths, p)
}

// kinds drops the row counts.
func (s *scribe) kinds() string {
	var kinds []string
	for _, move := range s.moves {
		kinds = append(kinds, strings.TrimRight(move, "0123456789"))
	}
	return strings.Join(kinds, " ")
}

// The paper's boxes: PAL fits, then steps; MAL begins with a fit, then steps and fits the new data;
// GDA and BR begin with a fit, then step against the old model and fit the old data.
func TestOrderOfPlay(t *testing.T) {
	want := map[algo.Algorithm]string{
		algo.PAL: "M π π M π π",
		algo.MAL: "M π π M π π M",
		algo.GDA: "M π π M π π M",
		algo.BR:  "M π π M π π M",
	}
	for _, algorithm := range algo.Algorithms() {
		s := &scribe{Backend: nntest.Reference()}
		g := newGame(t, tiny(t, algorithm), s, 1)
		for range 2 {
			if _, err := g.Iterate(context.Background()); err != nil {
				t.Fatalf("%s: %v", algorithm, err)
			}
		}
		if got := s.kinds(); got != want[algorithm] {
			t.Errorf("%s plays %s, want %s", algorithm, got, want[algorithm])
		}
		// The second model of a simultaneous learner has seen the initial data only, that of MAL
		// also the data of the policy that answered the first one.
		if sameData := s.moves[0] == secondFit(s.moves); sameData != (algorithm == algo.GDA || algorithm == algo.BR) {
			t.Errorf("%s: fits %v: second fit on the data of the first: %v", algorithm, s.moves, sameData)
		}
	}
}

func secondFit(moves []string) string {
	i := slices.IndexFunc(moves[1:], func(move string) bool { return strings.HasPrefix(move, "M") })
	return moves[1+i]
}

func iterateOnce(t *testing.T, g *algo.Game) algo.Record {
	t.Helper()
	r, err := g.Iterate(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// oneIteration plays a new game once and saves it.
func oneIteration(t *testing.T, c algo.Config) (algo.Record, algo.Snapshot) {
	t.Helper()
	g := newGame(t, c, nntest.Reference(), 1)
	r := iterateOnce(t, g)
	s, err := g.Save()
	if err != nil {
		t.Fatal(err)
	}
	return r, s
}

// checkRestored plays a game once, restores it into another, and wants the same records of both afterwards. It returns
// the snapshot.
func checkRestored(t *testing.T, whole, resumed *algo.Game, iterations int) algo.Snapshot {
	t.Helper()
	record(t, whole)
	snapshot, err := whole.Save()
	if err != nil {
		t.Fatal(err)
	}
	if err := resumed.Restore(snapshot); err != nil {
		t.Fatal(err)
	}
	for range iterations {
		if want, got := record(t, whole), record(t, resumed); want != got {
			t.Errorf("after the snapshot\n%s\nrestored\n%s", want, got)
		}
	}
	return snapshot
}

// record strips what depends on the clock.
func record(t *testing.T, g *algo.Game) string {
	t.Helper()
	r := iterateOnce(t, g)
	r.Timing = algo.Timing{}
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestRunDependsOnTheSeedAlone(t *testing.T) {
	for _, algorithm := range algo.Algorithms() {
		c := tiny(t, algorithm)
		one, three := newGame(t, c, nntest.Reference(), 1), newGame(t, c, nntest.Reference(), 3)
		c.Seed++
		other := newGame(t, c, nntest.Reference(), 1)
		for range 2 {
			a, b, x := record(t, one), record(t, three), record(t, other)
			if a != b {
				t.Errorf("%s: one worker\n%s\nthree workers\n%s", algorithm, a, b)
			}
			if a == x {
				t.Errorf("%s: another seed gives the same record", algorithm)
			}
		}
	}
}

func TestRestoredGameGoesOnAsIfNothingHappened(t *testing.T) {
	for _, algorithm := range algo.Algorithms() {
		c := tiny(t, algorithm)
		c.Policy.Normalise, c.Value.Normalise, c.Model.Noise = true, true, 1 // these are part of what is restored
		whole := newGame(t, c, nntest.Reference(), 2)
		record(t, whole) // PAL's model foresees nothing before its second turn
		first := record(t, whole)
		snapshot, err := whole.Save()
		if err != nil {
			t.Fatal(err)
		}
		want := []string{record(t, whole), record(t, whole)}
		resumed := newGame(t, c, nntest.Reference(), 2)
		if err := resumed.Restore(snapshot); err != nil {
			t.Fatal(err)
		}
		for i := range want {
			if got := record(t, resumed); got != want[i] {
				t.Errorf("%s: iteration %d after the snapshot\n%s\nwant\n%s", algorithm, i+1, got, want[i])
			}
		}
		if first == want[0] {
			t.Errorf("%s: two iterations with the same record: the test shows nothing", algorithm)
		}
	}
}

func TestCancelledRunStopsWithoutARecord(t *testing.T) {
	g := newGame(t, tiny(t, algo.PAL), nntest.Reference(), 1)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := g.Iterate(ctx); err == nil || g.Iteration() != 0 {
		t.Errorf("error %v after %d iterations", err, g.Iteration())
	}
}

func TestRecordTellsWhatWasMeasured(t *testing.T) {
	c := tiny(t, algo.PAL)
	c.Measure = true
	g := newGame(t, c, nntest.Reference(), 1)
	var last algo.Record
	for range 2 {
		var err error
		if last, err = g.Iterate(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	text, err := json.Marshal(last)
	if err != nil {
		t.Fatal(err)
	}
	// The pole has no fixed success before its horizon in so short a run; everything else is known
	// from the second iteration on.
	if strings.Contains(strings.ReplaceAll(string(text), `"success":null`, ""), "null") {
		t.Errorf("unmeasured fields in %s", text)
	}
	if !(last.Policy.KL > 0) || !(last.Model.LossLast > 0) || !(last.Value.After >= 0) || last.Model.Steps == 0 {
		t.Errorf("implausible record %s", text)
	}
}

// flat is a backend whose policy gradient is exactly 0.
type flat struct{ nn.Backend }

func (flat) PolicyGradient(gradient []float64, _ nn.Paths, _ nn.Policy) error {
	clear(gradient)
	return nil
}

func TestZeroGradientLeavesThePolicyWhereItIs(t *testing.T) {
	g := newGame(t, tiny(t, algo.PAL), flat{nntest.Reference()}, 1)
	parameters := func() []float32 {
		s, err := g.Save()
		if err != nil {
			t.Fatal(err)
		}
		theta, err := s.Groups[algo.GroupPolicy].Find(nn.StateParameters, tensor.Float32, 26)
		if err != nil {
			t.Fatal(err)
		}
		return slices.Clone(theta.Data().([]float32))
	}
	before := parameters()
	if _, err := g.Iterate(context.Background()); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(before, parameters()) {
		t.Error("θ moved without a gradient")
	}
}
