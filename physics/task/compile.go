package task

import (
	"fmt"
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/palmal-rl/palmal/physics/task/formula"
)

// compile compiles all formulas.
func (l *loader) compile() {
	observation, action := l.entries("observation", l.raw.observationNames), l.entries("action", l.raw.actionNames)
	l.compileScene(action)
	l.compileStep(observation, action)
	l.compileEpisode()
	l.compilePerturbations()
	l.compileRecording()
}

// scope makes a scope and reports mistakes in its names.
func (l *loader) scope(names formula.Names) *formula.Scope {
	names.Nearest = Near
	for _, p := range l.t.Parameters {
		names.Parameters = append(names.Parameters, p.Name)
	}
	return l.bare(names)
}

// bare makes a scope without the task's parameters.
func (l *loader) bare(names formula.Names) *formula.Scope {
	s, problems := formula.NewScope(names)
	for _, p := range problems {
		if p.At.File == "" {
			p.At.File = l.file
		}
		if !slices.Contains(l.problems, p) { // scopes share names
			l.problems = append(l.problems, p)
		}
	}
	return s
}

// program compiles a formula of a given length, or a single condition; 0 is any length.
func (l *loader) program(s *formula.Scope, node *yaml.Node, text string, want formula.Want) *formula.Program {
	if node.Kind == yaml.SequenceNode { // [a, b] is vector(a, b)
		return l.vector(s, node, want)
	}
	if node.Kind != yaml.ScalarNode {
		l.report(node, "want a formula")
		return nil
	}
	p, problems := s.Compile(text, l.at(node), want)
	l.problems = append(l.problems, problems...)
	return p
}

// vector compiles a list of formulas of one number each.
func (l *loader) vector(s *formula.Scope, node *yaml.Node, want formula.Want) *formula.Program {
	if want.Type.Condition {
		l.report(node, "want a condition, this is a list")
		return nil
	}
	if n := len(node.Content); want.Type.Length > 0 && n != want.Type.Length {
		l.report(node, "%d formulas, want %d", n, want.Type.Length)
		return nil
	}
	each := formula.Want{Type: numbersOf(1), Sees: want.Sees}
	var parts []*formula.Program
	for _, entry := range l.list(node) {
		if entry.Kind != yaml.ScalarNode { // a list that holds itself has no end
			l.report(entry, "want a formula")
		} else if p := l.program(s, entry, entry.Value, each); p != nil {
			parts = append(parts, p)
		}
	}
	if len(parts) != len(node.Content) {
		return nil
	}
	return l.join(node, parts)
}

// join makes one program of several.
func (l *loader) join(node *yaml.Node, parts []*formula.Program) *formula.Program {
	if len(parts) == 0 {
		return nil
	}
	p, err := formula.Join(parts...)
	if err != nil {
		l.report(node, "%v", err)
	}
	return p
}

func numbersOf(n int) formula.Type                     { return formula.Type{Length: n} }
func condition() formula.Type                          { return formula.Type{Length: 1, Condition: true} }
func seen(r formula.Rows, t formula.Type) formula.Want { return formula.Want{Type: t, Sees: r} }

// definitions lists named formulas.
func (l *loader) named(pairs []pair) []formula.Definition {
	var all []formula.Definition
	for _, p := range pairs {
		all = append(all, formula.Definition{Name: p.key.Value, Source: l.word(p.value), At: l.at(p.value)})
	}
	return all
}

// compileStep compiles the formulas of a step: reward, termination, success, measures, relabelled goals.
func (l *loader) compileStep(observation, action []formula.Entry) {
	t := l.t
	for _, p := range append(slices.Clone(l.raw.computed), l.raw.definitions...) {
		t.Definitions = append(t.Definitions, Term{p.key.Value, formula.Format(p.value.Value)})
	}
	s := l.scope(formula.Names{Observation: observation, Action: action, Actions: len(t.Action), Goal: observation, Definitions: l.named(l.raw.definitions)})
	var terms []*formula.Program
	for _, p := range l.raw.terms {
		l.mark("reward "+p.key.Value, p.value)
		if program := l.program(s, p.value, l.source(p.value), seen(formula.Only(formula.Obs, formula.Action, formula.Next), numbersOf(1))); program != nil {
			terms = append(terms, program)
			t.Terms = append(t.Terms, Term{p.key.Value, program.String()})
			if t.Simulator == Library {
				t.Terms[len(t.Terms)-1].Formula = p.value.Value
			}
		}
	}
	if t.RewardFrom != Formula {
		t.rewards = l.program(s, &yaml.Node{Kind: yaml.ScalarNode}, "0", seen(formula.Only(formula.Obs, formula.Action, formula.Next), numbersOf(1)))
	}
	if len(terms) == len(l.raw.terms) && len(terms) > 0 {
		t.rewards = l.join(l.raw.terms[0].key, terms)
	}
	t.Termination = "never"
	if n := l.raw.ended; n != nil && l.outside(n) {
		t.Termination = n.Value
	} else if t.EndFrom != Formula {
		t.Termination = t.EndFrom
	} else if n != nil && n.Value != "never" {
		if t.ended = l.program(s, n, n.Value, seen(formula.Only(formula.Next), condition())); t.ended != nil {
			t.Termination = t.ended.String()
		}
	}
	l.compileFall(s)
	if n := l.raw.achieved; n != nil {
		l.mark("success.step", n)
		t.achieved = l.program(s, n, n.Value, seen(formula.Only(formula.Next), condition()))
	}
	for i, n := range l.raw.measures {
		if p := l.program(s, n, n.Value, seen(formula.Only(formula.Next), numbersOf(1))); p != nil {
			t.Measures[i].program, t.Measures[i].Formula = p, p.String()
		}
	}
	l.compileLimits(s)
	l.compileSymmetries(observation, action)
	for _, p := range l.raw.retargets {
		i := slices.IndexFunc(observation, func(e formula.Entry) bool { return e.Name == p.key.Value })
		if i < 0 {
			l.report(p.key, "unknown entry %q%s", p.key.Value, hint(p.key.Value, entryNames(observation)))
			continue
		}
		e := observation[i]
		if program := l.program(s, p.value, p.value.Value, seen(formula.Only(formula.Obs, formula.Goal), numbersOf(e.Length))); program != nil {
			t.retargets = append(t.retargets, retarget{e.First, e.Length, program})
		}
	}
}

func entryNames(entries []formula.Entry) []string {
	var names []string
	for _, e := range entries {
		names = append(names, e.Name)
	}
	return names
}

// outcome is the row from which the success of an episode is computed; see Task.Succeeded.
func outcome() []formula.Entry {
	return []formula.Entry{{Name: "terminated", First: 0, Length: 1, Condition: true},
		{Name: "last", First: 1, Length: 1, Condition: true}, {Name: "steps", First: 2, Length: 1}}
}

func (l *loader) compileEpisode() {
	n := l.raw.succeeded
	if n == nil {
		return
	}
	s := l.scope(formula.Names{Observation: outcome()})
	if l.t.succeeded = l.program(s, n, n.Value, seen(formula.Only(formula.Obs), condition())); l.t.succeeded == nil {
		return
	}
	l.t.Success = l.t.succeeded.String()
	if l.t.achieved != nil {
		l.t.Success += fmt.Sprintf("; a step: %s", l.t.achieved)
	}
}

// compileScene compiles the formulas over places of the simulator.
func (l *loader) compileScene(action []formula.Entry) {
	t, scene := l.t, &l.t.Scene
	var places, drawn []formula.Entry
	for _, p := range scene.Places {
		places = append(places, formula.Entry{Name: p.Name, First: p.First, Length: p.Count})
	}
	for _, d := range t.Reset {
		if name := IdentifierOf(d.Name); d.Into == GoalNumber {
			drawn = append(drawn, formula.Entry{Name: name, First: d.First, Length: d.Count})
		}
	}
	names := formula.Names{Observation: places, Action: action, Actions: len(t.Action), Goal: drawn, Goals: t.Goals()}
	for _, p := range t.Parameters {
		names.Parameters = append(names.Parameters, p.Name)
	}
	names.Parameters, names.Nearest = append(names.Parameters, "dt"), Near
	scene.FirstAim = scene.Size
	for _, p := range l.raw.aims {
		if program := l.program(l.bare(names), p.value, p.value.Value, seen(formula.Only(formula.Obs, formula.Goal), numbersOf(1))); program != nil {
			scene.Aims = append(scene.Aims, program)
		}
		names.Observation = append(slices.Clip(names.Observation), formula.Entry{Name: p.key.Value, First: scene.Size, Length: 1})
		scene.Size++
	}
	s := l.bare(names)
	if n := l.raw.position; n != nil {
		scene.MarkerPosition = l.program(s, n, n.Value, seen(formula.Only(formula.Obs, formula.Goal), numbersOf(3)))
	}
	if n := l.raw.quaternion; n != nil {
		scene.MarkerQuaternion = l.program(s, n, n.Value, seen(formula.Only(formula.Obs, formula.Goal), numbersOf(4)))
	}
	names.Definitions = l.named(l.raw.computed)
	l.compileRows(names)
}

// compileRows compiles the computed entries of the observation.
func (l *loader) compileRows(names formula.Names) {
	scene := &l.t.Scene
	s := l.bare(names)
	var all []*formula.Program
	for _, r := range l.raw.rows {
		own := s
		if r.from != nil {
			r.from.First = scene.Size
			scene.Places, scene.Size = append(scene.Places, *r.from), scene.Size+1
			with := names
			with.Observation = append(slices.Clip(names.Observation), formula.Entry{Name: "value", First: r.from.First, Length: 1})
			own = l.bare(with)
		}
		if p := l.program(own, r.formula, r.text, seen(formula.Only(formula.Obs, formula.Action, formula.Goal), numbersOf(r.count))); p != nil {
			all = append(all, p)
		}
	}
	if len(all) == len(l.raw.rows) && len(all) > 0 {
		scene.Computed = l.join(l.raw.rows[0].formula, all)
	}
}

// compilePerturbations compiles the values of edits.
func (l *loader) compilePerturbations() {
	s := l.bare(formula.Names{Parameters: []string{"value"}, Nearest: Near})
	i := 0
	for k := range l.t.Perturbations {
		for j := range l.t.Perturbations[k].Edits {
			if n := l.raw.perturbations[i]; n != nil {
				l.t.Perturbations[k].Edits[j].Value = l.program(s, n, n.Value, formula.Want{})
			}
			i++
		}
	}
}

// compileRecording compiles the formula of the drawn goal from a recorded one.
func (l *loader) compileRecording() {
	g := &l.t.Recording.Goal
	if n := l.raw.goal; n != nil {
		s := l.bare(formula.Names{Observation: []formula.Entry{{Name: "recorded", First: 0, Length: g.Count}}, Nearest: Near})
		g.Drawn = l.program(s, n, n.Value, seen(formula.Only(formula.Obs), numbersOf(l.t.Goals())))
	}
}
