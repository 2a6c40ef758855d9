package nntest

import (
	"math"
	"math/rand/v2"

	"github.com/palmal-rl/palmal/nn"
)

// transition is one step of a task, in numbers that float32 holds exactly.
type transition struct{ obs, act, next []float64 }

func newTransition(obs, act, next []float64) transition {
	return transition{rounded(obs), rounded(act), rounded(next)}
}

// alive searches for a state in which an episode continues. A task that ends in most random states
// shows its reward and its thresholds only near such a state.
func alive(t TB, random *rand.Rand, task nn.Task) []float64 {
	t.Helper()
	for i := range 100000 {
		if state := observation(random, task, []float64{0.3, 1, 0.1, 3}[i%4]); !task.Terminated(state) {
			return state
		}
	}
	t.Fatalf("no random state continues an episode: the suite cannot test this task")
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

// thresholds searches for states at which termination or a reward jumps, on the segment from a
// living state to another one. What it finds comes with states a little to either side, where a
// device must be sure.
func thresholds(random *rand.Rand, task nn.Task, living []float64, n int) (rows []transition) {
	const little = 3e-5 // fraction of the segment: some hundred roundings of float32
	for i := range n {
		scale := []float64{0.3, 1, 3}[i%3]
		obs, act := observation(random, task, scale), action(random, task, 1)
		end := observation(random, task, scale)
		if i%4 > 0 { // along one entry, in turn
			j := i % len(living)
			end = append([]float64(nil), living...)
			end[j] += 4 * scale * random.NormFloat64()
		}
		from, to := bisect(task, obs, act, living, end)
		for _, next := range [][]float64{from, to, mixed(from, living, little), mixed(to, end, little)} {
			rows = append(rows, newTransition(obs, act, next))
		}
	}
	return rows
}

// bisect halves a segment, always keeping the half over which more happens, until neighbours are
// left.
func bisect(task nn.Task, obs, act, from, to []float64) (below, above []float64) {
	for range 40 {
		middle := mixed(from, to, 0.5)
		if jump(task, obs, act, from, middle) >= jump(task, obs, act, middle, to) {
			to = middle
		} else {
			from = middle
		}
	}
	return from, to
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
