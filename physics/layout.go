package physics

import (
	"math"

	"github.com/palmal-rl/palmal/physics/task"
	"github.com/palmal-rl/palmal/physics/task/formula"
)

// layout maps each recorded number of a task's recordings to the task's own number.
type layout struct {
	qpos, qvel []int          // own index, or ignored
	obs        []int          // own entry, zero, or ignored where it is one of
	velocities map[int]int    // recorded entries that are velocities of the state
	rates      map[string]int // observation entry of each extra recorded list
	success    string         // the list of successes
	goal       func(f *fields, t *task.Task) []float64
	bounds     Fields // largest differences of a replay
}

// Recorded numbers without a counterpart in the task.
const (
	ignored = -1 // may have any value
	zero    = -2 // must be 0
)

// layoutOf returns the layout of a task's recordings: the task file's, else the task's own. Rates are not
// part of a recorded observation; where they are recorded, each has its own list.
func layoutOf(t *task.Task) layout {
	r := t.Recording
	l := layout{qpos: indices(0, len(t.Pose)), qvel: indices(0, t.Velocities), rates: map[string]int{}, velocities: map[int]int{},
		success: r.Success, goal: goalByDraw, bounds: r.Bounds}
	for i, e := range t.Observation {
		if e.From.Rate {
			l.rates[e.Name] = i
		} else {
			l.obs = append(l.obs, i)
		}
	}
	if r.Qpos != nil {
		l.qpos = own(r.Qpos)
	}
	if r.Qvel != nil {
		l.qvel = own(r.Qvel)
	}
	if r.Observation != nil {
		l.obs = own(r.Observation)
		for i, n := range r.Observation {
			if n.Kind == task.OfVelocity {
				l.velocities[i] = n.Index
			}
		}
	}
	if r.Goal.Field != "" {
		l.goal = goalNamed(r.Goal)
	}
	return l
}

// own lists the task's own index of each recorded number.
func own(recorded []task.Recorded) []int {
	all := make([]int, len(recorded))
	for i, n := range recorded {
		switch n.Kind {
		case task.Own:
			all[i] = n.Index
		case task.Zero:
			all[i] = zero
		default:
			all[i] = ignored
		}
	}
	return all
}

// indices returns n numbers from first on.
func indices(first, n int) []int {
	x := make([]int, n)
	for i := range x {
		x[i] = first + i
	}
	return x
}

// gather returns n numbers of the task's own from recorded ones.
func gather(layout []int, recorded []float64, n int) []float64 {
	x := make([]float64, n)
	for i, to := range layout {
		if to != ignored && i < len(recorded) {
			x[to] = recorded[i]
		}
	}
	return x
}

// compare calls differ for every recorded entry, with the world's value.
func (l layout) compare(recorded, own, qvel []float64, differ func(entry int, recorded, own float64)) {
	for i, entry := range l.obs {
		velocity, ofState := l.velocities[i]
		switch {
		case ofState:
			differ(i, recorded[i], qvel[velocity])
		case entry == zero:
			differ(i, recorded[i], 0)
		default:
			differ(i, recorded[i], own[entry])
		}
	}
}

// goalByDraw returns the goal numbers of an episode whose field goal holds a list of
// numbers for each of the task's goal draws, by the draw's name.
func goalByDraw(f *fields, t *task.Task) []float64 {
	goal := make([]float64, t.Goals())
	if len(goal) == 0 {
		return goal
	}
	f.inside("goal", func(drawn *fields) {
		for _, d := range t.Reset {
			if d.Into == task.GoalNumber {
				copy(goal[d.First:], drawn.vector(d.Name, d.Count))
			}
		}
	})
	return goal
}

// goalNamed returns a reader of goal numbers that the field goal holds under one name:
// a list, or a single number.
func goalNamed(g task.RecordedGoal) func(*fields, *task.Task) []float64 {
	return func(f *fields, t *task.Task) (goal []float64) {
		var recorded []float64
		f.inside("goal", func(drawn *fields) {
			if g.Count > 1 {
				recorded = drawn.vector(g.Field, g.Count)
			} else {
				recorded = []float64{drawn.number(g.Field)}
			}
		})
		if g.Drawn == nil || recorded == nil {
			return recorded
		}
		goal = make([]float64, t.Goals())
		g.Drawn.Eval(goal, &formula.Inputs{formula.Obs: recorded})
		return goal
	}
}

// drawn returns the numbers that changed the model of an episode, whose field randomised holds each by its name; nil, the
// model as its file says, where it is not recorded.
func (f *fields) drawn(t *task.Task) (numbers []float64) {
	if len(t.Randomise) == 0 {
		return nil
	}
	if !f.has("randomised") {
		for _, e := range t.Observation {
			if e.From.Field == task.Drawn {
				f.fail("observation %s needs the recorded randomised %s", e.Name, e.From.Element)
			}
		}
		return nil
	}
	f.inside("randomised", func(drawn *fields) {
		for _, r := range t.Randomise {
			x := drawn.number(r.Name)
			if choices := float64(len(r.Choices)); r.Texts() && !(x >= 0 && x < choices && x == math.Trunc(x)) {
				drawn.fail("%s: %v, want the index of a choice, 0 to %v", r.Name, x, choices-1)
				x = 0
			}
			numbers = append(numbers, x)
		}
	})
	return numbers
}
