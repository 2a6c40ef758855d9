package physics

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/palmal-rl/palmal/physics/mujoco"
	"github.com/palmal-rl/palmal/physics/task"
	"github.com/palmal-rl/palmal/physics/tasks"
)

// needsLibrary skips a test of robots where there is no MuJoCo.
func needsLibrary(t *testing.T) {
	t.Helper()
	_, err := mujoco.InUse()
	if errors.Is(err, mujoco.ErrUnusable) {
		t.Fatal(err)
	}
	if err != nil {
		t.Skipf("NO ROBOT WAS SIMULATED: %v", err)
	}
}

// available returns the tasks that this computer can simulate.
func available() []string {
	if mujoco.Version() != "" {
		return tasks.Names()
	}
	return []string{"pointmass", "cartpole"}
}

// get returns a built-in task.
func get(t testing.TB, name string) *task.Task {
	t.Helper()
	one, err := tasks.Get(name)
	if err != nil {
		t.Fatal(err)
	}
	return one
}

func open(t testing.TB, name string, o Options) *World {
	t.Helper()
	w, err := Open(get(t, name), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

// uniform returns actors whose actions are uniform over the action box, and
// somewhat beyond it, as functions of episode and decision.
func uniform(t *task.Task) func() actor {
	low, high := t.ActionBox()
	return func() actor {
		return func(episode uint64, decision int, obs, action []float32) {
			rng := rand.New(rand.NewPCG(episode, uint64(decision)))
			for i := range action {
				action[i] = float32(1.1 * (low[i] + (high[i]-low[i])*rng.Float64()))
			}
		}
	}
}

// idle returns actors that do nothing.
func idle() actor {
	return func(_ uint64, _ int, _, action []float32) { clear(action) }
}

// played is an episode as Sample hands it over.
type played struct {
	obs, act   []float32
	rewards    []float64
	samples    int
	terminated bool
	success    float64
}

// episodes plays n episodes from the given one on.
func firstEpisodes(t testing.TB, w *World, seed, first uint64, n int, newActor func() actor) []played {
	t.Helper()
	var all []played
	err := w.Sample(context.Background(), seed, first, newActor,
		func(e Episode) bool {
			all = append(all, played{e.Observations, e.Actions, e.Rewards, e.Samples, e.Terminated, e.Success})
			return len(all) < n
		})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func wide(x []float32) []float64 {
	w := make([]float64, len(x))
	for i, v := range x {
		w[i] = float64(v)
	}
	return w
}

// within fails on NaN too.
func within(x, y, bound float64) bool { return math.Abs(x-y) <= bound }

func TestOpenRefusesBadOptions(t *testing.T) {
	for name, o := range map[string]Options{
		"workers":          {Workers: -1},
		"action repeat":    {ActionRepeat: 51},
		"negative repeat":  {ActionRepeat: -1},
		"parameter":        {Parameters: map[string]float64{"gravity": 1}},
		"parameter's size": {Parameters: map[string]float64{"control_cost": math.Inf(1)}},
		"draw":             {Draws: map[string][2]float64{"gaol": {0, 1}}},
		"edit":             {Edits: []mujoco.Edit{{Element: "body", Name: "mass", Attribute: "pos", Value: "0 0 0"}}},
	} {
		if w, err := Open(get(t, "pointmass"), o); err == nil {
			t.Errorf("%s: no error", name)
			w.Close()
		}
	}
}

func TestOverridesReachTheWorld(t *testing.T) {
	w := open(t, "pointmass", Options{
		Parameters: map[string]float64{"control_cost": 2},
		Draws:      map[string][2]float64{"goal": {3, 4}},
	})
	e := firstEpisodes(t, w, 1, 0, 1, func() actor {
		return func(_ uint64, _ int, _, action []float32) { action[0], action[1] = 1, 0 }
	})[0]
	if e.rewards[1] != -2 {
		t.Errorf("control reward %v, want -2", e.rewards[1])
	}
	if g := e.obs[4]; !(g >= 3 && g <= 4) {
		t.Errorf("goal %v outside [3, 4]", g)
	}
}

func TestClosedWorldDoesNotPlay(t *testing.T) {
	w, err := Open(get(t, "cartpole"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.Close(), w.Close()); err != nil {
		t.Error(err)
	}
	if err := w.Sample(context.Background(), 0, 0, idle, nil); err == nil {
		t.Error("no error")
	}
}

func TestActionsAreClippedToTheBox(t *testing.T) {
	for _, name := range available() {
		w := open(t, name, Options{Workers: 1})
		low, high := w.Task().ActionBox()
		for i, a := range firstEpisodes(t, w, 1, 0, 1, uniform(w.Task()))[0].act {
			if k := i % len(low); !(float64(a) >= low[k] && float64(a) <= high[k]) {
				t.Errorf("%s: action %v outside [%v, %v]", name, a, low[k], high[k])
			}
		}
	}
}

func TestHorizonTruncates(t *testing.T) {
	w := open(t, "pointmass", Options{ActionRepeat: 3})
	e := firstEpisodes(t, w, 1, 0, 1, idle)[0]
	// ⌊50/3⌋ = 16 decisions of 3 steps
	if w.Horizon() != 16 || len(e.act) != 2*16 || len(e.obs) != 6*17 || e.samples != 48 {
		t.Errorf("horizon %d, %d actions, %d observations, %d samples", w.Horizon(), len(e.act)/2, len(e.obs)/6, e.samples)
	}
	if e.terminated {
		t.Error("cut at the horizon and called terminated")
	}
}

func TestTerminationEndsTheEpisode(t *testing.T) {
	w := open(t, "cartpole", Options{})
	push := func() actor {
		return func(_ uint64, _ int, _, action []float32) { action[0] = 1 }
	}
	for _, e := range firstEpisodes(t, w, 1, 0, 3, push) {
		if !e.terminated || e.success != 0 || e.samples >= 200 {
			t.Errorf("pushed to one side: terminated %v, success %v, %d samples", e.terminated, e.success, e.samples)
		}
		rows := len(e.obs) / 4
		for i := range rows {
			if got := w.Task().Terminated(wide(e.obs[4*i : 4*i+4])); got != (i == rows-1) {
				t.Errorf("row %d of %d: terminated %v", i, rows, got)
			}
		}
	}
}

// The observation of an analytic world is what its table says.
func TestAnalyticObservationsFollowTheTable(t *testing.T) {
	for _, name := range []string{"pointmass", "cartpole"} {
		w := open(t, name, Options{Workers: 1})
		s := drawStart(w.task, rand.New(rand.NewPCG(1, 2)))
		sim := w.samplers[0].sim
		if err := sim.reset(s); err != nil {
			t.Fatal(err)
		}
		obs := make([]float64, len(w.task.Observation))
		sim.observe(obs)
		for i, e := range w.task.Observation {
			from := map[string][]float64{task.Position: s.qpos, task.Velocity: s.qvel, task.GoalNumber: s.goal}[e.From.Field]
			if obs[i] != from[e.From.Index] {
				t.Errorf("%s: %s is %v, want %v of %s", name, e.Name, obs[i], from[e.From.Index], e.From)
			}
		}
	}
}

// Moments of 2,000 episodes' draws; the bounds are 5 standard errors. Successive
// episodes have successive generator seeds and still have to be independent.
func TestStartStatesHaveTheirDistribution(t *testing.T) {
	const n = 2000
	w := open(t, "cartpole", Options{})
	var x [n]float64
	for i := range n {
		x[i] = drawStart(w.task, rand.New(rand.NewPCG(7, uint64(i)))).qpos[1] / 0.05 // uniform in ±1
	}
	mean, variance, successive := 0.0, 0.0, 0.0
	for i, v := range x {
		mean += v / n
		variance += v * v / n
		successive += v * x[(i+1)%n] / n
	}
	// standard deviations of one term: 1/√3, 2/√45, 1/3
	if !within(mean, 0, 5*0.577/math.Sqrt(n)) || !within(variance, 1.0/3, 5*0.298/math.Sqrt(n)) || !within(successive, 0, 5*0.333/math.Sqrt(n)) {
		t.Errorf("mean %v, variance %v, covariance of neighbours %v", mean, variance, successive)
	}
}
