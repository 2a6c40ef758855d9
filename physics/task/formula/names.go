package formula

import (
	"fmt"
	"go/ast"
	"go/token"
)

// Entry names a run of numbers in a row.
type Entry struct {
	Name      string
	First     int
	Length    int
	Condition bool // its numbers are conditions: 0 or 1
}

// Definition is a named formula, which later formulas may use as if it were written there in brackets. A
// definition of observation entries also has the names "next.NAME" and, where Goal has those entries too, "goal.NAME".
type Definition struct {
	Name   string
	Source string
	At     Position
}

// Names are the names that formulas may use.
type Names struct {
	Observation []Entry // NAME before the step, next.NAME after it
	Action      []Entry // action.NAME
	Actions     int     // length of "action"
	Goal        []Entry // goal.NAME
	Goals       int     // length of "goal"
	Parameters  []string
	Definitions []Definition
	// Nearest returns the one of names of which name may be a misspelling, "" if none is near. It may be nil.
	Nearest func(name string, names []string) string
}

// Rows is a set of rows.
type Rows uint8

// Only returns the set of the given rows.
func Only(rows ...Row) Rows {
	var set Rows
	for _, r := range rows {
		set |= 1 << r
	}
	return set
}

func (s Rows) has(r Row) bool { return s&(1<<r) != 0 }

// Scope compiles formulas over given names. It is immutable, and goroutines may use it concurrently.
type Scope struct {
	names       Names
	observation map[string]Entry
	action      map[string]Entry
	goal        map[string]Entry
	parameters  map[string]int
	definitions map[string]int
	trees       []ast.Expr // trees of the definitions; nil where one has a mistake
}

// reserved are the names with a fixed meaning.
func reserved(name string) bool {
	switch name {
	case "action", "next", "goal", "pi", "true", "false":
		return true
	}
	return isFunction(name)
}

// NewScope checks names and definitions. It returns a scope with every mistake: formulas over names without a
// mistake can still be compiled.
func NewScope(names Names) (*Scope, []Problem) {
	s := &Scope{names: names, observation: map[string]Entry{}, action: map[string]Entry{}, goal: map[string]Entry{},
		parameters: map[string]int{}, definitions: map[string]int{}}
	var problems []Problem
	report := func(at Position, format string, arguments ...any) {
		problems = append(problems, Problem{at, fmt.Sprintf(format, arguments...)})
	}
	s.addEntries(report)
	for i, name := range names.Parameters {
		if s.free(name, Position{}, report) {
			s.parameters[name] = i
		}
	}
	s.trees = make([]ast.Expr, len(names.Definitions))
	for i, d := range names.Definitions {
		if s.free(d.Name, d.At, report) {
			s.definitions[d.Name] = i
		}
	}
	for i, d := range names.Definitions {
		if at, ok := s.definitions[d.Name]; !ok || at != i {
			continue
		}
		if faults := s.define(i); len(faults) > 0 {
			problems = append(problems, faults...)
			s.trees[i] = nil
		}
	}
	return s, problems
}

// addEntries adds the entries of all rows.
func (s *Scope) addEntries(report func(at Position, format string, arguments ...any)) {
	add := func(row string, entries []Entry, into map[string]Entry, shared bool) {
		for _, e := range entries {
			_, twice := into[e.Name]
			switch {
			case e.First < 0 || e.Length < 1 || e.Length > MaxLength || e.First+e.Length > MaxRow:
				report(Position{}, "%s entry %q: numbers %d to %d, want at most %d of a row of at most %d", row, e.Name, e.First, e.First+e.Length-1, MaxLength, MaxRow)
			case twice:
				report(Position{}, "%s entry %q stands there twice", row, e.Name)
			case !isName(e.Name):
				report(Position{}, "%s entry %q: want letters, digits and _, with a letter first, and no word of Go", row, e.Name)
			case shared && reserved(e.Name):
				report(Position{}, "%s entry %q has a name that the language uses", row, e.Name)
			default:
				into[e.Name] = e
			}
		}
	}
	add("observation", s.names.Observation, s.observation, true)
	add("action", s.names.Action, s.action, false)
	add("goal", s.names.Goal, s.goal, false)
}

// free reports whether a parameter or definition may have that name.
func (s *Scope) free(name string, at Position, report func(at Position, format string, arguments ...any)) bool {
	_, entry := s.observation[name]
	_, parameter := s.parameters[name]
	_, definition := s.definitions[name]
	switch {
	case !isName(name):
		report(at, "%q: want letters, digits and _, with a letter first, and no word of Go", name)
	case reserved(name):
		report(at, "%q is a name that the language uses", name)
	case entry || parameter || definition:
		report(at, "%q has two meanings", name)
	default:
		return true
	}
	return false
}

func isName(name string) bool { return token.IsIdentifier(name) && name != "_" }
