package task

import (
	"fmt"
	"math"
)

// slack is what an observation may differ from its kind, far beyond what float32 does.
const slack = 1e-3

// Unlike calls visit for each entry of the observation next, after the observation before and an action, that is not what its kind
// says, with what it is instead. A learned model follows the kinds: its paths contradict a world that does not.
func (t *Task) Unlike(before, action, next []float32, visit func(entry int, is string)) {
	actions := 0
	for i, e := range t.Observation {
		x := float64(next[i])
		switch e.Kind {
		case Constant:
			if next[i] != before[i] {
				visit(i, fmt.Sprintf("goes from %.4g to %.4g within an episode, which kind %s rules out", before[i], x, e.Kind))
			}
		case Angle:
			if !(math.Abs(x) <= math.Pi+slack) {
				visit(i, fmt.Sprintf("is %.4g, and kind %s wants it within -π and π", x, e.Kind))
			}
		case LastAction:
			if a := float64(action[actions]); !(math.Abs(x-a) <= slack*max(1, math.Abs(a))) {
				visit(i, fmt.Sprintf("is %.4g after action %s of %.4g, and kind %s wants the action", x, t.Action[actions].Name, a, e.Kind))
			}
			actions++
		case Unit:
			if length := t.unitLength(i, next); !(math.Abs(length-1) <= slack) {
				visit(i, fmt.Sprintf("begins a vector of length %.4g, and kind %s wants length 1", length, e.Kind))
			}
		}
	}
}

// unitLength is the length of the unit vector that begins at an entry; 1 where none does.
func (t *Task) unitLength(first int, obs []float32) float64 {
	all := t.Observation
	if first > 0 && all[first-1].Kind == Unit && !all[first].next {
		return 1
	}
	sum := 0.0
	for i := first; i < len(all) && all[i].Kind == Unit && (i == first || !all[i].next); i++ {
		sum += float64(obs[i]) * float64(obs[i])
	}
	return math.Sqrt(sum)
}
