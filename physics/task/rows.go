package task

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// row is a computed line of the observation: its entries are outputs of one formula, or have a formula
// each.
type row struct {
	formula *yaml.Node
	text    string
	from    *NamedPlace // "value" of the formula
	count   int
}

// each lists the words that replace {} in a row, one for each of its entries. A row without each has one
// entry.
func (l *loader) each(node *yaml.Node) (names, elements []string) {
	switch node.Kind {
	case yaml.SequenceNode:
		for _, entry := range l.list(node) {
			names = append(names, l.word(entry))
		}
		elements = names
	default:
		for _, p := range l.pairs(node) {
			names, elements = append(names, p.key.Value), append(elements, l.word(p.value))
		}
	}
	if len(names) == 0 { // the line would vanish
		l.report(node, "want at least one word")
	}
	return names, elements
}

// fill puts a word in the place of {}.
func fill(text, word string) string { return strings.ReplaceAll(text, "{}", word) }

// line is a line of the observation in the task file.
type line struct {
	name, as, unit, kind, from string
	names, elements            []string
	formula, fromNode          *yaml.Node
	low, high                  float64
	bounded, clip              bool
	inert, rate                bool
	noise                      float64
	delay                      int
}

func (l *loader) observation(node *yaml.Node) {
	for _, entry := range l.list(node) {
		o := line{kind: Predicted, names: []string{""}, elements: []string{""}}
		o.low, o.high = unbounded()
		l.fields(entry, readers{
			"name": l.into(&o.name), "as": l.into(&o.as), "unit": l.into(&o.unit), "inert": l.flagInto(&o.inert), "rate": l.flagInto(&o.rate),
			"delay": l.wholeInto(&o.delay, 0),
			"noise": func(n *yaml.Node) {
				if o.noise = l.number(n); o.noise < 0 {
					l.report(n, "noise %g: want none below 0", o.noise)
				}
			},
			"kind": func(n *yaml.Node) {
				o.kind = l.word(n)
				if kinds := []string{Predicted, LastAction, Constant, Angle, Unit, NextUnit}; !slices.Contains(kinds, o.kind) {
					l.report(n, "unknown kind %q%s", o.kind, hint(o.kind, kinds))
				}
			},
			"each":    func(n *yaml.Node) { o.names, o.elements = l.each(n) },
			"from":    func(n *yaml.Node) { o.from, o.fromNode = l.word(n), n },
			"formula": func(n *yaml.Node) { o.formula = n },
			"range": func(n *yaml.Node) {
				bounds := l.numbers(n, 2)
				o.low, o.high, o.bounded = bounds[0], bounds[1], true
			},
			"clip": func(n *yaml.Node) {
				o.high = l.number(n)
				o.low, o.bounded, o.clip = -o.high, true, true
			},
		}, "name")
		l.addLine(entry, o)
	}
}

// addLine adds the entries of a line.
func (l *loader) addLine(node *yaml.Node, o line) {
	switch outside := l.t.Simulator == Robot; {
	case outside && (o.from != "" || o.formula != nil || o.rate || o.noise != 0 || o.delay != 0):
		l.report(node, "a robot sends its observation as it is: want no from, formula, rate, noise or delay")
	case !outside && o.from == "" && o.formula == nil && l.t.Simulator != Library:
		l.report(node, "want from, a place in the simulator, or formula")
	}
	e := Entry{Unit: o.unit, Low: o.low, High: o.high, Clip: o.clip, Kind: o.kind, Inert: o.inert || o.kind == Constant || o.kind == LastAction,
		Noise: o.noise, Delay: o.delay}
	switch {
	case o.bounded:
	case o.kind == Angle:
		e.Low, e.High = -math.Pi, math.Pi
	case o.kind == Unit, o.kind == NextUnit:
		e.Low, e.High = -1, 1
	}
	if !(e.Low < e.High) {
		l.report(node, "bounds [%g, %g]: want the lower one first", e.Low, e.High)
	}
	first, apart := len(l.t.Observation), o.kind == NextUnit
	if apart {
		e.Kind = Unit
	}
	single := o.formula != nil && o.from == "" && !strings.Contains(o.formula.Value, "{}") // one formula for all
	if single {
		l.raw.rows = append(l.raw.rows, row{formula: o.formula, text: o.formula.Value, count: len(o.names)})
	}
	several := l.raw.several || len(o.names) > 1 // a line of several is a unit vector of its own
	l.raw.several = len(o.names) > 1
	for i, name := range o.names {
		e.Name = fill(o.name, name)
		e.next = i == 0 && (several || apart) && e.Kind == Unit && first > 0 && l.t.Observation[first-1].Kind == Unit
		l.mark("observation "+e.Name, cmp.Or(o.fromNode, node))
		l.place(&e, o, i, single)
		l.raw.observationNames = append(l.raw.observationNames, identifier{entryName, e.Name, len(l.t.Observation), 1, node})
		l.t.Observation = append(l.t.Observation, e)
	}
	if o.as != "" {
		l.raw.observationNames = append(l.raw.observationNames, identifier{givenName, o.as, first, len(o.names), node})
	} else if len(o.names) > 1 {
		l.raw.observationNames = append(l.raw.observationNames, identifier{groupName, fill(o.name, " "), first, len(o.names), node})
	}
}

// place returns where entry i of a line is read.
func (l *loader) place(e *Entry, o line, i int, single bool) {
	var from NamedPlace
	if l.t.Simulator == Robot {
		e.From = l.sent(o.kind)
		return
	}
	if o.from != "" {
		text := fill(o.from, o.elements[i])
		p, _, _, err := parsePlace(text)
		if err != nil {
			l.report(o.fromNode, "%v", err)
			return
		}
		if text == o.from && i > 0 { // the same element: its further numbers
			p.Index += i
		}
		p.Rate = o.rate
		l.usePlace(p, o.fromNode)
		e.From, from = p, NamedPlace{Name: "value", Place: p, Count: 1}
	}
	if o.formula == nil {
		l.observed(e, o)
		return
	}
	if o.rate {
		l.report(o.formula, "a formula has no rate")
	}
	text := fill(o.formula.Value, o.elements[i])
	shown := text
	if o.from != "" {
		shown += ", value = " + e.From.String()
	} else if len(o.names) > 1 && single {
		shown = o.names[i] + " of " + text
	}
	if !single {
		r := row{formula: o.formula, text: text, count: 1}
		if o.from != "" {
			r.from = &from
		}
		l.raw.rows = append(l.raw.rows, r)
	}
	e.From = Place{Field: Computed, Element: shown, Index: l.computedEntries()}
}

// sent is the place of the next entry of a robot's observation. The k-th last action is that of action k.
func (l *loader) sent(kind string) Place {
	if kind != LastAction {
		return Place{Field: Sent, Index: len(l.t.Observation)}
	}
	k := 0
	for _, e := range l.t.Observation {
		if e.Kind == LastAction {
			k++
		}
	}
	return Place{Field: LastTaken, Index: k}
}

// computedEntries counts the entries so far that are computed.
func (l *loader) computedEntries() int {
	n := 0
	for _, e := range l.t.Observation {
		if e.From.Field == Computed {
			n++
		}
	}
	return n
}

func (l *loader) action(node *yaml.Node) {
	for _, entry := range l.list(node) {
		var name, unit, motor, servo string
		names, elements := []string{""}, []string{""}
		low, high := -1.0, 1.0
		var angles, actuator *yaml.Node
		l.fields(entry, readers{
			"name": l.into(&name), "unit": l.into(&unit), "motor": func(n *yaml.Node) { motor, actuator = l.word(n), n },
			"servo": func(n *yaml.Node) { servo, actuator = l.word(n), n },
			"each":  func(n *yaml.Node) { names, elements = l.each(n) },
			"range": func(n *yaml.Node) {
				if bounds := l.numbers(n, 2); bounds[0] < bounds[1] {
					low, high = bounds[0], bounds[1]
				} else {
					l.report(n, "bounds [%g, %g]: want the lower one first", bounds[0], bounds[1])
				}
			},
			"angles": func(n *yaml.Node) { angles = n },
		}, "name")
		switch foreign := slices.Contains([]string{Go, Gymnasium, Library, Robot}, l.t.Simulator); {
		case l.t.Simulator == Gymnasium && actuator != nil:
			l.report(actuator, "an environment in Python has no actuators: its actions are numbered")
		case l.t.Simulator == Robot && actuator != nil:
			l.report(actuator, "a robot has its actions in their order: want neither motor nor servo")
		case !foreign && (motor == "") == (servo == ""):
			l.report(entry, "want one of motor and servo, the name of an actuator")
		}
		servos := l.servos(entry, servo, angles, len(names))
		for i := range names {
			e := Entry{Name: fill(name, names[i]), Unit: unit, Low: low, High: high, From: Place{Field: Control, Element: fill(motor+servo, elements[i])}}
			l.usePlace(e.From, actuator)
			if servos != nil {
				e.Servo = &servos[i]
			}
			if e.From.Element == "" {
				e.From.Index = len(l.t.Action)
			}
			l.raw.actionNames = append(l.raw.actionNames, identifier{entryName, e.Name, len(l.t.Action), 1, entry})
			l.t.Action = append(l.t.Action, e)
		}
	}
}

// servos reads the angle ranges of a line of servos: one for all, or one for each; none means those of the
// model's actuators.
func (l *loader) servos(node *yaml.Node, servo string, angles *yaml.Node, n int) []Servo {
	if servo == "" {
		if angles != nil {
			l.report(angles, "angles are for servos")
		}
		return nil
	}
	all := make([]Servo, n)
	for i := range all {
		all[i].Model = angles == nil
	}
	if angles == nil {
		return all
	}
	ranges := l.list(angles)
	if len(ranges) > 0 && ranges[0].Kind == yaml.ScalarNode {
		ranges = slices.Repeat([]*yaml.Node{angles}, n)
	}
	if len(ranges) != n {
		l.report(angles, "%d ranges, want one, or one for each of %d", len(ranges), n)
		return all
	}
	for i, entry := range ranges {
		bounds := l.numbers(entry, 2)
		if all[i].Low, all[i].High = bounds[0], bounds[1]; !(bounds[0] < bounds[1]) {
			l.report(entry, "angles [%g, %g]: want the lower one first", bounds[0], bounds[1])
		}
	}
	return all
}
