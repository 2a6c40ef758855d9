package algo_test

import (
	"context"
	"io/fs"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/palmal-rl/palmal/algo"
	"github.com/palmal-rl/palmal/nn"
	"github.com/palmal-rl/palmal/nn/nntest"
	"github.com/palmal-rl/palmal/physics"
	"github.com/palmal-rl/palmal/physics/task"
)

// leaning is the cart-pole with a fall: a pole that leans further than 0.05 rad, long before the task ends the
// episode at 0.21.
func leaning(t *testing.T) *task.Task {
	t.Helper()
	return fallenWhere(t, "abs(next.pole_angle) > 0.05")
}

// fallenWhere is the cart-pole with a fall by a condition.
func fallenWhere(t *testing.T, condition string) *task.Task {
	t.Helper()
	one := builtin(t, "cartpole")
	files := map[string][]byte{}
	for name, text := range one.Files {
		files[name] = text
	}
	text := string(files[one.File])
	files[one.File] = []byte(strings.Replace(text, "\nterminated:", "\nfallen: "+condition+"\nterminated:", 1))
	fallen, err := task.Load(task.Source{File: one.File, Read: func(name string) ([]byte, error) {
		if files[name] == nil {
			return nil, fs.ErrNotExist
		}
		return files[name], nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	return fallen
}

// A fall ends episodes of training in the world and in the model, and no evaluation; it is no termination.
func TestFallsEndTrainingAlone(t *testing.T) {
	one := leaning(t)
	play := func(on bool) (algo.Record, *nn.PathColumns) {
		c := tiny(t, algo.PAL)
		c.Fallen, c.Evaluation.Episodes = on, 8
		world, err := physics.Open(one, physics.Options{Workers: 2})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { world.Close() })
		k := &keeper{Backend: nntest.Reference()}
		g := newGameOf(t, world, world.Task(), c, k)
		r, err := g.Iterate(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		return r, k.columns
	}
	plain, _ := play(false)
	fell, columns := play(true)
	if plain.Fallen != nil || plain.Policy.Fallen != nil {
		t.Errorf("falls are recorded although they end nothing: %v, %v", plain.Fallen, plain.Policy.Fallen)
	}
	if fell.Fallen == nil || fell.Policy.Fallen == nil {
		t.Fatal("falls are not recorded")
	}
	if !(*fell.Fallen > 0.9) || !(fell.Sampled.Length < plain.Sampled.Length) || !(fell.Sampled.Length < fell.Evaluation.Length) {
		t.Errorf("%g of the episodes fell, of a length of %g; without falls it is %g, in evaluations %g", *fell.Fallen, fell.Sampled.Length,
			plain.Sampled.Length, fell.Evaluation.Length)
	}
	if !(*fell.Policy.Fallen > 0) || fell.Policy.Terminated != 0 {
		t.Errorf("%g of the model paths fell, %g were terminated", *fell.Policy.Fallen, fell.Policy.Terminated)
	}
	width := len(one.Observation)
	for i, length := range columns.Lengths {
		for step := 1; step < length; step++ {
			obs := nn.Widen(make([]float64, width), columns.Observations.Data().([]float32)[(i*columns.Observations.Shape()[1]+step)*width:][:width])
			if one.Fallen(obs) {
				t.Fatalf("model path %d continues after its fall at step %d of %d", i, step, length)
			}
		}
	}
}

// What a learned termination ends is no fall: here nothing falls.
func TestALearnedEndIsNoFall(t *testing.T) {
	one := fallenWhere(t, "abs(next.cart_position) > 100")
	c := tiny(t, algo.PAL)
	c.Fallen, c.Model.LearnEnd, c.InitialSamples, c.Model.MinSteps, c.Model.MaxSteps = true, true, 400, 600, 600
	c.NPG.Horizon, c.NPG.StartsPerMember, c.NPG.MinPathLength = 100, 20, 0
	world, err := physics.Open(one, physics.Options{Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer world.Close()
	g := newGameOf(t, world, world.Task(), c, cpuBackend(t))
	ended := algo.Number(0)
	for range 2 {
		r := iterateOnce(t, g)
		if *r.Policy.Fallen != 0 {
			t.Errorf("iteration %d: %g of the paths are said to fall", r.Iteration, *r.Policy.Fallen)
		}
		ended += r.Policy.Terminated
	}
	if ended == 0 {
		t.Error("no path ends by what was learned: the test shows nothing")
	}
}

// keeper keeps the columns of the last paths that were scored.
type keeper struct {
	nn.Backend
	columns *nn.PathColumns
}

func (k *keeper) Score(paths nn.Paths, task nn.Task, o nn.ScoreOptions) (nn.ScoreReport, error) {
	report, err := k.Backend.Score(paths, task, o)
	if err == nil {
		k.columns, err = paths.Download()
	}
	return report, err
}

// numb is a world that cannot end at falls.
type numb struct{ algo.World }

func TestWorldsThatCannotEndAtFallsAreRefused(t *testing.T) {
	one := leaning(t)
	c := tiny(t, algo.PAL)
	world, err := physics.Open(one, physics.Options{Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer world.Close()
	for _, on := range []bool{false, true} {
		c.Fallen = on
		g, err := algo.New(c, nntest.Reference(), numb{world}, world.Task(), algo.Options{})
		if (err != nil) != on || on && !strings.Contains(err.Error(), "fallen") {
			t.Errorf("fallen %v: %v", on, err)
		}
		if err == nil {
			g.Close()
		}
	}
}

// A device decides by programs: those of a task that falls are those of termination or fall.
func TestFallProgramsDiffer(t *testing.T) {
	one := leaning(t)
	_, ended := one.Programs()
	_, over := one.FallPrograms()
	if len(over) == 0 || slices.Equal(ended, over) {
		t.Errorf("programs of %d and %d words", len(ended), len(over))
	}
}

// afar is a task whose rewards are computed elsewhere, where a call has a price.
type afar struct {
	*task.Task
	calls, single *atomic.Int64
}

func (a afar) Batches() (rewards, terminated bool) { return true, false }

func (a afar) RewardBatch(rewards, obs, act, next []float64) error {
	a.calls.Add(1)
	o, n := len(a.Observation), len(a.Action)
	for i := range rewards {
		a.Task.Rewards(rewards[i:i+1], obs[i*o:(i+1)*o], act[i*n:(i+1)*n], next[i*o:(i+1)*o])
	}
	return nil
}

func (a afar) Rewards(terms, obs, act, next []float64) {
	a.single.Add(1)
	a.Task.Rewards(terms, obs, act, next)
}

// Rewards that are computed elsewhere are asked for many rows at once where falls end episodes, too.
func TestFallsLeaveRewardsInBatches(t *testing.T) {
	c := tiny(t, algo.PAL)
	c.Fallen = true
	world, err := physics.Open(leaning(t), physics.Options{Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { world.Close() })
	far := afar{world.Task(), new(atomic.Int64), new(atomic.Int64)}
	g := newGameOf(t, world, far, c, cpuBackend(t))
	iterateOnce(t, g)
	if calls, single := far.calls.Load(), far.single.Load(); calls == 0 || single != 0 {
		t.Errorf("%d calls for many rows, %d for one", calls, single)
	}
}
