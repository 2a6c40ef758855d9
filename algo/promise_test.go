package algo_test

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"gorgonia.org/tensor"

	"github.com/palmal-rl/palmal/algo"
	"github.com/palmal-rl/palmal/nn"
	"github.com/palmal-rl/palmal/nn/nntest"
)

// bounded is a task with one limit.
type bounded struct {
	nn.Task
	breaks func(obs, act, next []float64) bool
	risk   float64
}

func (b bounded) LimitNames() []string  { return []string{"limit"} }
func (b bounded) AcceptedRisk() float64 { return b.risk }
func (b bounded) Broken(broken []bool, obs, act, next []float64) {
	broken[0] = b.breaks(obs, act, next)
}

func always(_, _, _ []float64) bool { return true }
func never(_, _, _ []float64) bool  { return false }

// boundedGame plays cartpole with a limit.
func boundedGame(t *testing.T, c algo.Config, breaks func(obs, act, next []float64) bool) *algo.Game {
	t.Helper()
	world := openWorld(t, "cartpole", c, 1)
	return newGameOf(t, world, bounded{world.Task(), breaks, 0.2}, c, nntest.Reference())
}

func promising(t *testing.T, algorithm algo.Algorithm) algo.Config {
	c := tiny(t, algorithm)
	c.Promise.Starts, c.Promise.Floor = 5, 0.125
	return c
}

// theta is the present policy.
func theta(t *testing.T, g *algo.Game) []float32 {
	t.Helper()
	s, err := g.Save()
	if err != nil {
		t.Fatal(err)
	}
	value, err := s.Groups[algo.GroupPolicy].Find(nn.StateParameters, tensor.Float32, 26)
	if err != nil {
		t.Fatal(err)
	}
	return slices.Clone(value.Data().([]float32))
}

// The whole step, the step at its floor and the start lie on one line, at the shares that the records name.
func TestStepIsShortenedToItsFloorWhileALimitIsAtRisk(t *testing.T) {
	for _, algorithm := range algo.Algorithms() {
		c := promising(t, algorithm)
		free, bound := boundedGame(t, c, never), boundedGame(t, c, always)
		start := theta(t, free)
		a, b := iterateOnce(t, free), iterateOnce(t, bound)
		if a.Promise == nil || a.Promise.Step != 1 || b.Promise == nil || b.Promise.Step != 0.125 {
			t.Fatalf("%s: promises %+v and %+v, want steps 1 and 0.125", algorithm, a.Promise, b.Promise)
		}
		moved := false
		for i, x := range theta(t, bound) {
			whole := float64(theta(t, free)[i]) - float64(start[i])
			moved = moved || whole != 0
			// float32 rounds the sum once: half a unit in the last place of numbers up to 2.
			if got := float64(x) - float64(start[i]); !(math.Abs(got-whole/8) <= 1.2e-7) {
				t.Fatalf("%s: parameter %d moved by %g, the whole step by %g", algorithm, i, got, whole)
			}
		}
		if !moved {
			t.Errorf("%s: the policy did not move: the test shows nothing", algorithm)
		}
		// Five paths of five and no more, with half a path added: 5.5/6; none: 0.5/6.
		if worst := float64(b.Promise.Limits["limit"].Worst); worst != 5.5/6 {
			t.Errorf("%s: worst probability %g, want 5.5/6", algorithm, worst)
		}
		if got := b.Promise.Limits["limit"]; got.Got != 1 || b.Promise.Episodes < 1 || a.Promise.Limits["limit"].Got != 0 {
			t.Errorf("%s: got %+v of %d episodes", algorithm, got, b.Promise.Episodes)
		}
		if b.Broken["limit"] != b.Episodes || a.Broken["limit"] != 0 {
			t.Errorf("%s: %d and %d of %d episodes broke the limit", algorithm, b.Broken["limit"], a.Broken["limit"], b.Episodes)
		}
	}
}

// The world breaks what the model does not: episodes of the world begin at the recorded start, model paths are cut at
// 10 decisions, so the limit is on the time. A limit that only the world breaks raises the calibration until steps shrink.
func TestBrokenPromisesShortenTheNextStep(t *testing.T) {
	c := promising(t, algo.PAL)
	c.Promise.Starts, c.NPG.Horizon = 60, 200
	world := openWorld(t, "cartpole", c, 1)
	worldly := &tally{}
	g := newGameOf(t, shifted{world}, bounded{world.Task(), worldly.breaks, 0.2}, c, nntest.Reference())
	first := iterateOnce(t, g)
	if first.Promise.Step != 1 || first.Promise.Limits["limit"].Calibration != 1 || first.Promise.Limits["limit"].Got != 1 {
		t.Fatalf("first promise %+v, want a whole step, calibration 1, all broken", first.Promise)
	}
	second := iterateOnce(t, g)
	// 60 paths, none of which breaks: 0.5/61 promised of each episode, all of which broke.
	if l := second.Promise.Limits["limit"]; !(math.Abs(float64(l.Calibration)-122) <= 1e-9) || second.Promise.Step != 0.125 {
		t.Errorf("second promise %+v, want calibration 122 and a step at its floor", second.Promise)
	}
}

// shifted is a world whose actions arrive with a mark that no model path carries: the box ends at 1.
type shifted struct{ algo.World }

func (s shifted) Sample(ctx context.Context, seed, first uint64, newActor func() algo.ActFunc, keep algo.KeepFunc) error {
	return s.World.Sample(ctx, seed, first, newActor, func(e algo.Episode) bool {
		width := len(e.Observations) / (len(e.Actions) + 1)
		e.Observations[width] = 3 // the cart's position after the first decision
		return keep(e)
	})
}

// tally breaks its limit in what shifted marks.
type tally struct{}

func (*tally) breaks(_, _, next []float64) bool { return next[0] == 3 }

func TestRestoredGameKeepsItsPromises(t *testing.T) {
	c := promising(t, algo.MAL)
	breaks := func(_, act, _ []float64) bool { return act[0] > 0.8 }
	whole := boundedGame(t, c, breaks)
	iterateOnce(t, whole)
	snapshot, err := whole.Save()
	if err != nil {
		t.Fatal(err)
	}
	want := []string{record(t, whole), record(t, whole)}
	resumed := boundedGame(t, c, breaks)
	if err := resumed.Restore(snapshot); err != nil {
		t.Fatal(err)
	}
	for i := range want {
		if got := record(t, resumed); got != want[i] {
			t.Errorf("iteration %d after the snapshot\n%s\nwant\n%s", i+1, got, want[i])
		}
	}
	if !strings.Contains(want[0], `"promise"`) {
		t.Error("no promise: the test shows nothing")
	}
}

// Promises cost nothing where there are none to make: no rollout, no key in the record, nothing in the snapshot.
func TestTaskWithoutLimitsPromisesNothing(t *testing.T) {
	c := promising(t, algo.PAL)
	plain, off := &clerk{Backend: nntest.Reference()}, &clerk{Backend: nntest.Reference()}
	g := newGame(t, c, plain, 1)
	text := record(t, g)
	c.Promise.Starts = 0
	other := newGame(t, c, off, 1)
	if again := record(t, other); again != text {
		t.Errorf("without limits the record depends on promise.starts:\n%s\n%s", text, again)
	}
	if len(plain.rollouts) != len(off.rollouts) {
		t.Errorf("%d rollouts with promise.starts, %d without", len(plain.rollouts), len(off.rollouts))
	}
	for _, word := range []string{"promise", "broken_limits"} {
		if strings.Contains(text, word) {
			t.Errorf("the record has %q: %s", word, text)
		}
	}
	snapshot, err := g.Save()
	if err != nil {
		t.Fatal(err)
	}
	for _, array := range snapshot.Groups[algo.GroupGame] {
		if array.Name == "promises" {
			t.Error("the snapshot holds promises")
		}
	}
}

func TestPromisesThatCannotBeMadeAreRefused(t *testing.T) {
	for _, one := range []struct {
		change func(*algo.Config)
		key    string
	}{
		{func(c *algo.Config) { c.Promise.Starts = 1 }, "promise.starts"}, // one start shows a risk of 0.25 at best, the task accepts 0.2
		{func(c *algo.Config) { c.Policy.Player = algo.PlayerPlan }, "policy.player"},
	} {
		c := promising(t, algo.PAL)
		one.change(&c)
		world := openWorld(t, "cartpole", c, 1)
		_, err := algo.New(c, nntest.Reference(), world, bounded{world.Task(), never, 0.2}, algo.Options{})
		if problem := (algo.Problem{}); !errors.As(err, &problem) || problem.Key != one.key {
			t.Errorf("%s: error %v", one.key, err)
		}
	}
}

// The averaged policy follows the steps that were taken, not those that were refused.
func TestAverageFollowsShortenedSteps(t *testing.T) {
	c := promising(t, algo.PAL)
	c.Policy.Average, c.NPG.Steps = 0.5, 1
	average := func(g *algo.Game) []float32 {
		s, err := g.Save()
		if err != nil {
			t.Fatal(err)
		}
		value, err := s.Groups[algo.GroupAverage].Find(nn.StateParameters, tensor.Float32, 26)
		if err != nil {
			t.Fatal(err)
		}
		return slices.Clone(value.Data().([]float32))
	}
	free, bound := boundedGame(t, c, never), boundedGame(t, c, always)
	start := average(free)
	iterateOnce(t, free)
	iterateOnce(t, bound)
	whole, short := average(free), average(bound)
	for i := range start {
		// float32 rounds the sum once: half a unit in the last place of numbers up to 2.
		if got, want := float64(short[i])-float64(start[i]), (float64(whole[i])-float64(start[i]))/8; !(math.Abs(got-want) <= 1.2e-7) {
			t.Fatalf("parameter %d of the average moved by %g, want %g", i, got, want)
		}
	}
	if slices.Equal(start, whole) {
		t.Error("the average did not move: the test shows nothing")
	}
}
