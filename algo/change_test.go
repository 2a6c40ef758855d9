package algo_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/palmal-rl/palmal/algo"
	"github.com/palmal-rl/palmal/nn"
	"github.com/palmal-rl/palmal/nn/nntest"
	"github.com/palmal-rl/palmal/physics"
)

// goals opens the world of pointmass with goals in the box [low, high]².
func goals(t *testing.T, low, high float64) *physics.World {
	t.Helper()
	world, err := physics.Open(builtin(t, "pointmass"), physics.Options{Workers: 2, Draws: map[string][2]float64{"goal": {low, high}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { world.Close() })
	return world
}

// pointmass starts a game of the smallest sizes in a world.
func pointmass(t *testing.T, algorithm algo.Algorithm, backend nn.Backend, world *physics.World) *algo.Game {
	t.Helper()
	c := tiny(t, algorithm)
	c.NPG.BufferStarts, c.InitialSamples, c.SamplesPerIteration, c.Buffer = 0.5, 200, 100, 300
	g, err := algo.New(c, backend, world, world.Task(), algo.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { g.Close() })
	return g
}

// beginner notes the goals of the states that model paths start from.
type beginner struct {
	nn.Backend
	goals []float32
}

func (b *beginner) Rollout(p nn.Policy, m nn.Ensemble, task nn.Task, starts nn.Starts, o nn.RolloutOptions) (nn.Paths, error) {
	const width, goal = 6, 4
	obs := starts.Observations.Data().([]float32)
	for i := 0; i < len(obs); i += width {
		b.goals = append(b.goals, obs[i+goal:i+width]...)
	}
	return b.Backend.Rollout(p, m, task, starts, o)
}

// No model path starts from an old goal once the goals have changed, neither at the beginning nor in
// the middle of an episode; after a change that leaves the starts alone old ones serve on. Networks and data stay in both.
func TestInitialStatesOfOldGoalsAreNotUsedAgain(t *testing.T) {
	for _, algorithm := range algo.Algorithms() {
		for _, fresh := range []bool{true, false} {
			b := &beginner{Backend: nntest.Reference()}
			g := pointmass(t, algorithm, b, goals(t, -1, 1))
			before, err := g.Iterate(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			if err := g.ChangeWorld(goals(t, 3, 4), "goal=3:4", fresh); err != nil {
				t.Fatal(err)
			}
			b.goals = nil
			after, err := g.Iterate(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			isOld := func(x float32) bool { return x <= 1 }
			if old := slices.ContainsFunc(b.goals, isOld); len(b.goals) == 0 || old == fresh {
				t.Errorf("%s, fresh starts %v: goals %v", algorithm, fresh, b.goals)
			}
			p := after.Perturbation
			if before.Perturbation != nil || p == nil || p.Samples != before.Samples || !slices.Equal(p.Changes, []string{"goal=3:4"}) {
				t.Fatalf("%s: perturbation %+v after %d samples", algorithm, p, before.Samples)
			}
			// Goals that are farther away cost more at once.
			if !(p.Evaluation.Return < before.Evaluation.Return) || p.Evaluation.Samples != before.Samples {
				t.Errorf("%s: %+v in the changed world, %+v before", algorithm, p.Evaluation, before.Evaluation)
			}
			// PAL's model is fitted to the buffer, old and new; 200 + 100 samples are held by then.
			if algorithm == algo.PAL && after.Model.Rows <= before.Model.Rows {
				t.Errorf("model fitted to %d rows after the change, %d before: the data was not kept", after.Model.Rows, before.Model.Rows)
			}
			if g.Changes() != 1 {
				t.Errorf("%d changes", g.Changes())
			}
		}
	}
}

// A snapshot knows how often the world changed and which starts are left: a game that is restored
// into the changed world continues with the same records.
func TestRestoredGameGoesOnInTheChangedWorld(t *testing.T) {
	for _, algorithm := range algo.Algorithms() {
		whole := pointmass(t, algorithm, nntest.Reference(), goals(t, -1, 1))
		record(t, whole)
		beforeChange, err := whole.Save()
		if err != nil {
			t.Fatal(err)
		}
		change := func(g *algo.Game) {
			if err := g.ChangeWorld(goals(t, 3, 4), "goal=3:4", true); err != nil {
				t.Fatal(err)
			}
		}
		change(whole)
		first := record(t, whole)
		afterChange, err := whole.Save()
		if err != nil {
			t.Fatal(err)
		}
		want := record(t, whole)
		if beforeChange.Changes != 0 || afterChange.Changes != 1 {
			t.Errorf("%s: snapshots of %d and %d changes", algorithm, beforeChange.Changes, afterChange.Changes)
		}
		resumed := pointmass(t, algorithm, nntest.Reference(), goals(t, 3, 4))
		if err := resumed.Restore(afterChange); err != nil {
			t.Fatal(err)
		}
		if got := record(t, resumed); got != want || resumed.Changes() != 1 {
			t.Errorf("%s: restored after the change\n%s\nwant\n%s", algorithm, got, want)
		}
		again := pointmass(t, algorithm, nntest.Reference(), goals(t, -1, 1))
		if err := again.Restore(beforeChange); err != nil {
			t.Fatal(err)
		}
		change(again)
		if got := record(t, again); got != first {
			t.Errorf("%s: restored before the change\n%s\nwant\n%s", algorithm, got, first)
		}
	}
}

// Snapshots that know nothing of changes hold every initial state.
func TestSnapshotsOfOlderProgramsAreRestored(t *testing.T) {
	g := newGame(t, tiny(t, algo.PAL), nntest.Reference(), 1)
	record(t, g)
	s, err := g.Save()
	if err != nil {
		t.Fatal(err)
	}
	want := record(t, g)
	s.Groups[algo.GroupGame] = slices.DeleteFunc(s.Groups[algo.GroupGame], func(a nn.Array) bool { return a.Name == "world" })
	old := newGame(t, tiny(t, algo.PAL), nntest.Reference(), 1)
	if err := old.Restore(s); err != nil {
		t.Fatal(err)
	}
	if got := record(t, old); got != want {
		t.Errorf("restored\n%s\nwant\n%s", got, want)
	}
}

func TestWorldsOfOtherHorizonsAreRefused(t *testing.T) {
	g := newGame(t, tiny(t, algo.PAL), nntest.Reference(), 1)
	err := g.ChangeWorld(goals(t, 0, 1), "goal=0:1", true)
	if err == nil || !strings.Contains(err.Error(), "horizon 200 become 1 and") || g.Changes() != 0 {
		t.Errorf("error %v, %d changes", err, g.Changes())
	}
}

// unreliable reports more episodes that broke down each time it is asked.
type unreliable struct {
	*physics.World
	asked uint64
}

func (u *unreliable) Dropped() uint64 {
	u.asked++
	return 10 + 3*u.asked
}

func TestDroppedEpisodesAddUpOverSnapshots(t *testing.T) {
	world := goals(t, -1, 1)
	start := func() *algo.Game {
		c := tiny(t, algo.PAL)
		g, err := algo.New(c, nntest.Reference(), &unreliable{World: world}, world.Task(), algo.Options{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { g.Close() })
		return g
	}
	g := start()
	record(t, g)
	s, err := g.Save()
	if err != nil {
		t.Fatal(err)
	}
	resumed := start()
	if err := resumed.Restore(s); err != nil {
		t.Fatal(err)
	}
	r, err := resumed.Iterate(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if g.Dropped() != 3 || r.Dropped != 6 || resumed.Dropped() != 6 { // three between the two askings of an iteration
		t.Errorf("%d dropped, resumed to %d and %d, want 3, 6, 6", g.Dropped(), r.Dropped, resumed.Dropped())
	}
}
