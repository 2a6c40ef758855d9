package task

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/palmal-rl/palmal/physics/task/formula"
)

// Bounds of symmetries.
const (
	mostOrder  = 24 // a cube has no more rotations
	mostImages = 47 // those of a cube and its mirror image
)

// compileSymmetries compiles the symmetries. Their formulas see a row alone: no parameter, by which a symmetry could cease to
// be one.
func (l *loader) compileSymmetries(observation, action []formula.Entry) {
	if len(l.raw.symmetries) == 0 {
		return
	}
	s := l.bare(formula.Names{Observation: observation, Action: action, Actions: len(l.t.Action), Nearest: Near})
	for _, p := range l.raw.symmetries {
		if one, ok := l.symmetry(s, p, observation, action); ok && !l.addSymmetry(p.key, one) {
			return
		}
	}
}

// symmetry compiles one symmetry.
func (l *loader) symmetry(s *formula.Scope, p pair, observation, action []formula.Entry) (one Symmetry, ok bool) {
	mistakes := len(l.problems)
	if one.Name = p.key.Value; one.Name == "" {
		l.report(p.key, "a symmetry without a name")
	}
	given := map[place]bool{}
	for _, entry := range l.pairs(p.value) {
		c, ok := l.change(s, entry, observation, action)
		if !ok {
			continue
		}
		for i := range c.count {
			at := place{c.row, c.first + i}
			if given[at] {
				l.report(entry.key, "symmetry %s changes %s twice", one.Name, l.t.nameAt(at))
				break
			}
			given[at] = true
		}
		one.changes, one.Changes = append(one.changes, c), append(one.Changes, Term{entry.key.Value, written(entry.value)})
	}
	return one, len(l.problems) == mistakes
}

// written is a formula as the tables show it.
func written(node *yaml.Node) string {
	if node.Kind != yaml.SequenceNode {
		return formula.Format(node.Value)
	}
	var each []string
	for _, entry := range node.Content {
		each = append(each, formula.Format(resolved(entry).Value))
	}
	return "vector(" + strings.Join(each, ", ") + ")"
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
	c.of = l.program(s, p.value, p.value.Value, seen(formula.Only(c.row), numbersOf(c.count)))
	return c, c.of != nil
}

// addSymmetry finds the order of a symmetry and adds it, unless some rows show that it is none, or that its images are
// those of others. It returns false where the task has no room for more.
func (l *loader) addSymmetry(at *yaml.Node, one Symmetry) bool {
	for seed := range uint64(tried) {
		fault := ""
		if one.Order, fault = l.t.orderOf(one, seed, max(1, one.Order)); fault != "" {
			l.report(at, "symmetry %s: %s", one.Name, fault)
			return true
		}
	}
	known := len(l.t.Symmetries)
	if l.t.Symmetries = append(l.t.Symmetries, one); l.t.Images() > mostImages {
		l.report(at, "symmetries with %d images of every row: want at most %d", l.t.Images(), mostImages)
		return false
	}
	if k, other := l.t.twin(); k > 0 {
		l.t.Symmetries = slices.Delete(l.t.Symmetries, known, known+1)
		l.report(at, "symmetry %s: with the others it gives an image twice, images %d and %d (0 is the row itself): leave it out, or state a smaller one", one.Name, other, k)
	}
	return true
}
