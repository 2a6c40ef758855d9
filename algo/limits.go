package algo

import "github.com/palmal-rl/palmal/nn"

// Limited is a task that names limits which every step should hold, such as a largest speed. A task need not
// be one.
type Limited interface {
	LimitNames() []string
	// AcceptedRisk is the largest probability, for each limit, that an episode breaks it which the task accepts.
	AcceptedRisk() float64
	// Broken fills broken with the limits that the step from obs by act to next breaks, in the order of the names.
	Broken(broken []bool, obs, act, next []float64)
}

// limits judges episodes by the limits of a task, at the ends of decisions.
type limits struct {
	task  Limited
	names []string
	risk  float64

	low, high      []float64 // [A] the action box
	obs, act, next []float64
	step           []bool // [L]
}

// newLimits is nil for a task without limits.
func newLimits(task nn.Task) *limits {
	limited, ok := task.(Limited)
	if !ok || len(limited.LimitNames()) == 0 {
		return nil
	}
	names, width := limited.LimitNames(), len(task.ObservationKinds())
	l := &limits{task: limited, names: names, risk: limited.AcceptedRisk(), step: make([]bool, len(names)),
		obs: make([]float64, width), next: make([]float64, width)}
	l.low, l.high = task.ActionBox()
	l.act = make([]float64, len(l.low))
	return l
}

// breaks counts the decisions, from first to before end, of an episode that break each limit, [L]. observations are
// [T+1,O], actions [T,A] before or after the clip to the box.
func (l *limits) breaks(observations, actions []float32, first, end int) []int {
	counts := make([]int, len(l.names))
	for t := first; t < end; t++ {
		widenRow(l.obs, observations, t)
		widenRow(l.next, observations, t+1)
		widenRow(l.act, actions, t)
		for j, a := range l.act {
			l.act[j] = max(l.low[j], min(l.high[j], a))
		}
		l.task.Broken(l.step, l.obs, l.act, l.next)
		for i, b := range l.step {
			if b {
				counts[i]++
			}
		}
	}
	return counts
}
