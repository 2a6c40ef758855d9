package task

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/palmal-rl/palmal/physics/task/formula"
)

// Rows on which symmetries are tried.
const (
	tried       = 20   // a formula that fails for one row in five passes with a chance of 1 %
	sameNumbers = 1e-4 // constants of five digits lead back to where they began
)

// place is an entry of an observation or of an action.
type place struct {
	row   formula.Row // formula.Obs or formula.Action
	index int
}

// nameAt names an entry.
func (t *Task) nameAt(p place) string {
	if p.row == formula.Action {
		return "action " + t.Action[p.index].Name
	}
	return t.Observation[p.index].Name
}

// orderOf is how often a symmetry is applied to a row until it has led back, least at least; fault says why it is none.
func (t *Task) orderOf(one Symmetry, seed uint64, least int) (order int, fault string) {
	obs, act := t.anyRow(seed)
	image, moved := slices.Clone(obs), slices.Clone(act)
	apart := ""
	for order = 1; order <= mostOrder; order++ {
		one.apply(t, image, moved)
		if fault = t.faultOf(image, moved); fault != "" {
			return order, fault
		}
		if apart = t.apart(obs, image, act, moved); apart == "" && order >= least {
			break
		}
	}
	switch {
	case order == 1:
		return order, "it changes nothing"
	case order > mostOrder:
		return order, fmt.Sprintf("applied %d times it has not led back to where it began: %s differs", mostOrder, apart)
	}
	return order, ""
}

// twin finds an image k that is another one, or the row itself, 0; k is 0 where there is none.
func (t *Task) twin() (k, other int) {
	obs, act := t.anyRow(0)
	var rows, actions [][]float64
	for k = range t.Images() + 1 {
		image, moved := slices.Clone(obs), slices.Clone(act)
		t.Image(k, image, moved)
		for other = range rows {
			if t.apart(rows[other], image, actions[other], moved) == "" {
				return k, other
			}
		}
		rows, actions = append(rows, image), append(actions, moved)
	}
	return 0, 0
}

// anyRow is an observation that shows what the task says of its entries, with the action that led to it.
func (t *Task) anyRow(seed uint64) (obs, act []float64) {
	rng := rand.New(rand.NewPCG(1, seed))
	within := func(e Entry) float64 {
		low, high := max(e.Low, -1), min(e.High, 1)
		if !(low < high) { // none of it is near 0
			low, high = max(e.Low, e.High-1), min(e.High, e.Low+1)
		}
		return low + (high-low)*rng.Float64()
	}
	for _, e := range t.Action {
		act = append(act, within(e))
	}
	repeated := t.repeated()
	for i, e := range t.Observation {
		x := within(e)
		if k := repeated[i]; k >= 0 && k < len(act) {
			x = act[k]
		}
		obs = append(obs, x)
	}
	t.eachUnit(func(first, end int) {
		for i, size := first, norm(obs[first:end]); i < end; i++ {
			obs[i] /= size
		}
	})
	return obs, act
}

// eachUnit visits the entries of every unit vector of the observation.
func (t *Task) eachUnit(visit func(first, end int)) {
	kinds := t.ObservationKinds()
	for i := 0; i < len(kinds); i++ {
		if kinds[i] != Unit && kinds[i] != NextUnit {
			continue
		}
		first := i
		for i+1 < len(kinds) && kinds[i+1] == Unit {
			i++
		}
		visit(first, i+1)
	}
}

// faultOf says what no observation with its last action can be; "" for nothing.
func (t *Task) faultOf(obs, act []float64) (fault string) {
	t.eachUnit(func(first, end int) {
		if size := norm(obs[first:end]); !(math.Abs(size-1) <= sameNumbers) {
			fault = fmt.Sprintf("the image of the unit vector that begins with %s has the length %.4g", t.Observation[first].Name, size)
		}
	})
	for i, k := range t.repeated() {
		if k >= 0 && k < len(act) && !(math.Abs(obs[i]-act[k]) <= sameNumbers) {
			fault = fmt.Sprintf("%s is the last action, and its image is not that of the action", t.Observation[i].Name)
		}
	}
	beyond := func(p place, e Entry, x float64) {
		if slack := sameNumbers * (1 + math.Abs(x)); fault == "" && !(x >= e.Low-slack && x <= e.High+slack) {
			fault = fmt.Sprintf("an image of %s is %.4g, beyond [%g, %g]", t.nameAt(p), x, e.Low, e.High)
		}
	}
	for i, e := range t.Observation {
		if e.Kind != Angle { // which wraps
			beyond(place{formula.Obs, i}, e, obs[i])
		}
	}
	for i, e := range t.Action {
		beyond(place{formula.Action, i}, e, act[i])
	}
	return fault
}

// apart names an entry in which two observations with their actions differ; "" for none.
func (t *Task) apart(a, b, act, other []float64) string {
	for i, e := range t.Observation {
		if !(math.Abs(difference(a[i], b[i], e.Kind == Angle)) <= sameNumbers) {
			return e.Name
		}
	}
	for i := range t.Action {
		if !(math.Abs(act[i]-other[i]) <= sameNumbers) {
			return t.nameAt(place{formula.Action, i})
		}
	}
	return ""
}

func norm(x []float64) float64 {
	sum := 0.0
	for _, each := range x {
		sum += each * each
	}
	return math.Sqrt(sum)
}
