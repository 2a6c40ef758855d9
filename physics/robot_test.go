package physics

import (
	"compress/gzip"
	"context"
	"errors"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/palmal-rl/palmal/physics/mujoco"
)

// recordings returns the committed recordings of a task, see tasks/README.md.
func recordings(t *testing.T, name, file string) io.Reader {
	t.Helper()
	f, err := os.Open("tasks/" + name + "/testdata/" + file + ".json.gz")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	text, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// The worlds make MuJoCo's calls in gym's order, so on the machine type of the
// recordings they replay bit for bit; the bounds are for others. Recordings hold
// terminations in the middle of an episode, so done is tested both ways.
func TestRecordingsReplay(t *testing.T) {
	needsLibrary(t)
	for _, name := range needMuJoCo() {
		r, err := Replay(get(t, name), recordings(t, name, "recording"), Options{})
		if err != nil {
			t.Fatal(err)
		}
		if past := r.Exceeded(ReplayBounds(get(t, name))); len(past) > 0 || r.Episodes != 3 {
			t.Errorf("%s: %q exceeded: %+v", name, past, r)
		}
		t.Logf("%s: %d steps, %+v", name, r.Steps, r.MaxAbs)
	}
}

// An edited model no longer replays: the comparison can fail.
func TestPerturbedModelDoesNotReplay(t *testing.T) {
	needsLibrary(t)
	edit := mujoco.Edit{Element: "geom", Name: "foot_geom", Attribute: "size", Value: "0.07 0.195"}
	r, err := Replay(get(t, "hopper"), recordings(t, "hopper", "recording"), Options{Edits: []mujoco.Edit{edit}})
	if err != nil {
		t.Fatal(err)
	}
	if !(r.MaxAbs.Qpos > 1e-3) {
		t.Errorf("a thicker foot changes positions by %v only", r.MaxAbs.Qpos)
	}
}

// Goals are drawn again, differ from episode to episode, and stand where the
// simulator draws them.
func TestGoalsAreShown(t *testing.T) {
	needsLibrary(t)
	for _, name := range []string{"dclaw_turn", "dkitty_orient", "reacher7dof", "pen"} {
		w := open(t, name, Options{Workers: 1})
		r := w.samplers[0].sim.(*robot)
		shown := map[[7]float64]bool{}
		for k := range 3 {
			if err := r.reset(drawStart(w.task, rand.New(rand.NewPCG(1, uint64(k))))); err != nil {
				t.Fatal(err)
			}
			shown[[7]float64(append(slices.Clone(r.marker.xyz), r.marker.quat...))] = true
			if n := math.Hypot(math.Hypot(r.marker.quat[0], r.marker.quat[1]), math.Hypot(r.marker.quat[2], r.marker.quat[3])); !within(n, 1, 1e-14) {
				t.Errorf("%s: quaternion %v", name, r.marker.quat)
			}
		}
		if len(shown) != 3 {
			t.Errorf("%s: %d goals in 3 episodes", name, len(shown))
		}
	}
}

func TestEditedModelsAreCompiledAnew(t *testing.T) {
	needsLibrary(t)
	mass := func(edits ...mujoco.Edit) float64 {
		w := open(t, "hopper", Options{Workers: 1, Edits: edits})
		masses, err := w.model.Field("body_mass")
		if err != nil {
			t.Fatal(err)
		}
		return masses[1]
	}
	// A capsule of radius r and half length h has volume πr²(2h + 4r/3), here of density 1000. 1e-12: a few roundings
	// of float64 in numbers of order 1.
	volume := func(r, h float64) float64 { return math.Pi * r * r * (2*h + 4*r/3) }
	if got := mass(); !within(got, 1000*volume(0.05, 0.2), 1e-12) {
		t.Errorf("torso %v kg", got)
	}
	longer := mujoco.Edit{Element: "geom", Name: "torso_geom", Attribute: "size", Value: "0.05 0.3"}
	if got := mass(longer); !within(got, 1000*volume(0.05, 0.3), 1e-12) {
		t.Errorf("longer torso %v kg", got)
	}
}

func TestBadEditsAreRefused(t *testing.T) {
	needsLibrary(t)
	for _, c := range []struct {
		edit mujoco.Edit
		want string
	}{
		{mujoco.Edit{Element: "geom", Name: "toe", Attribute: "size", Value: "1"}, "foot_geom"},
		{mujoco.Edit{Element: "geom", Name: "foot_geom", Attribute: "sise", Value: "1"}, "sise"},
		{mujoco.Edit{Element: "geom", Name: "foot_geom", Attribute: "size", Value: "x"}, "hopper/model.xml: mujoco: compile model"},
		{mujoco.Edit{Element: "option", Attribute: "timestep", Value: "0.1"}, "timestep"},
		{mujoco.Edit{Element: "joint", Name: "rootx", Attribute: "name", Value: "x"}, `no joint "rootx"`},
	} {
		_, err := Open(get(t, "hopper"), Options{Edits: []mujoco.Edit{c.edit}})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: error %v, want one with %q", c.edit, err, c.want)
		}
	}
}

// A motor that is strong enough blows the simulation up.
func TestUnstableSimulationNamesTaskStepAndState(t *testing.T) {
	needsLibrary(t)
	edit := mujoco.Edit{Element: "motor", Name: "thigh", Attribute: "gear", Value: "1e13"}
	w := open(t, "hopper", Options{Edits: []mujoco.Edit{edit}})
	for range 2 { // and again: the world is usable after it
		err := w.Sample(context.Background(), 1, 0, uniform(w.Task()),
			func(Episode) bool { return true })
		if !errors.Is(err, ErrUnstable) {
			t.Fatalf("error %v, want ErrUnstable", err)
		}
		for _, want := range []string{"hopper: episode 0, step 0", "QACC at DOF", "qpos [", "qvel [", "action ["} {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%q does not mention %q", err, want)
			}
		}
	}
}

// Gym's hopper also ends when an unclipped velocity reaches 100.
func TestHopperEndsOnVelocitiesThatItDoesNotShow(t *testing.T) {
	needsLibrary(t)
	w := open(t, "hopper", Options{Workers: 1})
	for _, c := range []struct {
		velocity float64
		want     bool
	}{{99, true}, {100, false}, {-101, false}, {math.NaN(), false}} {
		qvel := make([]float64, 6)
		qvel[4] = c.velocity
		if got := w.samplers[0].sim.(*robot).view.bounded([]float64{1e6, 1.25, 0, 0, 0, 0}, qvel); got != c.want {
			t.Errorf("velocity %v: bounded %v", c.velocity, got)
		}
	}
	sim := w.samplers[0].sim
	s := start{qpos: slices.Clone(w.task.Pose), qvel: []float64{0, 0, 0, 0, 0, 99}}
	if err := sim.reset(s); err != nil {
		t.Fatal(err)
	}
	obs := make([]float64, 12)
	sim.observe(obs)
	if obs[10] != 10 || obs[11] != 0 || !sim.bounded() {
		t.Errorf("observation %v, bounded %v", obs, sim.bounded())
	}
}

// The mean action of nothing keeps the ant standing and the pendulum falling, as
// measured with gym's code: returns 1000 ± 5 and 24.8 ± 5.6 an episode.
func TestIdleReturns(t *testing.T) {
	needsLibrary(t)
	for name, want := range map[string][2]float64{"ant": {985, 1015}, "inverted_pendulum": {22, 28}} {
		w := open(t, name, Options{})
		n, sum := map[string]int{"ant": 1, "inverted_pendulum": 50}[name], 0.0
		for _, e := range firstEpisodes(t, w, 1, 0, n, idle) {
			for _, r := range e.rewards {
				sum += r / float64(n)
			}
		}
		if !(sum >= want[0] && sum <= want[1]) {
			t.Errorf("%s: mean return %v, want within %v", name, sum, want)
		}
	}
}

func TestWorldsCloseTheirModels(t *testing.T) {
	needsLibrary(t)
	w, err := Open(get(t, "ant"), Options{Workers: 3})
	if err != nil {
		t.Fatal(err)
	}
	m := w.model
	if err := m.Close(); err == nil {
		t.Error("the model was closed under its simulators")
	}
	if err := errors.Join(w.Close(), w.Close()); err != nil {
		t.Error(err)
	}
	if w.model != nil {
		t.Error("the model is still there")
	}
}
