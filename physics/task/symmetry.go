package task

import (
	"slices"

	"github.com/palmal-rl/palmal/physics/task/formula"
)

// Symmetry maps states and actions of a robot to others that move alike, as a mirror does: the image of what follows a
// state and an action is what follows their images. Applied Order times it leads back.
type Symmetry struct {
	Name    string `json:"name"`
	Order   int    `json:"order"`
	Changes []Term `json:"changes"` // the entries that change, with the formulas of their images

	changes []change
}

// change computes the images of count entries, from first on.
type change struct {
	row          formula.Row // formula.Obs or formula.Action
	first, count int
	of           *formula.Program
}

// apply replaces an observation [O] and an action [A] by their images. Either may be empty.
func (s *Symmetry) apply(t *Task, obs, act []float64) {
	inputs := &formula.Inputs{formula.Obs: slices.Clone(obs), formula.Action: slices.Clone(act)}
	for _, c := range s.changes {
		into := obs
		if c.row == formula.Action {
			into = act
		}
		if len(into) > 0 {
			c.of.Eval(into[c.first:c.first+c.count], inputs)
		}
	}
	for i := range obs {
		if t.Observation[i].Kind == Angle {
			obs[i] = formula.Wrap(obs[i])
		}
	}
}

// SymmetryNames names the symmetries.
func (t *Task) SymmetryNames() []string {
	names := make([]string, len(t.Symmetries))
	for i, s := range t.Symmetries {
		names[i] = s.Name
	}
	return names
}

// SymmetryOrder returns how often a symmetry is applied until it has led back; 0 for a name that the task does not have.
func (t *Task) SymmetryOrder(name string) int {
	if s := t.symmetry(name); s != nil {
		return s.Order
	}
	return 0
}

// ImageUnder replaces an observation [O] and an action [A] by their image under a symmetry of the task. Either may be empty.
func (t *Task) ImageUnder(name string, obs, act []float64) {
	if s := t.symmetry(name); s != nil {
		s.apply(t, obs, act)
	}
}

// symmetry finds a symmetry by its name; nil for none.
func (t *Task) symmetry(name string) *Symmetry {
	if i := slices.IndexFunc(t.Symmetries, func(s Symmetry) bool { return s.Name == name }); i >= 0 {
		return &t.Symmetries[i]
	}
	return nil
}

// Images returns how many images a row has beside itself: those of all symmetries together, each applied from 0 to Order-1
// times.
func (t *Task) Images() int {
	n := 1
	for _, s := range t.Symmetries {
		n *= s.Order
	}
	return n - 1
}

// Image replaces an observation [O] and an action [A] by their image k, from 1 to Images; 0 is the row itself. Either may be empty.
func (t *Task) Image(k int, obs, act []float64) {
	for i := range t.Symmetries {
		s := &t.Symmetries[i]
		for range k % s.Order {
			s.apply(t, obs, act)
		}
		k /= s.Order
	}
}
