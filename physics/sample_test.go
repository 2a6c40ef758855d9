package physics

import (
	"context"
	"errors"
	"math"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

func same(a, b played) bool {
	return slices.Equal(a.obs, b.obs) && slices.Equal(a.act, b.act) && slices.Equal(a.rewards, b.rewards) &&
		a.samples == b.samples && a.terminated == b.terminated &&
		math.Float64bits(a.success) == math.Float64bits(b.success)
}

// Bit for bit: numbers are compared with ==, and none of them is NaN.
func TestResultIgnoresTheNumberOfWorkers(t *testing.T) {
	for _, name := range available() {
		for _, repeat := range []int{1, 2} {
			var want []played
			for _, workers := range []int{1, 3} {
				w := open(t, name, Options{Workers: workers, ActionRepeat: repeat})
				got := firstEpisodes(t, w, 3, 10, 4, uniform(w.Task()))
				if want == nil {
					want = got
				}
				if !slices.EqualFunc(got, want, same) {
					t.Errorf("%s: %d workers, action repeat %d: other episodes than with 1", name, workers, repeat)
				}
			}
		}
	}
}

// Episode k is the same whatever was played before it, and on whatever simulator.
func TestEpisodesAreIndependentOfEachOther(t *testing.T) {
	for _, name := range available() {
		w := open(t, name, Options{Workers: 1})
		all := firstEpisodes(t, w, 3, 0, 4, uniform(w.Task()))
		alone := firstEpisodes(t, w, 3, 3, 1, uniform(w.Task()))
		if !same(all[3], alone[0]) {
			t.Errorf("%s: episode 3 depends on those before it", name)
		}
		if other := firstEpisodes(t, w, 4, 3, 1, uniform(w.Task())); slices.Equal(other[0].obs, alone[0].obs) {
			t.Errorf("%s: the seed changes nothing", name)
		}
	}
}

// The actor writes the episode's number into the action, so a wrong order shows
// as a wrong number. Early episodes are made slow.
func TestEpisodesComeInOrder(t *testing.T) {
	w := open(t, "pointmass", Options{Workers: 4})
	number := func() actor {
		return func(episode uint64, decision int, _, action []float32) {
			if decision == 0 && episode%4 == 0 {
				time.Sleep(2 * time.Millisecond)
			}
			action[0], action[1] = float32(episode)/1000, float32(decision)/1000
		}
	}
	for i, e := range firstEpisodes(t, w, 1, 100, 30, number) {
		if e.act[0] != float32(100+i)/1000 {
			t.Fatalf("place %d has episode %v", i, 1000*e.act[0])
		}
		for d := range len(e.act) / 2 {
			if e.act[2*d+1] != float32(d)/1000 {
				t.Fatalf("episode %d: row %d has decision %v", i, d, 1000*e.act[2*d+1])
			}
		}
	}
}

// Terms recomputed from the stored float32 rows. An entry of size up to 10 is
// rounded by 2⁻²⁴ of itself, 6e-7; the most sensitive term is the forward speed,
// taken as it is, so 1e-6·(1+|r|) leaves a margin.
func TestRewardsAreAFunctionOfTheStoredRows(t *testing.T) {
	for _, name := range available() {
		w := open(t, name, Options{})
		for k, e := range firstEpisodes(t, w, 5, 0, 6, uniform(w.Task())) {
			eachRow(w, e, func(i int, obs, act, next, rewards []float64) {
				got := make([]float64, len(rewards))
				w.Task().Rewards(got, obs, act, next)
				for j := range got {
					if !within(got[j], rewards[j], 1e-6*(1+math.Abs(rewards[j]))) {
						t.Errorf("%s: episode %d, row %d: term %s is %v, recomputed %v", name, k, i, w.Task().Terms[j].Name, rewards[j], got[j])
					}
				}
			})
		}
	}
}

func eachRow(w *World, e played, visit func(i int, obs, act, next, rewards []float64)) {
	o, a, r := len(w.task.Observation), len(w.task.Action), len(w.task.Terms)
	for i := range len(e.act) / a {
		visit(i, wide(e.obs[i*o:(i+1)*o]), wide(e.act[i*a:(i+1)*a]), wide(e.obs[(i+1)*o:(i+2)*o]), e.rewards[i*r:(i+1)*r])
	}
}

// Where all terms of a task are linear in rates, r·Rewards of a decision is the
// sum over its steps; the last decision may have fewer. Bound as above, times r.
func TestRepeatedRewardsAreSums(t *testing.T) {
	const repeat = 3
	for _, name := range available() {
		switch name {
		case "pointmass", "dclaw_turn", "dkitty_orient", "reacher7dof", "pen": // their distances are not linear
			continue
		}
		w := open(t, name, Options{ActionRepeat: repeat})
		for k, e := range firstEpisodes(t, w, 5, 0, 6, uniform(w.Task())) {
			last := len(e.act)/len(w.task.Action) - 1
			eachRow(w, e, func(i int, obs, act, next, rewards []float64) {
				steps := float64(repeat)
				if i == last && e.terminated {
					steps = float64(e.samples - repeat*last)
				}
				got := make([]float64, len(rewards))
				w.Task().Rewards(got, obs, act, next)
				for j := range got {
					if !within(steps*got[j], rewards[j], 3e-6*(1+math.Abs(rewards[j]))) {
						t.Errorf("%s: episode %d, decision %d: term %d is %v, %v·%v recomputed", name, k, i, j, rewards[j], steps, got[j])
					}
				}
			})
		}
	}
}

// Given the same actions, decisions of two steps pass through the states of single
// steps, and their samples and rewards add up.
func TestRepeatedStepsAreTheSameSteps(t *testing.T) {
	held := func(repeat int) func() actor {
		return func() actor {
			return func(_ uint64, decision int, _, action []float32) {
				for i := range action {
					action[i] = float32(math.Sin(float64(decision * repeat / 2 * (i + 1))))
				}
			}
		}
	}
	for _, name := range available() {
		single, double := open(t, name, Options{}), open(t, name, Options{ActionRepeat: 2})
		a, b := firstEpisodes(t, single, 2, 0, 1, held(1))[0], firstEpisodes(t, double, 2, 0, 1, held(2))[0]
		o := len(single.task.Observation)
		rates := single.task.Rates()
		for i := range min(len(a.obs)/(2*o), len(b.obs)/o) {
			for j := range o {
				if !slices.Contains(rates, j) && a.obs[2*i*o+j] != b.obs[i*o+j] {
					t.Fatalf("%s: decision %d: entry %d is %v, after single steps %v", name, i, j, b.obs[i*o+j], a.obs[2*i*o+j])
				}
			}
		}
		if a.samples != b.samples || a.terminated != b.terminated {
			t.Errorf("%s: %d samples, single steps %d", name, b.samples, a.samples)
		}
		sum := func(x []float64) (s float64) {
			for _, v := range x {
				s += v
			}
			return s
		}
		if !within(sum(a.rewards), sum(b.rewards), 1e-9) { // the order of 1,000 additions differs
			t.Errorf("%s: return %v, of single steps %v", name, sum(b.rewards), sum(a.rewards))
		}
	}
}

func TestActionsThatAreNotFiniteAreErrors(t *testing.T) {
	w := open(t, "pointmass", Options{})
	for _, bad := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		kept := 0
		err := w.Sample(context.Background(), 1, 0, func() actor {
			return func(episode uint64, decision int, _, action []float32) {
				clear(action)
				if episode == 5 && decision == 7 {
					action[1] = float32(bad)
				}
			}
		}, func(Episode) bool { kept++; return true })
		if !errors.Is(err, ErrAction) || !strings.Contains(err.Error(), "pointmass: episode 5, decision 7") || kept != 5 {
			t.Errorf("%v: error %v after %d episodes", bad, err, kept)
		}
	}
}

func TestPlayLeavesNoGoroutine(t *testing.T) {
	w := open(t, "pointmass", Options{Workers: 8})
	before := runtime.NumGoroutine()
	for range 20 {
		firstEpisodes(t, w, 1, 0, 3, idle)
	}
	for range 100 { // a goroutine that has signalled its end may still be counted
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Errorf("%d goroutines, %d before", runtime.NumGoroutine(), before)
}

func TestCancelReturnsPromptly(t *testing.T) {
	w := open(t, "cartpole", Options{Workers: 2, Parameters: map[string]float64{"max_angle": 1e9, "max_position": 1e9}})
	ctx, cancel := context.WithCancel(context.Background())
	var decisions atomic.Int64
	slow := func() actor {
		return func(_ uint64, _ int, _, action []float32) {
			clear(action)
			if decisions.Add(1) == 20 {
				cancel()
			}
			time.Sleep(time.Millisecond)
		}
	}
	err := w.Sample(ctx, 1, 0, slow, func(Episode) bool { return true })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want context.Canceled", err)
	}
	// an episode has 200 decisions; after the cancel each worker finishes its own
	if n := decisions.Load(); n > 24 {
		t.Errorf("%d decisions, cancelled at 20", n)
	}
}

func BenchmarkSteps(b *testing.B) {
	for _, name := range available() {
		b.Run(name, func(b *testing.B) {
			w := open(b, name, Options{Workers: 1})
			samples := 0
			b.ResetTimer()
			err := w.Sample(context.Background(), 1, 0, uniform(w.Task()),
				func(e Episode) bool {
					n := e.Samples
					samples += n
					return samples < b.N
				})
			if err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64(samples)/b.Elapsed().Seconds(), "steps/s")
		})
	}
}
