package physics

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/palmal-rl/palmal/physics/episodes"
	"github.com/palmal-rl/palmal/physics/task"
)

const jointTask = `name: joint
simulator: {robot: "./arm", timestep: 0.05}
horizon: 3
observation:
  - {name: angle, range: [-2, 2]}
  - {name: last, kind: last-action}
action:
  - {name: torque, range: [-1, 1]}
drive: {rate: 0.5}
reward: {near: -abs(next.angle), effort: -squares(action)}
terminated: next.angle > 1.5
success: {step: next.angle > 1, episode: steps > 1}
`

func robotTaskOf(t *testing.T) *task.Task {
	t.Helper()
	joint, err := task.Load(task.Source{Folder: "joint", File: "task.yaml", Read: func(string) ([]byte, error) { return []byte(jointTask), nil }})
	if err != nil {
		t.Fatal(err)
	}
	return joint
}

// good is an episode of the joint that nothing is wrong with.
func good(angles ...float32) episodes.Episode {
	e := episodes.Episode{Size: episodes.Size{Observation: 2, Action: 1}, Policy: 3, Truncated: true, Times: []float64{0}}
	e.Observations = []float32{0, 0}
	for i, angle := range angles {
		e.Observations = append(e.Observations, angle, 0.25)
		e.Actions = append(e.Actions, 0.25)
		e.Times = append(e.Times, 0.05*float64(i+1))
	}
	return e
}

func TestRecordedEpisodesAreHeldAgainstTheTask(t *testing.T) {
	joint := robotTaskOf(t)
	for want, change := range map[string]func(e *episodes.Episode){
		"":                            func(*episodes.Episode) {},
		"3 observation entries":       func(e *episodes.Episode) { e.Size.Observation, e.Observations = 3, make([]float32, 9) },
		"cuts an episode after 3":     func(e *episodes.Episode) { *e = good(0, 0, 0, 0) },
		"observation angle is 2.5":    func(e *episodes.Episode) { e.Observations[2] = 2.5 },
		"action torque is -1.25":      func(e *episodes.Episode) { e.Actions[1] = -1.25 },
		"changes by 0.75 in row 1":    func(e *episodes.Episode) { e.Actions[1] = 1 },
		"changes by -0.75 in row 0":   func(e *episodes.Episode) { e.Actions[0] = -0.75 },
		"0.15 s between rows 1 and 2": func(e *episodes.Episode) { e.Times[2] = 0.2 },
		"dt: 0.01 s":                  func(e *episodes.Episode) { e.Dt = 0.01 },
		"continues after row 1":       func(e *episodes.Episode) { e.Observations[2] = 1.75 },
		"says that it terminated":     func(e *episodes.Episode) { e.Terminated, e.Truncated = true, false },
		"is it whole?":                func(e *episodes.Episode) { e.Truncated = false },
	} {
		e := good(0.5, 1)
		change(&e)
		err := errors.Join(e.Check(), checkOutside(joint, e, false))
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
}

// Two thirds of a step pass as jitter of a clock; float32 may round a number over a bound.
func TestWhatClocksAndRoundingDoIsTaken(t *testing.T) {
	joint := robotTaskOf(t)
	e := good(0.5, 1, 1)
	e.Times = []float64{0, 0.034, 0.1, 0.15}
	e.Observations[2] = math.Nextafter32(2, 3)
	e.Observations[4] = 1
	e.Observations[2] = -e.Observations[2]
	if err := checkOutside(joint, e, false); err != nil {
		t.Error(err)
	}
}

func TestRewardTerminationAndSuccessAreTheTasks(t *testing.T) {
	joint := robotTaskOf(t)
	e := good(0.5, 1.25, 1.75)
	whole, err := assemble(joint, e)
	if err != nil {
		t.Fatal(err)
	}
	want := []float64{-0.5, -0.0625, -1.25, -0.0625, -1.75, -0.0625}
	if !slices.Equal(whole.Rewards, want) || !whole.Terminated || whole.Success != 1 || whole.Samples != 3 {
		t.Errorf("got %+v, want rewards %v, terminated, a success of 3 steps", whole, want)
	}
}

// memory is a store in memory.
type memory map[uint64][]episodes.Episode

func (m memory) Load(number uint64) ([]episodes.Episode, error)     { return m[number], nil }
func (m memory) Save(number uint64, batch []episodes.Episode) error { m[number] = batch; return nil }
func (m memory) Taken() (map[string]bool, error)                    { return map[string]bool{}, nil }

// scripted is a robot that plays by the book: batches of two episodes. It counts how many it was asked for.
type scripted struct {
	wanted *Wanted
	asked  int
	kept   int
}

func (s *scripted) play(_ context.Context, _ uint64, act stepActor) ([]episodes.Episode, func() error, error) {
	s.asked++
	var batch []episodes.Episode
	for range 2 {
		e, action := good(0.5, 1), make([]float64, 1)
		for i := range e.Actions {
			act(i, []float64{0, 0}, action)
			e.Actions[i] = float32(action[0])
		}
		e.Policy = s.wanted.Policy
		batch = append(batch, e)
	}
	return batch, func() error { s.kept++; return nil }, nil
}

func (s *scripted) Close() error { return nil }

func scriptedWorld(t *testing.T, store Store) (*World, *scripted) {
	joint := robotTaskOf(t)
	o := &outside{task: joint, store: store, say: func(string) {}}
	s := &scripted{wanted: &o.wanted}
	o.player = s
	return &World{task: joint, repeat: 1, outside: o}, s
}

// eager is an actor that wants more than the box and the rate limit allow.
func eager() actor { return func(_ uint64, _ int, _, action []float32) { action[0] = 5 } }

func playScripted(t *testing.T, w *World, first uint64, wanted int) (actions [][]float32) {
	t.Helper()
	err := w.Sample(context.Background(), 1, first, func() actor { return eager() }, func(e Episode) bool {
		actions = append(actions, e.Actions)
		return len(actions) < wanted
	})
	if err != nil {
		t.Fatal(err)
	}
	return actions
}

// No episode is begun that is not wanted; a batch is taken whole; what is stored is not played again.
func TestRobotPlaysNoMoreThanIsWanted(t *testing.T) {
	store := memory{}
	w, s := scriptedWorld(t, store)
	w.Expect(0, 2, false)
	if got := playScripted(t, w, 0, 1); len(got) != 2 || s.asked != 1 || s.kept != 1 {
		t.Errorf("%d episodes of %d batches asked for, %d kept; want one batch of 2", len(got), s.asked, s.kept)
	}
	w.Expect(1, 2, false)
	playScripted(t, w, 2, 3)
	if s.asked != 3 {
		t.Errorf("%d batches asked for, want 3", s.asked)
	}
	again, idle := scriptedWorld(t, store)
	again.Expect(0, 2, false)
	playScripted(t, again, 0, 1)
	again.Expect(1, 2, false)
	playScripted(t, again, 2, 3)
	if idle.asked != 0 {
		t.Errorf("%d batches were played again", idle.asked)
	}
	again.Expect(7, 2, false)
	if err := again.Sample(context.Background(), 1, 0, func() actor { return eager() }, func(Episode) bool { return false }); err == nil {
		t.Error("episodes of another policy were taken")
	}
}

func TestActionsKeepToTheBoxAndTheRateLimit(t *testing.T) {
	w, _ := scriptedWorld(t, memory{})
	for _, actions := range playScripted(t, w, 0, 1)[:1] {
		if !slices.Equal(actions, []float32{0.5, 1}) { // steps of 0.5 from 0 on
			t.Errorf("actions %v, want 0.5, 1", actions)
		}
	}
	act := w.outside.limited(0, func(_ uint64, t int, _, action []float32) { action[0] = []float32{0.25, float32(math.NaN()), -9}[t] })
	var got []float64
	action := []float64{0}
	for step := range 3 {
		act(step, []float64{0, 0}, action)
		got = append(got, action[0])
	}
	if !slices.Equal(got, []float64{0.25, 0.25, -0.25}) {
		t.Errorf("actions %v: want the one before in the place of one that is no number", got)
	}
}

func TestPauseHoldsTheNextEpisode(t *testing.T) {
	w, s := scriptedWorld(t, memory{})
	if !w.Pause() {
		t.Fatal("not paused")
	}
	done := make(chan bool)
	go func() {
		playScripted(t, w, 0, 1)
		close(done)
	}()
	select {
	case <-done:
		t.Fatal("played in a pause")
	case <-time.After(100 * time.Millisecond):
	}
	if w.Pause() {
		t.Error("paused still")
	}
	<-done
	if s.asked != 1 {
		t.Errorf("%d batches", s.asked)
	}
	w.Pause()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := w.Sample(ctx, 1, 9, func() actor { return eager() }, func(Episode) bool { return false }); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled pause ends with %v", err)
	}
}

func TestRobotsAreNotSimulated(t *testing.T) {
	if _, err := Open(robotTaskOf(t), Options{}); !errors.Is(err, ErrOutside) {
		t.Errorf("error %v", err)
	}
	joint := robotTaskOf(t)
	_, err := Open(joint, Options{ActionRepeat: 2, Outside: &OutsideOptions{Address: "./arm", Store: memory{}}})
	if !errors.Is(err, ErrOutside) {
		t.Errorf("action repeat 2: error %v", err)
	}
}

// Where falls end episodes, a robot's end there too.
func TestFallsEndARobotsEpisodes(t *testing.T) {
	joint, err := task.Load(task.Source{Folder: "joint", File: "task.yaml", Read: func(name string) ([]byte, error) {
		return []byte(jointTask + "fallen: next.angle < -1\n"), nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	down := good(-0.5, -1.25)
	down.Truncated = false
	if err := checkOutside(joint, down, true); err != nil {
		t.Errorf("an episode that ends with a fall: %v", err)
	}
	if err := checkOutside(joint, good(-1.25, 0), true); err == nil {
		t.Error("an episode that continues after a fall was taken")
	}
	if err := checkOutside(joint, good(-1.25, 0), false); err != nil {
		t.Errorf("where falls end nothing: %v", err)
	}
	o := &outside{task: joint, falls: true}
	if !o.ends([]float32{-1.25, 0}) || o.ends([]float32{0, 0}) || !o.ends([]float32{1.75, 0}) {
		t.Error("an episode does not end where the robot falls, or the task says")
	}
}
