package remote

import (
	"errors"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/palmal-rl/palmal/physics/remote/remotetest"
)

// world opens an environment of testdata/worlds.py.
func world(t *testing.T, r Request) (*Gymnasium, error) {
	t.Helper()
	folder, err := filepath.Abs("testdata")
	if err != nil {
		t.Fatal(err)
	}
	r.Python, r.Folder = remotetest.Python(t, "gymnasium", "numpy"), folder
	g, err := OpenGymnasium(r)
	if err == nil {
		t.Cleanup(func() { _ = g.Close() })
	}
	return g, err
}

func TestAnEnvironmentIsPlayedAsInPython(t *testing.T) {
	g, err := world(t, Request{ID: "worlds:Plain-v0", Info: []string{"speed"}, Kwargs: []byte(`{"scale": 3}`)})
	if err != nil {
		t.Fatal(err)
	}
	h := g.Hello
	if len(g.Obs) != 5 || h.Observation[0].Name != "place" || h.Observation[1].Name != "pair.0" || *h.Horizon != 50 || h.Reward || !h.Terminated || *h.Dt != 0.25 {
		t.Fatalf("hello %+v", h)
	}
	first := make([]float64, 5)
	for range 2 { // a seed gives the same episode again
		if err := g.Reset(7); err != nil {
			t.Fatal(err)
		}
		if first[0] != 0 && first[0] != g.Obs[0] {
			t.Errorf("the same seed began at %v and at %v", first[0], g.Obs[0])
		}
		copy(first, g.Obs)
	}
	reward, terminated, truncated, err := g.Step([]float64{1, -0.5})
	if err != nil {
		t.Fatal(err)
	}
	// The box of the action is [0, 4] × [-2, 2]: +1 is 4, −0.5 is −1.
	if g.Obs[0] != first[0]+3*4 || g.Obs[2] != -1 || g.Info[0] != 12 || reward != -1 || terminated || truncated {
		t.Errorf("obs %v from %v, info %v, reward %v, %v, %v", g.Obs, first, g.Info, reward, terminated, truncated)
	}
	ended := make([]bool, 2)
	if err := g.Terminated(ended, []float64{0, 0, 0, 0, 0, 101, 0, 0, 0, 0}); err != nil || ended[0] || !ended[1] {
		t.Errorf("ended %v, %v", ended, err)
	}
}

func TestRewardsOfManyRowsComeFromPython(t *testing.T) {
	g, err := world(t, Request{ID: "worlds:Goal-v0"})
	if err != nil {
		t.Fatal(err)
	}
	if !g.Hello.Goal || !g.Hello.Reward {
		t.Fatalf("hello %+v", g.Hello)
	}
	// Entries: observation, achieved_goal, desired_goal.
	rewards := make([]float64, 2)
	err = g.Rewards(rewards, make([]float64, 6), []float64{0, 0}, []float64{9, 1, 3, 9, 2, 2})
	if err != nil || rewards[0] != -2 || rewards[1] != 0 {
		t.Errorf("rewards %v, %v", rewards, err)
	}
}

// A wrapper that changes rewards hides the methods of what it wraps.
func TestMethodsInsideAWrapperThatChangesThemAreNotUsed(t *testing.T) {
	g, err := world(t, Request{ID: "worlds:Goal-v0", Wrappers: []string{"worlds:Loud"}})
	if err != nil {
		t.Fatal(err)
	}
	if g.Hello.Reward {
		t.Error("the reward inside a wrapper is taken for its own")
	}
	if err := g.Reset(1); err != nil {
		t.Fatal(err)
	}
	goal := g.Obs[2]
	reward, _, _, err := g.Step([]float64{0})
	if err != nil || math.Abs(reward+2*math.Abs(goal)) > 1e-6 {
		t.Errorf("reward %v at the distance %v, %v", reward, goal, err)
	}
}

func TestWhatCannotBeLearnedIsRefused(t *testing.T) {
	cases := map[string]string{
		"worlds:Discrete-v0":  "is not a Box: palmal needs continuous actions",
		"worlds:Picture-v0":   "is a picture: palmal learns from numbers",
		"worlds:Unbounded-v0": "has no finite bounds",
		"worlds:Vast-v0":      "gym:worlds:Vast-v0: the action space Box(-inf, [ 0.", // its bounds take several lines
		"worlds:Fixed-v0":     "gym:worlds:Fixed-v0: hand 1 of the action space has low 0.5 and high 0.5, want low < high: wrap the environment",
		"worlds:Idle-v0":      "gym:worlds:Idle-v0: the action space Box([], [], (0,), float32) holds no number: wrap the environment",
		"worlds:Blind-v0":     "holds no number: wrap the environment so that it observes",
		"worlds:Broken-v0":    "ZeroDivisionError: division by zero",
		"worlds:Misspelt-v0":  "MisspeltNot",
		"no_such_module:X-v0": "gym:no_such_module:X-v0: there is no module no_such_module: want one in",
		"Pendulum-v99":        "Pendulum",
	}
	failed := []string{"worlds:Broken-v0", "worlds:Misspelt-v0"} // the others are mistakes of whoever names them
	for id, want := range cases {
		_, err := world(t, Request{ID: id})
		if err == nil || errors.Is(err, ErrEnvironment) != slices.Contains(failed, id) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", id, err, want)
		}
	}
}

// Levels are rounded to the nearest one, so that more than ±1 itself reaches the ends: of -1 to 1, all that is beyond ±0.5. Of 0 to 200, 99.6
// is 100.
func TestWholeNumbersOfAnActionAreTheNearest(t *testing.T) {
	g, err := world(t, Request{ID: "worlds:Levels-v0"})
	if err != nil {
		t.Fatal(err)
	}
	if err := g.Reset(1); err != nil {
		t.Fatal(err)
	}
	for _, c := range [][4]float64{{-1, -1, -1, 0}, {-0.6, -0.004, -1, 100}, {-0.4, 0, 0, 100}, {0.4, 0.994, 0, 199}, {0.6, 0.996, 1, 200}, {1, 1, 1, 200}, {9, 9, 1, 200}} {
		if _, _, _, err := g.Step(c[:2]); err != nil || g.Obs[0] != c[2] || g.Obs[1] != c[3] {
			t.Errorf("the action %v came as %v, error %v; want %v", c[:2], g.Obs, err, c[2:])
		}
	}
}

func TestATupleOfAnotherLengthIsSaid(t *testing.T) {
	for parts, want := range map[string]string{"1": "the environment returned a tuple of 1, its space", "3": "the environment returned a tuple of 3, its space"} {
		g, err := world(t, Request{ID: "worlds:Short-v0", Kwargs: []byte(`{"parts": ` + parts + `}`)})
		if err != nil {
			t.Fatal(err)
		}
		if err := g.Reset(1); !errors.Is(err, ErrEnvironment) || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "has 2 parts") {
			t.Errorf("%s parts: error %v, want one with %q", parts, err, want)
		}
	}
}

func TestFailuresOfAnEnvironmentShowWhere(t *testing.T) {
	cases := map[string][]string{ // words of the message
		"raise": {"in step", "worlds.py", "RuntimeError: the motor is on fire"},
		"exit":  {"the process died", "exit status 3", "goodbye from the environment"},
		"crash": {"the process died", "segmentation fault", "worlds.py", "in step"},
		"hang":  {"no answer in time", "worlds.py", "in step"},
		"nan":   {"observation that is not finite", "nan"},
		"inf":   {"the reward inf"},
		// Numbers become float32, whose largest is 3.4e38.
		"large":        {"observation that is beyond float32", "-1.e+39"},
		"large reward": {"the reward 1e+39, which is beyond float32"},
		"large info":   {"info['speed'] is 1e+39: want one finite number of float32"},
		"shape":        {"observation of shape (3,), its space has (2,)"},
		"tuple":        {"expected 5, got 4"},
		"info":         {"info has no 'speed'"},
		"success":      {"info['is_success'] is 0.5: want true or false"},
	}
	for fault, words := range cases {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			g, err := world(t, Request{ID: "worlds:Faulty-v0", Kwargs: []byte(`{"fault": "` + fault + `"}`), Info: []string{"speed"}, StepLimit: limitOf(fault)})
			if err != nil {
				t.Fatal(err)
			}
			if err = g.Reset(1); err == nil {
				_, _, _, err = g.Step([]float64{0})
			}
			if err == nil || !errors.Is(err, ErrEnvironment) {
				t.Fatalf("%v", err)
			}
			for _, word := range words {
				if !strings.Contains(err.Error(), word) {
					t.Errorf("%q is missing in:\n%v", word, err)
				}
			}
			if again := g.Reset(1); again == nil {
				t.Error("it is used after it failed")
			}
		})
	}
}

// limitOf is short for the environment that never answers.
func limitOf(fault string) time.Duration {
	if fault == "hang" {
		return 2 * time.Second
	}
	return 0
}

func TestPrintsOfAnEnvironmentAreNotTheProtocol(t *testing.T) {
	var said strings.Builder
	g, err := world(t, Request{ID: "worlds:Chatty-v0", Diagnostics: &said})
	if err != nil {
		t.Fatal(err)
	}
	if err := g.Reset(1); err != nil {
		t.Fatal(err)
	}
	if _, _, _, err := g.Step([]float64{0}); err != nil {
		t.Fatal(err)
	}
	_ = g.Close()
	<-g.child.heard
	for _, word := range []string{"made", "reset", "step", "from C"} {
		if !strings.Contains(said.String(), word) {
			t.Errorf("%q is missing in %q", word, said.String())
		}
	}
}

func TestAnEnvironmentEndsWithItsParent(t *testing.T) {
	g, err := world(t, Request{ID: "worlds:Chatty-v0"})
	if err != nil {
		t.Fatal(err)
	}
	begun := time.Now()
	if err := g.Close(); err != nil {
		t.Fatal(err)
	}
	if _, over := g.child.ended(); !over || time.Since(begun) > patience {
		t.Errorf("ended: %v, after %v", over, time.Since(begun))
	}
}

func TestAPythonThatIsNotThereIsSaid(t *testing.T) {
	if _, err := OpenGymnasium(Request{ID: "Pendulum-v1", Python: "/no/such/python"}); !errors.Is(err, ErrPython) {
		t.Errorf("%v", err)
	}
}

func TestPicturesComeFromTheEnvironment(t *testing.T) {
	g, err := world(t, Request{ID: "worlds:Drawn-v0", Render: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := g.Reset(1); err != nil {
		t.Fatal(err)
	}
	p, err := g.Render()
	if err != nil || p.Bounds().Dx() != 4 || p.Bounds().Dy() != 3 || p.RGBAAt(1, 2).R != 200 || p.RGBAAt(0, 0).B != 9 {
		t.Fatalf("%v, %v", p, err)
	}
}
