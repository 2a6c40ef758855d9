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
	"github.com/palmal-rl/palmal/physics/task"
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

// shortened finds a limit on the action, of a fine grid, that the whole step of the first iteration breaks more often than
// its start, so that it is shortened.
func shortened(t *testing.T, c algo.Config) (*algo.Game, algo.Record) {
	t.Helper()
	for i := range 100 {
		bound, sign := 0.4+0.015*float64(i/2), float64(2*(i%2)-1)
		g := boundedGame(t, c, func(_, act, _ []float64) bool { return sign*act[0] > bound })
		if r := iterateOnce(t, g); r.Promise.Step < 1 {
			return g, r
		}
	}
	t.Fatal("no step is shortened: the test shows nothing")
	return nil, algo.Record{}
}

// The whole step, the shortened one and the start lie on one line, at the shares that the records name.
func TestStepIsShortenedOnALine(t *testing.T) {
	for _, algorithm := range algo.Algorithms() {
		c := promising(t, algorithm)
		c.Promise.Price = 0 // else the steps differ
		free := boundedGame(t, c, never)
		start := theta(t, free)
		a := iterateOnce(t, free)
		bound, b := shortened(t, c)
		if a.Promise == nil || a.Promise.Step != 1 || a.Promise.Limits["limit"].Got != 0 || a.Broken["limit"] != 0 {
			t.Fatalf("%s: promise %+v without a break", algorithm, a.Promise)
		}
		whole, short := theta(t, free), theta(t, bound)
		for i := range start {
			step := float64(whole[i]) - float64(start[i])
			// float32 rounds the sum once: half a unit in the last place of numbers up to 2.
			if got := float64(short[i]) - float64(start[i]); !(math.Abs(got-step*float64(b.Promise.Step)) <= 1.2e-7) {
				t.Fatalf("%s: parameter %d moved by %g, the whole step by %g, of which %g was taken", algorithm, i, got, step, float64(b.Promise.Step))
			}
		}
		if slices.Equal(start, whole) {
			t.Errorf("%s: the policy did not move: the test shows nothing", algorithm)
		}
	}
}

// A policy that breaks its limit whatever it does is not held back, and every break is counted.
func TestBreaksAreCounted(t *testing.T) {
	r := iterateOnce(t, boundedGame(t, promising(t, algo.PAL), always))
	// Five paths of five, with half a path added: 5.5/6.
	if l := r.Promise.Limits["limit"]; l.Worst != 5.5/6. || l.Got != 1 || r.Promise.Step != 1 {
		t.Errorf("promise %+v, want 5.5/6, all broken, the whole step", r.Promise)
	}
	if r.Broken["limit"] != r.Episodes || r.Promise.Episodes < 1 {
		t.Errorf("%d of %d episodes broke the limit", r.Broken["limit"], r.Episodes)
	}
}

// The world breaks what the model does not: episodes of the world begin at the recorded start, model paths are cut at
// 10 decisions, so the limit is on the time. A limit that only the world breaks counts as at risk.
func TestBrokenPromisesCountAsRisk(t *testing.T) {
	c := promising(t, algo.PAL)
	c.Promise.Starts, c.NPG.Horizon = 60, 200
	world := openWorld(t, "cartpole", c, 1)
	g := newGameOf(t, shifted{world}, bounded{world.Task(), (&tally{}).breaks, 0.2}, c, nntest.Reference())
	first := iterateOnce(t, g)
	if first.Promise.Step != 1 || first.Promise.Limits["limit"].Calibration != 0 || first.Promise.Limits["limit"].Got != 1 {
		t.Fatalf("first promise %+v, want a whole step, calibration 0, all broken", first.Promise)
	}
	second := iterateOnce(t, g)
	// 60 paths, none of which breaks: 0.5/61 promised of each episode, all of which broke.
	if l := second.Promise.Limits["limit"]; !(math.Abs(float64(l.Calibration)-(1-0.5/61)) <= 1e-9) || !(second.Promise.Risk > 0.99) {
		t.Errorf("second promise %+v, want calibration 0.992", second.Promise)
	}
	if before, after := first.Promise.Limits["limit"].Price, second.Promise.Limits["limit"].Price; !(before > 0 && after > before) {
		t.Errorf("the price went from %g to %g, want it to grow", float64(before), float64(after))
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
		{func(c *algo.Config) { c.Policy.Player = algo.PlayerPathwise }, "promise.price"},
		{func(c *algo.Config) { c.Model.LearnReward = true }, "promise.price"},
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
	c.Promise.Price = 0 // else the steps differ
	free := boundedGame(t, c, never)
	start := average(free)
	iterateOnce(t, free)
	bound, r := shortened(t, c)
	whole, short := average(free), average(bound)
	for i := range start {
		// float32 rounds the sum once: half a unit in the last place of numbers up to 2.
		got, want := float64(short[i])-float64(start[i]), (float64(whole[i])-float64(start[i]))*float64(r.Promise.Step)
		if !(math.Abs(got-want) <= 1.2e-7) {
			t.Fatalf("parameter %d of the average moved by %g, want %g", i, got, want)
		}
	}
	if slices.Equal(start, whole) {
		t.Error("the average did not move: the test shows nothing")
	}
}

// With a price in the reward of model paths, policies learn to keep a limit that is free to keep; steps are whole in both cases.
// An action of standard deviation e^-1 exceeds 0.5 in 9 % of decisions, so that an episode of some tens is likely to break the limit.
func TestPriceTeachesTheLimit(t *testing.T) {
	const iterations, last = 7, 3
	broke := map[float64]float64{}
	for _, price := range []float64{0, 0.1} {
		c := promising(t, algo.PAL)
		c.SamplesPerIteration, c.Buffer = 150, 300
		c.Promise.Starts, c.Promise.Floor, c.Promise.Price, c.Promise.PriceRate = 50, 1, price, 3
		c.NPG.Steps, c.NPG.StartsPerMember, c.NPG.CGIterations = 10, 50, 10
		world := openWorld(t, "cartpole", c, 1)
		g := newGameOf(t, world, bounded{world.Task(), func(_, act, _ []float64) bool { return act[0] > 0.5 }, 0.05}, c, cpuBackend(t))
		for i := range iterations {
			if r := iterateOnce(t, g); i >= iterations-last {
				broke[price] += float64(r.Promise.Limits["limit"].Got) / last
			}
		}
	}
	if !(broke[0.1] < 0.5*broke[0]) {
		t.Errorf("shares of episodes that broke the limit in the last iterations, by price: %v, want less than half with one", broke)
	}
}

// smooth is a task whose reward has derivatives, with a limit that every step breaks.
type smooth struct{ *task.Task }

func (smooth) LimitNames() []string                    { return []string{"limit"} }
func (smooth) AcceptedRisk() float64                   { return 0.2 }
func (smooth) Broken(broken []bool, _, _, _ []float64) { broken[0] = true }

// The pathwise player's steps are foreseen and shortened, too.
func TestPathwiseStepsArePromised(t *testing.T) {
	c := pathwise(t, "pointmass")
	c.Promise.Starts, c.NPG.Steps = 20, 3
	world := openWorld(t, "pointmass", c, 1)
	g := newGameOf(t, world, smooth{world.Task()}, c, cpuBackend(t))
	r := iterateOnce(t, g)
	if r.Promise == nil || r.Promise.Episodes < 1 || r.Promise.Limits["limit"].Got != 1 || r.Promise.Limits["limit"].Price != 0 {
		t.Errorf("promise %+v", r.Promise)
	}
}
