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

// Breaks counts the episodes that break the limits of a task; nil for a task without limits.
type Breaks struct {
	limits *limits
	broken []int // [L]
}

// NewBreaks is nil for a task without limits.
func NewBreaks(task nn.Task) *Breaks {
	l := newLimits(task)
	if l == nil {
		return nil
	}
	return &Breaks{l, make([]int, len(l.names))}
}

// Add counts the limits that an episode breaks.
func (b *Breaks) Add(e Episode) {
	if b == nil {
		return
	}
	for i, n := range b.limits.breaks(e.Observations, e.Actions, 0, len(e.Observations)/len(b.limits.obs)-1) {
		if n > 0 {
			b.broken[i]++
		}
	}
}

// ByName returns the counts; nil for a task without limits.
func (b *Breaks) ByName() map[string]int {
	if b == nil {
		return nil
	}
	return b.limits.byName(b.broken)
}

// byName names the counts of the limits.
func (l *limits) byName(broken []int) map[string]int {
	named := make(map[string]int, len(l.names))
	for i, name := range l.names {
		named[name] = broken[i]
	}
	return named
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
