package task

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/palmal-rl/palmal/physics/task/formula"
	"github.com/palmal-rl/palmal/physics/task/mjcf"
)

// operations are the formulas that change an attribute without edits.
func operations() map[string]string {
	return map[string]string{"set": "value", "scale": "value*model", "add": "model + value"}
}

// drawnLine is a line of randomise in the task file.
type drawnLine struct {
	Randomisation
	names, elements []string
	into, operation *yaml.Node
	edits           []drawnEdit
}

// drawnEdit is an edit of a line: a target with a formula.
type drawnEdit struct {
	into        mjcf.Target
	node, value *yaml.Node
}

// randomise reads the numbers that change the model from episode to episode.
func (l *loader) randomise() {
	if l.raw.randomise == nil {
		l.checkDrawn()
		return
	}
	if l.t.Simulator != MuJoCo {
		l.report(l.raw.randomise, "an analytic world has no MJCF to change")
		return
	}
	r := &randomiser{loader: l}
	text, err := mjcf.Inline(l.t.Model, l.t.Assets)
	if err == nil {
		r.model, err = mjcf.Parse(text)
	}
	if err != nil {
		return // reported where the model is read
	}
	before := len(l.problems)
	for _, entry := range l.list(l.raw.randomise) {
		r.line(entry)
	}
	if len(l.problems) > before {
		r.reportMisspelt()
	}
	l.checkDrawn()
}

// checkDrawn reports places of drawn numbers that there are not.
func (l *loader) checkDrawn() {
	var names []string
	for _, r := range l.t.Randomise {
		names = append(names, r.Name)
	}
	for _, u := range l.used {
		if u.kind == Drawn && !slices.Contains(names, u.name) {
			l.report(u.node, "no number %q is drawn in randomise%s", u.name, hint(u.name, names))
		}
	}
}

// randomiser reads the lines of randomise.
type randomiser struct {
	*loader
	model   *mjcf.Document
	changed []changedNumbers
	set     []setAttribute
}

// changedNumbers are numbers of the model that some line changes.
type changedNumbers struct {
	element *mjcf.Element
	into    mjcf.Target
}

// line reads one line: a number, or with each several.
func (r *randomiser) line(node *yaml.Node) {
	d := drawnLine{names: []string{""}, elements: []string{""}}
	var given []*yaml.Node
	var within *yaml.Node
	known := readers{
		"name": r.into(&d.Name), "unit": r.into(&d.Unit), "meaning": r.into(&d.Meaning),
		"each":      func(n *yaml.Node) { d.names, d.elements = r.each(n) },
		"into":      func(n *yaml.Node) { d.into = n },
		"operation": func(n *yaml.Node) { d.operation = n },
		"edits":     func(n *yaml.Node) { r.edits(&d, n) },
		"range":     func(n *yaml.Node) { within = n },
	}
	maps.Copy(known, r.chance(&d.Chance, &given))
	r.fields(node, known, "name")
	r.checkChance(node, given)
	if within != nil {
		r.within(&d.Chance, within)
	}
	if (d.into == nil) == (len(d.edits) == 0) {
		r.report(node, "want one of into, an attribute of the model as geom.floor.friction, and edits")
	}
	for i, name := range d.names {
		one := d.Randomisation
		one.Name, one.Changes = fill(d.Name, name), nil
		if r.drawn(one.Name) {
			r.report(node, "there are two draws %q", one.Name)
		}
		r.mark("randomise "+one.Name, node)
		if d.into != nil {
			r.change(&one, d, d.elements[i])
		}
		for _, e := range d.edits {
			r.edit(&one, e.into, e.node, formulaText(e.value), func(s *formula.Scope, want formula.Want) *formula.Program {
				return r.program(s, e.value, e.value.Value, want)
			})
		}
		r.t.Randomise = append(r.t.Randomise, one)
	}
}

// drawn reports whether a draw has this name.
func (l *loader) drawn(name string) bool {
	return slices.ContainsFunc(l.t.Reset, func(d Draw) bool { return d.Name == name }) ||
		slices.ContainsFunc(l.t.Randomise, func(d Randomisation) bool { return d.Name == name })
}

// within reads the bounds of a normal number.
func (l *loader) within(c *Chance, node *yaml.Node) {
	b := l.numbers(node, 2)
	if c.Distribution != Normal {
		l.report(node, "range is for normal")
		return
	}
	if c.Low, c.High = b[0], b[1]; !(c.Low < c.High) || !(c.share(c.High)-c.share(c.Low) > 1e-3) {
		l.report(node, "range [%g, %g]: want the lower bound first, and a part of the distribution between them", c.Low, c.High)
	}
}

// edits reads changes by formulas, in the words of perturbations.
func (r *randomiser) edits(d *drawnLine, node *yaml.Node) {
	for _, entry := range r.list(node) {
		var element, name, attribute string
		e := drawnEdit{node: entry}
		r.fields(entry, readers{"element": r.into(&element), "name": r.into(&name), "attribute": r.into(&attribute),
			"into": func(n *yaml.Node) { e.node, e.into = n, r.targetOf(n, n.Value) }, "value": func(n *yaml.Node) { e.value = n }}, "value")
		switch {
		case e.into.Attribute == "" && (element == "" || attribute == ""):
			r.report(entry, "want into, or element and attribute")
		case e.into.Attribute == "":
			e.into = mjcf.Attribute(element, name, attribute)
		}
		if e.value != nil && e.into.Attribute != "" {
			d.edits = append(d.edits, e)
		}
	}
}

// targetOf reads a target.
func (l *loader) targetOf(node *yaml.Node, text string) mjcf.Target {
	t, err := mjcf.ParseTarget(text)
	if err != nil {
		l.report(node, "%v", err)
		return mjcf.Target{}
	}
	return t
}

// change reads the attribute that a line changes, and how.
func (r *randomiser) change(one *Randomisation, d drawnLine, element string) {
	into := r.targetOf(d.into, fill(r.word(d.into), element))
	text, operation := "value", "set"
	if d.operation != nil {
		if operation = r.word(d.operation); operations()[operation] == "" {
			r.report(d.operation, "unknown operation %q%s", operation, hint(operation, slices.Sorted(maps.Keys(operations()))))
			return
		}
		text = operations()[operation]
	}
	if into.Attribute == "" {
		return
	}
	if into.Count > 1 && operation == "set" {
		text = fmt.Sprintf("repeat(value, %d)", into.Count)
	}
	if one.Texts() {
		if into.Count > 0 || operation != "set" {
			r.report(d.into, "a chosen text is written as the whole attribute")
			return
		}
		r.edit(one, into, d.into, "", nil)
		return
	}
	r.edit(one, into, d.into, text, func(s *formula.Scope, want formula.Want) *formula.Program { return r.program(s, d.into, text, want) })
}

// edit adds a change by a formula, nil for the chosen text.
func (r *randomiser) edit(one *Randomisation, into mjcf.Target, node *yaml.Node, text string, compiled func(*formula.Scope, formula.Want) *formula.Program) {
	e, err := r.model.Find(into, Suggest)
	if err != nil {
		r.report(node, "%s: %v", into, err)
		return
	}
	for _, other := range r.changed {
		if other.element == e && other.into.SharesNumber(into) {
			r.report(node, "%s is changed twice, here and as %s", into, other.into)
			return
		}
	}
	r.changed = append(r.changed, changedNumbers{e, into})
	numbers := Numbers(r.model, e, into.Attribute)
	if into.First+into.Count > len(numbers) {
		r.report(node, "%s: the model writes %d numbers there", into, len(numbers))
		return
	}
	change := Change{Into: into, text: text}
	if compiled != nil {
		if change.Value = r.formulaOf(into, node, numbers, compiled); change.Value == nil {
			return
		}
	} else if !one.Texts() {
		return
	}
	one.Changes = append(one.Changes, change)
	r.set = append(r.set, setAttribute{into, node})
	r.tryExtremes(one, change, numbers, node)
}

// formulaText is a formula, or a list of them, as it is shown.
func formulaText(node *yaml.Node) string {
	if node.Kind != yaml.SequenceNode {
		return formula.Format(node.Value)
	}
	var words []string
	for _, entry := range node.Content {
		words = append(words, formula.Format(entry.Value))
	}
	return "[" + strings.Join(words, ", ") + "]"
}

// formulaOf compiles the formula of a change.
func (r *randomiser) formulaOf(into mjcf.Target, node *yaml.Node, numbers []float64, compiled func(*formula.Scope, formula.Want) *formula.Program) *formula.Program {
	names := formula.Names{Parameters: []string{"value"}, Nearest: Near}
	n := len(numbers)
	if into.Count > 0 {
		n = into.Count
	}
	if n > 0 {
		names.Observation = []formula.Entry{{Name: "model", First: 0, Length: n}}
	}
	before := len(r.problems)
	p := compiled(r.bare(names), formula.Want{Type: numbersOf(into.Count), Sees: formula.Only(formula.Obs)})
	if n == 0 && p == nil && len(r.problems) > before { // most likely for lack of model
		r.problems = r.problems[:before]
		if near := r.misspelt(into); near != "" {
			r.report(node, "%s: the model writes no attribute %q, did you mean %q? Else write it in the model to scale it or to add to it", into, into.Attribute, near)
			return nil
		}
		r.report(node, "%s: the model does not write this attribute as numbers, so that it can only be set, to a formula of value; write it in the model to scale it or to add to it", into)
	}
	return p
}

// tryExtremes reports drawn numbers that are impossible in the model.
func (r *randomiser) tryExtremes(one *Randomisation, change Change, numbers []float64, node *yaml.Node) {
	for _, x := range one.Extremes() {
		text, err := change.Text(&one.Chance, x, numbers)
		if err == nil {
			err = mjcf.Impossible(change.Into.Attribute, text)
		}
		if err != nil {
			remedy := ""
			if one.Distribution == Normal && one.Low == one.High {
				remedy = "; give it a range"
			}
			r.report(node, "%s = %g makes %s impossible: %v%s", one.Name, x, change.Into, err, remedy)
			return
		}
	}
}
