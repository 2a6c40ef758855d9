package physics

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/palmal-rl/palmal/physics/task"
	"github.com/palmal-rl/palmal/physics/task/formula"
)

// locator returns where a simulator keeps n numbers from p on.
type locator func(p task.Place, n int) ([]float64, error)

// view reads a task's observation from a simulator by the task's tables.
type view struct {
	task    *task.Task
	entries []*float64  // [O] sources of the observation entries
	before  []float64   // [O] values before the last step, of entries that are rates
	fresh   bool        // no step since the reset
	action  []float64   // [A] last action
	goal    []float64   // numbers drawn for the episode
	time    [1]float64  // time since the reset, s
	drawn   []float64   // numbers drawn for the episode's model
	rng     *rand.Rand  // noise of the sensors; nil: none
	seen    [][]float64 // [O] delayed values that are not observed yet

	// The next fields are what the formulas of the task's scene read and fill.
	sources   [][]float64 // numbers of each place
	row       []float64
	constants []float64
	computed  []float64
}

func newView(t *task.Task) *view {
	v := &view{
		task: t, before: make([]float64, len(t.Observation)), action: make([]float64, len(t.Action)),
		goal: make([]float64, t.Goals()), drawn: make([]float64, len(t.Randomise)), row: make([]float64, t.Scene.Size), constants: t.Constants(),
		seen: make([][]float64, len(t.Observation)),
	}
	if p := t.Scene.Computed; p != nil {
		v.computed = make([]float64, p.Outputs())
	}
	return v
}

// bind finds the numbers that the task's entries and formulas name.
func (v *view) bind(locate locator) error {
	find := func(p task.Place, n int) ([]float64, error) {
		switch p.Field {
		case task.GoalNumber:
			return part(v.goal, p, n)
		case task.LastTaken:
			return part(v.action, p, n)
		case task.Computed:
			return part(v.computed, p, n)
		case task.Clock:
			return part(v.time[:], p, n)
		case task.Drawn:
			i := slices.IndexFunc(v.task.Randomise, func(r task.Randomisation) bool { return r.Name == p.Element })
			return part(v.drawn, task.Place{Field: p.Field, Element: p.Element, Index: p.Index + max(i, 0)}, n)
		}
		return locate(p, n)
	}
	for _, e := range v.task.Observation {
		x, err := find(e.From, 1)
		if err != nil {
			return fmt.Errorf("%sobservation %s: %w", v.task.Where("observation "+e.Name), e.Name, err)
		}
		v.entries = append(v.entries, &x[0])
	}
	for _, p := range v.task.Scene.Places {
		x, err := find(p.Place, p.Count)
		if err != nil {
			return fmt.Errorf("%splace %s: %w", v.task.Where("place "+p.Name), p.Name, err)
		}
		v.sources = append(v.sources, x)
	}
	return nil
}

// part returns n numbers of a field from the index of p on.
func part(field []float64, p task.Place, n int) ([]float64, error) {
	if p.Index+n > len(field) {
		last := p
		last.Index += n - 1
		return nil, fmt.Errorf("%s: %s has %s", last, p.Field, counted(len(field)))
	}
	return field[p.Index : p.Index+n], nil
}

// begin takes the goal of a new episode and computes the task's aims from it.
func (v *view) begin(s start) {
	copy(v.goal, s.goal)
	copy(v.drawn, s.drawn)
	v.rng = s.rng
	for i := range v.seen {
		v.seen[i] = v.seen[i][:0]
	}
	clear(v.action)
	v.fresh, v.time[0] = true, 0
}

// aim computes the aims from the goal.
func (v *view) aim() {
	in := v.inputs()
	for i, p := range v.task.Scene.Aims {
		v.row[v.task.Scene.FirstAim+i] = p.Number(&in)
	}
}

// inputs gathers the places; the formulas of a scene read the result.
func (v *view) inputs() formula.Inputs {
	for i, p := range v.task.Scene.Places {
		copy(v.row[p.First:], v.sources[i])
	}
	return formula.Inputs{formula.Obs: v.row, formula.Action: v.action, formula.Goal: v.goal, formula.Parameters: v.constants}
}

// take records an action and the values before it.
func (v *view) take(action []float64) {
	for i, p := range v.entries {
		if v.task.Observation[i].From.Rate {
			v.before[i] = *p
		}
	}
	copy(v.action, action)
	v.fresh = false
	v.time[0] += v.task.Dt()
}

func (v *view) observe(obs []float64) {
	if p := v.task.Scene.Computed; p != nil {
		in := v.inputs()
		p.Eval(v.computed, &in)
	}
	dt := v.task.Dt()
	for i, p := range v.entries {
		e := &v.task.Observation[i]
		switch {
		case !e.From.Rate:
			obs[i] = *p
		case v.fresh:
			obs[i] = 0
		default:
			obs[i] = (*p - v.before[i]) / dt
		}
		if e.Noise > 0 && v.rng != nil {
			obs[i] += e.Noise * v.rng.NormFloat64()
		}
		if e.Delay > 0 {
			obs[i] = v.late(i, obs[i], e.Delay)
		}
		if e.Clip {
			obs[i] = min(max(obs[i], e.Low), e.High)
		}
	}
}

// late takes the newest value of entry i and returns the one observed now: delay steps old.
func (v *view) late(i int, x float64, delay int) float64 {
	if v.fresh { // what was before the episode is as its beginning
		v.seen[i] = slices.Repeat([]float64{x}, delay)
		return x
	}
	v.seen[i] = append(v.seen[i], x)
	first := v.seen[i][0]
	v.seen[i] = slices.Delete(v.seen[i], 0, 1)
	return first
}

// bounded reports whether a state is within the task's limits.
func (v *view) bounded(qpos, qvel []float64) bool {
	for _, l := range v.task.Scene.Limits {
		field := qpos
		if l.Field == task.Velocity {
			field = qvel
		}
		for _, x := range field[min(l.First, len(field)):] {
			if !(x < l.Below && x > -l.Below) {
				return false
			}
		}
	}
	return true
}
