package physics

import (
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/palmal-rl/palmal/physics/remote/remotetest"
	"github.com/palmal-rl/palmal/physics/task"
)

// inPython reads a task file about an environment of remote/testdata/worlds.py.
func inPython(t *testing.T, text string) *task.Task {
	t.Helper()
	python := remotetest.Python(t, "gymnasium", "numpy")
	folder, err := filepath.Abs(filepath.Join("remote", "testdata"))
	if err != nil {
		t.Fatal(err)
	}
	one, err := task.Load(task.Source{Folder: folder, File: task.FileName, Read: func(name string) ([]byte, error) {
		if name == task.FileName {
			return []byte(text), nil
		}
		return nil, os.ErrNotExist
	}})
	if err != nil {
		t.Fatal(err)
	}
	one.Environment.Program = python
	return one
}

const plain = `name: plain
simulator: {gymnasium: {id: "worlds:Plain-v0", kwargs: {scale: 10}, append: [info.speed]}}
horizon: 50
observation: # in another order than the environment's: place, pair.0 (2), pair.1 (2)
  - {name: last, from: "observation[4]"}
  - {name: twice, formula: 2*place}
  - {name: "rest {}", each: [place, t, a, zero], from: "observation[0]"}
action:
  - {name: push}
  - {name: side, range: [0, 2]}
places: {place: "observation[0]"}
`

// full pushes with all force.
func full() func(uint64, int, []float32, []float32) {
	return func(_ uint64, _ int, _, action []float32) { action[0], action[1] = 1, 2 }
}

func episodesOf(t *testing.T, one *task.Task, workers, n int) []Episode {
	t.Helper()
	w, err := Open(one, Options{Workers: workers})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	var all []Episode
	err = w.Sample(context.Background(), 5, 0, full, func(e Episode) bool {
		all = append(all, e)
		return len(all) < n
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestAnEnvironmentIsSeenByTheTables(t *testing.T) {
	one := inPython(t, plain+"reward: {far: next.rest_place, speed: next.speed}\nterminated: next.rest_place > 90\n")
	for _, e := range episodesOf(t, one, 1, 2) {
		// The box of the action is [0, 4] × [-2, 2]: a step moves by 10·4, and the second action is 2.
		obs := e.Observations[len(e.Observations)-7:]
		first := e.Observations[:7]
		if obs[1] != 2*obs[2] || math.Abs(float64(obs[2]-first[2]-120)) > 1e-3 || obs[3] != 3 || obs[4] != 2 || obs[6] != 40 || first[6] != 0 {
			t.Errorf("last observation %v after %v", obs, first)
		}
		// 1e-5: a reward of order 100 in float64 against the entry in float32, whose steps are 8e-6 there.
		if !e.Terminated || e.Samples != 3 || e.Rewards[1] != 40 || math.Abs(e.Rewards[4]-float64(obs[2])) > 1e-5 {
			t.Errorf("terminated %v after %d steps, rewards %v", e.Terminated, e.Samples, e.Rewards)
		}
	}
}

func TestEpisodesOfAnEnvironmentDoNotDependOnWorkers(t *testing.T) {
	one := inPython(t, plain+"reward: learned\nterminated: learned\n")
	alone, several := episodesOf(t, one, 1, 5), episodesOf(t, one, 3, 5)
	for i := range alone {
		for j, x := range alone[i].Observations {
			if several[i].Observations[j] != x {
				t.Fatalf("episode %d differs at number %d", i, j)
			}
		}
	}
	if alone[0].Observations[2] == alone[1].Observations[2] {
		t.Error("two episodes begin alike")
	}
}

func TestWhatNeverEndsMustNotEnd(t *testing.T) {
	w, err := Open(inPython(t, plain+"reward: learned\nterminated: never\n"), Options{Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	err = w.Sample(context.Background(), 5, 0, full, func(Episode) bool { return true })
	if !errors.Is(err, ErrEnvironment) || !strings.Contains(err.Error(), "says that it never does") {
		t.Errorf("%v", err)
	}
}

func TestTerminationsOfManyRowsFindTheEnvironmentsNumbers(t *testing.T) {
	w, err := Open(inPython(t, plain+"reward: learned\nterminated: python\n"), Options{Workers: 2})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	ended := make([]bool, 3)
	next := make([]float64, 3*7)
	next[7+2], next[2*7+1] = 101, math.NaN() // the place of row 1; row 2 is not finite
	if err := w.Task().TerminatedBatch(ended, next); err != nil || ended[0] || !ended[1] || !ended[2] {
		t.Errorf("ended %v, %v", ended, err)
	}
}

func TestAnEnvironmentThatDoesNotFitIsRefused(t *testing.T) {
	for text, want := range map[string]string{
		plain + "reward: python\nterminated: learned\n":                                                                                                           "has no method reward",
		strings.Replace(plain, "observation[4]", "observation[5]", 1) + "reward: learned\nterminated: never\n":                                                    "observation[5]: observation has 5 numbers, [0] to [4]",
		strings.Replace(plain, "  - {name: push}\n", "", 1) + "reward: learned\nterminated: never\n":                                                              "the environment has 2 actions, the task 1",
		strings.Replace(plain, "  - {name: \"rest {}\", each: [place, t, a, zero], from: \"observation[0]\"}\n", "", 1) + "reward: learned\nterminated: python\n": "observation[0], place, is no entry",
	} {
		if w, err := Open(inPython(t, text), Options{Workers: 1}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
			if err == nil {
				_ = w.Close()
			}
		}
	}
}

const reaching = `name: reaching
simulator: {gymnasium: {id: "worlds:Goal-v0"}}
horizon: 20
observation:
  - {name: x, from: "observation[0]"}
  - {name: achieved, from: "observation[1]"}
  - {name: desired, from: "observation[2]", kind: constant}
action: [{name: push}]
reward: python
terminated: never
`

// TestTheEnvironmentsOwnSuccessCounts: the last step's is_success is the episode's success where the task file has no formula
// for it, for which the formula goes first; an environment that says nothing of it has none.
func TestTheEnvironmentsOwnSuccessCounts(t *testing.T) {
	const near = 0.5 // the environment's own distance
	reached := 0.0
	for _, e := range chancesOf(t, inPython(t, reaching), 20) {
		last := e.Observations[len(e.Observations)-3:]
		want := 0.0
		if math.Abs(float64(last[1]-last[2])) < near {
			want = 1
		}
		if e.Success != want {
			t.Errorf("success %g at a distance of %g", e.Success, last[1]-last[2])
		}
		reached += want
	}
	if reached < 2 || reached > 18 {
		t.Fatalf("%g of 20 episodes succeeded: the test shows little", reached)
	}
	for _, e := range chancesOf(t, inPython(t, reaching+"success: {step: next.achieved > 1000, episode: last}\n"), 20) {
		if e.Success != 0 {
			t.Errorf("the formula says that no episode succeeds, got %g", e.Success)
		}
	}
	for _, e := range episodesOf(t, inPython(t, plain+"reward: {far: next.rest_place}\nterminated: next.rest_place > 90\n"), 1, 2) {
		if !math.IsNaN(e.Success) {
			t.Errorf("success %g of an environment that does not know it", e.Success)
		}
	}
}

// chancesOf are episodes that move back and forth.
func chancesOf(t *testing.T, one *task.Task, n int) []Episode {
	t.Helper()
	w, err := Open(one, Options{Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	var all []Episode
	swing := func() func(uint64, int, []float32, []float32) {
		return func(episode uint64, step int, _, action []float32) { action[0] = float32(math.Sin(float64(episode))) }
	}
	if err := w.Sample(context.Background(), 5, 0, swing, func(e Episode) bool {
		all = append(all, e)
		return len(all) < n
	}); err != nil {
		t.Fatal(err)
	}
	return all
}

// Rows of a wide observation fill a frame sooner: what does not fit is asked for in the next one.
func TestWideRowsOfAnEnvironmentAreAskedForInFramesThatHoldThem(t *testing.T) {
	const width, n = 400, 21_000 // 67 MB of next observations, more than a frame
	each := strings.Trim(strings.Repeat("n, ", width), ", ")
	for i := range width {
		each = strings.Replace(each, "n", strconv.Itoa(i), 1)
	}
	one := inPython(t, "name: wide\nsimulator: {gymnasium: {id: \"worlds:Wide-v0\"}, timestep: 0.1}\nhorizon: 20\nobservation:\n  - {name: \"x {}\", each: ["+
		each+"], from: \"observation[0]\"}\naction:\n  - {name: push}\nreward: python\nterminated: python\n")
	w, err := Open(one, Options{Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	obs, act, rewards, ended := make([]float64, n*width), make([]float64, n), make([]float64, n), make([]bool, n)
	for i := range n {
		obs[i*width], act[i] = float64(i), 0.5
	}
	if err := errors.Join(w.Task().RewardBatch(rewards, obs, act, obs), w.Task().TerminatedBatch(ended, obs)); err != nil {
		t.Fatal(err)
	}
	for i := range n {
		if rewards[i] != float64(i)+0.5 || ended[i] != (i > 20_000) {
			t.Fatalf("row %d: reward %v, ended %v", i, rewards[i], ended[i])
		}
	}
}
