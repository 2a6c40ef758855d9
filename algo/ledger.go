package algo

import (
	"fmt"
	"math"
	"slices"

	"github.com/palmal-rl/palmal/nn"
)

// ledger remembers what was promised of a run's policies and what happened: how often episodes broke the
// limits of the task.
type ledger struct {
	broken   []int     // [L] episodes of the run so far that broke a limit
	promises []promise // newest last, at most remembered
}

// promise is one policy's: what the worst member of the ensemble foresaw and what the world did.
type promise struct {
	paths    int   // model paths of each member
	worst    []int // [L] paths that break a limit, of the member where most do
	episodes int   // episodes of that policy in the world
	got      []int // [L] those of them that broke a limit
}

// remembered is the number of promises by which the next one is judged, and fading the weight of a promise relative to
// that of its successor: what the models of long ago promised says little of the present one.
const (
	remembered = 10
	fading     = 0.75
)

// chance is the probability of a break by the count of n paths that did. Half a path is added (Jeffreys'
// prior), so that no finite number of paths promises the impossible.
func chance(broken, n int) float64 { return (float64(broken) + 0.5) / (float64(n) + 1) }

func newLedger(limits int) ledger { return ledger{broken: make([]int, limits)} }

func (l *ledger) promise(p promise) {
	l.promises = append(l.promises, p)
	l.promises = l.promises[max(0, len(l.promises)-remembered):]
}

// calibration is the share of episodes by which limit i was broken more often than promised, over the promises that are
// remembered, negative where it was broken less often: 0 up to two standard deviations and half a break. It is a difference, not a
// factor, since models that do not see a limit at all promise next to nothing.
func (l *ledger) calibration(i int) float64 {
	episodes, expected, variance, got, weight := 0.0, 0.0, 0.0, 0.0, 1.0
	for _, p := range slices.Backward(l.promises) {
		q := chance(p.worst[i], p.paths)
		episodes += weight * float64(p.episodes)
		expected += weight * q * float64(p.episodes)
		variance += weight * weight * q * (1 - q) * float64(p.episodes)
		got += weight * float64(p.got[i])
		weight *= fading
	}
	if math.Abs(got-expected) <= 2*math.Sqrt(variance)+0.5 {
		return 0
	}
	return (got - expected) / episodes
}

// ledgerArray is int64 in GroupGame, where the task names limits: the breaks so far, the number of promises,
// and of each promise paths, episodes, worst [L] and got [L]; zeros to the length of all remembered.
const ledgerArray = "promises"

func ledgerLength(limits int) int { return limits + 1 + remembered*(2+2*limits) }

// save lays the ledger out as counters.
func (l *ledger) save() []int64 {
	flat := make([]int64, 0, ledgerLength(len(l.broken)))
	add := func(values ...int) {
		for _, x := range values {
			flat = append(flat, int64(x))
		}
	}
	add(l.broken...)
	add(len(l.promises))
	for _, p := range l.promises {
		add(p.paths, p.episodes)
		add(p.worst...)
		add(p.got...)
	}
	return flat[:cap(flat)]
}

// load replaces the ledger with a saved one.
func (l *ledger) load(state nn.State) error {
	limits := len(l.broken)
	flat, err := state.Counters(ledgerArray, ledgerLength(limits))
	if err != nil {
		return err
	}
	take := func(n int) []int {
		values := make([]int, n)
		for i := range values {
			values[i] = int(flat[i])
		}
		flat = flat[n:]
		return values
	}
	loaded := ledger{broken: take(limits)}
	n := take(1)[0]
	if n < 0 || n > remembered {
		return fmt.Errorf("array %s: %d promises, want 0 to %d", ledgerArray, n, remembered)
	}
	for range n {
		sizes := take(2)
		loaded.promises = append(loaded.promises, promise{paths: sizes[0], episodes: sizes[1], worst: take(limits), got: take(limits)})
	}
	*l = loaded
	return nil
}
