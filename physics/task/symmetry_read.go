package task

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/palmal-rl/palmal/physics/task/formula"
)

// Bounds of symmetries.
const (
	mostOrder   = 24   // a cube has no more rotations
	mostImages  = 47   // those of a cube and its mirror image
	sameNumbers = 1e-4 // constants of five digits lead back to where they began
)

// compileSymmetries compiles the symmetries in the scope of a step.
func (l *loader) compileSymmetries(s *formula.Scope, observation, action []formula.Entry) {
	for _, p := range l.raw.symmetries {
		one, sound := Symmetry{Name: p.key.Value}, true
		for _, entry := range l.pairs(p.value) {
			c, ok := l.change(s, entry, observation, action)
			if sound = sound && ok; ok {
				one.changes, one.Changes = append(one.changes, c), append(one.Changes, Term{entry.key.Value, c.of.String()})
			}
		}
		if sound {
			l.addSymmetry(p.key, one)
		}
	}
}

// change compiles the formula of the image of an entry, of a line, or of the whole action.
func (l *loader) change(s *formula.Scope, p pair, observation, action []formula.Entry) (c change, ok bool) {
	places := map[string]change{"action": {row: formula.Action, count: len(l.t.Action)}}
	names := entryNames(observation)
	for _, e := range observation {
		places[e.Name] = change{row: formula.Obs, first: e.First, count: e.Length}
	}
	for _, e := range action {
		places["action."+e.Name] = change{row: formula.Action, first: e.First, count: e.Length}
		names = append(names, "action."+e.Name)
	}
	if c, ok = places[p.key.Value]; !ok {
		l.report(p.key, "unknown entry %q%s", p.key.Value, hint(p.key.Value, append(names, "action")))
		return c, false
	}
	c.of = l.program(s, p.value, p.value.Value, seen(formula.Only(c.row), number(c.count)))
	return c, c.of != nil
}

// addSymmetry finds the order of a symmetry and adds it, unless one row shows that it is none.
func (l *loader) addSymmetry(at *yaml.Node, one Symmetry) {
	obs, act := l.t.anyRow()
	image, moved := slices.Clone(obs), slices.Clone(act)
	apart := ""
	for one.Order = 1; one.Order <= mostOrder; one.Order++ {
		one.apply(l.t, image, moved)
		if fault := l.t.faultOf(image, moved); fault != "" {
			l.report(at, "symmetry %s: %s", one.Name, fault)
			return
		}
		if apart = l.t.apart(obs, image, act, moved); apart == "" {
			break
		}
	}
	switch {
	case one.Order == 1:
		l.report(at, "symmetry %s changes nothing", one.Name)
		return
	case one.Order > mostOrder:
		l.report(at, "symmetry %s: applied %d times in a row it has not led back to where it began: %s differs", one.Name, mostOrder, apart)
		return
	}
	if l.t.Symmetries = append(l.t.Symmetries, one); l.t.Images() > mostImages {
		l.report(at, "symmetries with %d images of every row: want at most %d", l.t.Images(), mostImages)
	}
}

// anyRow is an observation that shows what the task says of its entries, with the action that led to it.
func (t *Task) anyRow() (obs, act []float64) {
	rng := rand.New(rand.NewPCG(1, 2))
	within := func(e Entry) float64 {
		return max(e.Low, -1) + (min(e.High, 1)-max(e.Low, -1))*rng.Float64()
	}
	for _, e := range t.Action {
		act = append(act, within(e))
	}
	for _, e := range t.Observation {
		x := within(e)
		if e.Kind == LastAction && e.From.Index < len(act) {
			x = act[e.From.Index]
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
	for i, e := range t.Observation {
		if e.Kind == LastAction && e.From.Index < len(act) && !(math.Abs(obs[i]-act[e.From.Index]) <= sameNumbers) {
			fault = fmt.Sprintf("%s is the last action, and its image is not that of the action", e.Name)
		}
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
	for i, e := range t.Action {
		if !(math.Abs(act[i]-other[i]) <= sameNumbers) {
			return "action " + e.Name
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
