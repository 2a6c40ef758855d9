package physics

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// fragile breaks down in the fifth step of an episode that starts right of limit.
type fragile struct {
	simulator
	limit float64
	steps int
	x     float64
}

func (f *fragile) reset(s start) error {
	f.steps, f.x = 0, s.qpos[0]
	return f.simulator.reset(s)
}

func (f *fragile) step(action []float64) error {
	if f.steps++; f.steps == 5 && f.x > f.limit {
		return errors.Join(ErrUnstable, errors.New("state of the fifth step"))
	}
	return f.simulator.step(action)
}

// brittle returns a world of pointmass whose starts are in ±0.1 m, in fragile simulators.
func brittle(t *testing.T, workers int, limit float64) *World {
	w := open(t, "pointmass", Options{Workers: workers})
	for _, p := range w.samplers {
		p.sim = &fragile{simulator: p.sim, limit: limit}
	}
	return w
}

// Every number yields an episode, in order, and the same with any number of workers;
// what was dropped is counted, of the episodes handed over only.
func TestBrokenEpisodesAreReplaced(t *testing.T) {
	const n, limit = 12, 0.05 // a quarter of the starts
	var want []played
	for _, workers := range []int{1, 3} {
		w := brittle(t, workers, limit)
		got := firstEpisodes(t, w, 7, 0, n, uniform(w.Task()))
		dropped := 0
		for number := range uint64(n) {
			for attempt := number; ; attempt += substitute {
				x := drawStart(w.task, rand.New(rand.NewPCG(7, attempt))).qpos[0]
				if x <= limit {
					if got[number].obs[0] != float32(x) {
						t.Errorf("episode %d starts at %v, want %v of number %d", number, got[number].obs[0], x, attempt)
					}
					break
				}
				dropped++
			}
		}
		if dropped == 0 || w.Dropped() != uint64(dropped) {
			t.Errorf("%d workers: %d dropped, want %d, some", workers, w.Dropped(), dropped)
		}
		if want == nil {
			want = got
		}
		if !slices.EqualFunc(got, want, same) {
			t.Errorf("%d workers: other episodes than with 1", workers)
		}
	}
}

func TestThreeBreakdownsInARowEndPlay(t *testing.T) {
	w := brittle(t, 2, -1)
	kept := 0
	err := w.Sample(context.Background(), 1, 40, idle, func(Episode) bool { kept++; return true })
	if !errors.Is(err, ErrUnstable) || kept != 0 {
		t.Fatalf("error %v after %d episodes, want ErrUnstable", err, kept)
	}
	for _, want := range []string{"pointmass: episode 40, step 4", "state of the fifth step", "2 episodes that replaced it"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not mention %q", err, want)
		}
	}
	if w.Dropped() != 0 {
		t.Errorf("%d dropped episodes of none handed over", w.Dropped())
	}
}
