package nntest

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/palmal-rl/palmal/nn"
)

// taskBound is the error of a reward relative to the sizes of its terms: a dozen float32 roundings.
const taskBound = 1e-6

const taskReason = "the Go function in float64, a dozen roundings of float32, and what lies within the band"

// RunTasks holds the scoring of a backend to the Go functions of every given task: rewards, their
// terms, termination, on random states, on edge states and on both sides of every threshold that a
// search finds. Decisions and jumps may differ within [Config.Band] of a threshold alone.
func RunTasks(t *testing.T, config Config, tasks []nn.Task) {
	t.Helper()
	for _, task := range tasks {
		name, _ := task.Identity()
		t.Run(name, func(t *testing.T) { runTask(t, config, task) })
	}
}

func runTask(t TB, config Config, task nn.Task) {
	t.Helper()
	if err := nn.CheckTask(task); err != nil {
		t.Fatalf("%v", err)
	}
	d := newDriver(t, config.New(t), config.Small)
	random := source(200)
	living := alive(t, random, task)
	var rows []transition
	rows = append(rows, randomTransitions(random, task, living, d.pick(300, 30))...)
	rows = append(rows, edgeTransitions(random, task, living)...)
	rows = append(rows, thresholds(random, task, living, d.pick(80, 12))...)
	scoreTransitions(d, task, rows, config)
	scoreNonFinite(d, task, rows[0])
}

// transition is one step of a task, in numbers that float32 holds exactly.
type transition struct{ obs, act, next []float64 }

func newTransition(obs, act, next []float64) transition {
	return transition{rounded(obs), rounded(act), rounded(next)}
}

// alive searches for a state in which an episode goes on, since a task that ends in most random
// states hides its reward and its thresholds behind one of them.
func alive(t TB, random *rand.Rand, task nn.Task) []float64 {
	t.Helper()
	for i := range 100000 {
		if state := observation(random, task, []float64{0.3, 1, 0.1, 3}[i%4]); !task.Terminated(state) {
			return state
		}
	}
	t.Fatalf("no random state goes on: the suite cannot tell what this task does")
	return nil
}

// randomTransitions are states of several sizes, and actions of which half lie outside the box.
// Two of three next states are close to a living state or to the state before.
func randomTransitions(random *rand.Rand, task nn.Task, living []float64, n int) (rows []transition) {
	for i := range n {
		scale := []float64{0.01, 0.1, 0.3, 1, 3, 30}[i%6]
		obs, next := observation(random, task, scale), observation(random, task, scale)
		switch i / 6 % 3 {
		case 0:
			obs = mixed(living, obs, 0.2)
			next = mixed(living, next, 0.1)
		case 1:
			next = mixed(obs, next, 0.05)
		}
		rows = append(rows, newTransition(obs, action(random, task, 2), next))
	}
	return rows
}

// edgeTransitions are states in which one entry is large, small, or a common threshold, and
// actions in and beyond the corners of the box.
func edgeTransitions(random *rand.Rand, task nn.Task, living []float64) (rows []transition) {
	low, high := task.ActionBox()
	zero, beyond := make([]float64, len(living)), make([]float64, len(low))
	for k := range beyond {
		beyond[k] = 10*high[k] + 1
	}
	for _, act := range [][]float64{low, high, beyond, make([]float64, len(low))} {
		rows = append(rows, newTransition(zero, act, zero), newTransition(living, act, living))
	}
	for j := range living {
		for _, x := range []float64{-1e3, -100, -math.Pi, -1, -1e-6, 0, 1e-6, 1, math.Pi, 100, 1e3} {
			next := append([]float64(nil), living...)
			next[j] = x
			rows = append(rows, newTransition(living, action(random, task, 1), next), newTransition(next, low, living))
		}
	}
	return rows
}

// thresholds searches for states at which termination or a reward jumps. It bisects the segment
// from a living state to another one, always keeping the half over which more happens, until
// neighbours are left.
func thresholds(random *rand.Rand, task nn.Task, living []float64, n int) (rows []transition) {
	for i := range n {
		scale := []float64{0.3, 1, 3}[i%3]
		obs, act := observation(random, task, scale), action(random, task, 1)
		from, to := living, observation(random, task, scale)
		if i%4 > 0 { // along one entry, in turn
			j := i % len(living)
			to = append([]float64(nil), living...)
			to[j] += 4 * scale * random.NormFloat64()
		}
		for range 40 {
			middle := mixed(from, to, 0.5)
			if jump(task, obs, act, from, middle) >= jump(task, obs, act, middle, to) {
				to = middle
			} else {
				from = middle
			}
		}
		rows = append(rows, newTransition(obs, act, from), newTransition(obs, act, to))
	}
	return rows
}

// mixed is the state at a fraction of the way.
func mixed(from, to []float64, fraction float64) []float64 {
	x := make([]float64, len(from))
	for i := range x {
		x[i] = from[i] + fraction*(to[i]-from[i])
	}
	return x
}

// jump is how much happens between two next states; a termination outweighs every reward.
func jump(task nn.Task, obs, act, a, b []float64) float64 {
	if task.Terminated(a) != task.Terminated(b) {
		return math.Inf(1)
	}
	left, right := termsOf(task, obs, act, a), termsOf(task, obs, act, b)
	total := 0.0
	for k := range left {
		total += math.Abs(left[k] - right[k])
	}
	return total
}

func termsOf(task nn.Task, obs, act, next []float64) []float64 {
	terms := make([]float64, len(task.RewardTerms()))
	task.Rewards(terms, obs, act, next)
	return terms
}

// allowed is what the score of one transition may be.
type allowed struct {
	low, high       float64 // of the reward, over the band
	size            float64 // sum of the terms' magnitudes
	ends, continues bool    // seen within the band
}

// over widens what is allowed by the outcome of one more state.
func (a *allowed) over(task nn.Task, r transition, act []float64) {
	sum, size := 0.0, 0.0
	for _, term := range termsOf(task, r.obs, act, r.next) {
		sum += term
		size += math.Abs(term)
	}
	a.low, a.high, a.size = math.Min(a.low, sum), math.Max(a.high, sum), math.Max(a.size, size)
	if task.Terminated(r.next) {
		a.ends = true
	} else {
		a.continues = true
	}
}

// outcome evaluates the Go functions on a transition and on its neighbours within the band, where
// one entry of the observation, the action or the next observation moved.
func outcome(task nn.Task, r transition, band float64) allowed {
	act := clipAction(task, r.act)
	a := allowed{low: math.Inf(1), high: math.Inf(-1)}
	a.over(task, r, act)
	if band == 0 {
		return a
	}
	for _, numbers := range [][]float64{r.obs, act, r.next} {
		for j, x := range numbers {
			for _, sign := range []float64{-1, 1} {
				numbers[j] = x + sign*band*(1+math.Abs(x))
				a.over(task, r, act)
			}
			numbers[j] = x
		}
	}
	return a
}

// scoreTransitions uploads every transition as a path of one step and compares its score.
func scoreTransitions(d *driver, task nn.Task, rows []transition, config Config) {
	paths := d.upload(columnsOf(task, rows))
	report := d.score(paths, task, nn.ScoreOptions{RewardScale: 1})
	columns := d.download(paths)
	if len(report.TermMeans) != len(task.RewardTerms()) {
		d.Errorf("%d means of terms, want %d", len(report.TermMeans), len(task.RewardTerms()))
	}
	ended := 0
	for i, r := range rows {
		want := outcome(task, r, config.Band)
		if report.Terminated[i] {
			ended++
		}
		if report.Terminated[i] && !want.ends || !report.Terminated[i] && !want.continues {
			d.Errorf("transition %d: terminated %v, want %v (%s)\nnext %v", i, report.Terminated[i], want.ends, taskReason, r.next)
		}
		checkReward(d, fmt.Sprintf("transition %d: reward", i), float64(slot(columns.Rewards, i, 0)[0]), want, config)
	}
	d.Logf("%d transitions, %d of them terminal", len(rows), ended)
}

// checkReward compares a reward with the middle of what is allowed.
func checkReward(t TB, what string, got float64, want allowed, config Config) {
	t.Helper()
	middle, half := (want.low+want.high)/2, (want.high-want.low)/2
	tol := tolerance{absolute: half + taskBound*config.scale()*(want.size+math.Abs(middle)), reason: taskReason}
	near(t, what, []float64{got}, []float64{middle}, tol)
}

// columnsOf makes one path of one step of each transition.
func columnsOf(task nn.Task, rows []transition) *nn.PathColumns {
	low, _ := task.ActionBox()
	shape := nn.PolicyShape{Observation: len(task.ObservationKinds()), Action: len(low)}
	columns := pathsOf{paths: len(rows), horizon: 1}.empty(shape)
	columns.Rewards, columns.Advantages, columns.Returns = nil, nil, nil
	for i, r := range rows {
		columns.Lengths[i] = 1
		copy(slot(columns.Observations, i, 0), narrow(r.obs))
		copy(slot(columns.Observations, i, 1), narrow(r.next))
		copy(slot(columns.Actions, i, 0), narrow(r.act))
		clear(slot(columns.Means, i, 0))
	}
	return columns
}

// scoreNonFinite makes sure that a state that is not finite ends its path or stops the run.
func scoreNonFinite(d *driver, task nn.Task, r transition) {
	for _, bad := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		for j := range r.next {
			next := append([]float64(nil), r.next...)
			next[j] = bad
			if !task.Terminated(next) {
				d.Errorf("the Go function goes on with %g in entry %d", bad, j)
			}
			columns := columnsOf(task, []transition{{r.obs, r.act, next}})
			paths, err := d.UploadPaths(columns)
			if err != nil {
				continue // refused at once
			}
			report, err := d.Score(paths, task, nn.ScoreOptions{RewardScale: 1})
			if err == nil && !report.Terminated[0] {
				d.Errorf("a path goes on with %g in entry %d", bad, j)
			}
			d.need("Close", paths.Close())
		}
	}
}
