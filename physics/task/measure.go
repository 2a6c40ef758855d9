package task

import (
	"math"
	"slices"

	"github.com/palmal-rl/palmal/physics/task/formula"
)

// Measure is a named number of a state that describes progress, such as the distance
// to a goal. It is not part of the reward.
type Measure struct {
	Name     string `json:"name"`
	Unit     string `json:"unit"`
	Formula  string `json:"formula"`
	Circular bool   `json:"circular,omitempty"` // an angle in [-π, π): it can be compared, but has no mean

	program *formula.Program
}

// measure returns a measure of next.
func (t *Task) measure(m Measure, next []float64) float64 {
	return m.program.Number(&formula.Inputs{formula.Next: next, formula.Parameters: t.values})
}

// MeasureNames returns the names of the measures that can be averaged, in order.
func (t *Task) MeasureNames() []string {
	var names []string
	for _, m := range t.Measures {
		if !m.Circular {
			names = append(names, m.Name)
		}
	}
	return names
}

// Measure fills values with the measures of next that can be averaged. It allocates
// nothing.
func (t *Task) Measure(values, next []float64) {
	i := 0
	for _, m := range t.Measures {
		if !m.Circular {
			values[i] = t.measure(m, next)
			i++
		}
	}
}

// Quantity is a part of a state whose prediction is compared with the world's: a
// measure or a group of observation entries.
type Quantity struct {
	Name string
	Unit string
	Main bool // a measure, not a group of entries
	// Distance returns the distance of a predicted state from the true one, ≥ 0.
	Distance func(truth, predicted []float64) float64
}

// Quantities returns the task's measures and the groups of its observation: runs of
// adjacent entries of one kind and unit that a model predicts, compared by the
// Euclidean norm. Angles are compared on the circle.
func (t *Task) Quantities() []Quantity {
	var all []Quantity
	for _, m := range t.Measures {
		all = append(all, Quantity{m.Name, m.Unit, true, func(truth, predicted []float64) float64 {
			return math.Abs(difference(t.measure(m, truth), t.measure(m, predicted), m.Circular))
		}})
	}
	for first := 0; first < len(t.Observation); {
		e, end := t.Observation[first], first+1
		for end < len(t.Observation) && t.Observation[end].Kind == e.Kind && t.Observation[end].Unit == e.Unit && !t.Observation[end].next {
			end++
		}
		if g := t.group(first, end); e.Kind != Constant && e.Kind != LastAction &&
			!slices.ContainsFunc(all, func(q Quantity) bool { return q.Name == g.Name }) { // a measure that is an entry
			all = append(all, g)
		}
		first = end
	}
	return all
}

// group compares the entries from first to before end.
func (t *Task) group(first, end int) Quantity {
	e := t.Observation[first]
	name, circular := e.Name, e.Kind == Angle
	if end > first+1 {
		name += " … " + t.Observation[end-1].Name
	}
	return Quantity{name, e.Unit, false, func(truth, predicted []float64) float64 {
		sum := 0.0
		for i := first; i < end; i++ {
			d := difference(truth[i], predicted[i], circular)
			sum += d * d
		}
		return math.Sqrt(sum)
	}}
}

// difference returns y − x, wrapped to [-π, π) on the circle.
func difference(x, y float64, circular bool) float64 {
	d := y - x
	if circular {
		d = formula.Wrap(d)
	}
	return d
}
