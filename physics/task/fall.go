package task

import (
	"fmt"

	"go.yaml.in/yaml/v3"

	"github.com/palmal-rl/palmal/physics/task/formula"
)

// compileFall compiles the formula of a fall, alone and together with the termination.
func (l *loader) compileFall(s *formula.Scope) {
	n := l.raw.fallen
	if n == nil {
		return
	}
	l.mark("fallen", n)
	if l.t.EndFrom != Formula {
		l.report(n, "fallen needs a formula, or never, as terminated, which is %s", l.t.EndFrom)
		return
	}
	want := seen(formula.Only(formula.Next), condition())
	if l.t.fallen = l.program(s, n, n.Value, want); l.t.fallen == nil {
		return
	}
	l.t.Fall, l.t.over = l.t.fallen.String(), l.t.fallen
	if l.t.ended != nil {
		both := fmt.Sprintf("(%s) || (%s)", l.raw.ended.Value, n.Value)
		l.t.over = l.program(s, &yaml.Node{Kind: yaml.ScalarNode, Line: n.Line, Column: n.Column}, both, want)
	}
}

// HasFall reports whether the task has states that end episodes of training only.
func (t *Task) HasFall() bool { return t.fallen != nil }

// Fallen reports whether next is a fall: a state from which there is nothing to learn, although the task continues.
func (t *Task) Fallen(next []float64) bool {
	return t.fallen != nil && t.fallen.Holds(&formula.Inputs{formula.Next: next, formula.Parameters: t.values})
}

// FallPrograms returns what Programs returns, with the program of termination or fall in place of termination.
func (t *Task) FallPrograms() (rewards, ended []uint32) {
	rewards, ended = t.Programs()
	if t.over != nil && rewards != nil {
		ended = t.over.Encode()
	}
	return rewards, ended
}
