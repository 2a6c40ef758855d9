package task

import (
	"go.yaml.in/yaml/v3"

	"github.com/palmal-rl/palmal/physics/task/formula"
)

// SafetyLimit is a named condition that every step should hold, such as a largest joint speed. It is no part of
// the reward and does not end an episode.
type SafetyLimit struct {
	Name    string `json:"name"`
	Formula string `json:"formula"`

	program *formula.Program
}

// LimitNames returns the names of the limits, in order.
func (t *Task) LimitNames() []string {
	var names []string
	for _, l := range t.Limits {
		names = append(names, l.Name)
	}
	return names
}

// AcceptedRisk returns the largest probability, for each limit, that an episode breaks it which the task
// accepts; 0 where there is no limit.
func (t *Task) AcceptedRisk() float64 { return t.Risk }

// Broken fills broken [L] with the limits that the step from obs by act to next breaks. A limit over numbers
// that are not finite is broken.
func (t *Task) Broken(broken []bool, obs, act, next []float64) {
	in := formula.Inputs{formula.Obs: obs, formula.Action: act, formula.Next: next, formula.Parameters: t.values}
	for i, l := range t.Limits {
		broken[i] = !l.program.Holds(&in)
	}
}

// safety reads the named limits. A list is what older files wrote for state_limits.
func (l *loader) safety(node *yaml.Node) {
	if node.Kind == yaml.SequenceNode {
		l.report(node, `want names with conditions, as in "speed: max(abs(next.rate)) < 2"; a list of {of, first, below} is state_limits`)
		return
	}
	l.mark("limits", node)
	l.raw.limits = l.pairs(node)
}

// risk reads the probability that the limits may be broken with.
func (l *loader) risk(node *yaml.Node) {
	l.raw.risk, l.t.Risk = node, l.number(node)
	if !(l.t.Risk > 0 && l.t.Risk <= 1) {
		l.report(node, "risk %s: want a probability above 0, at most 1", node.Value)
	}
}

// compileLimits compiles the limits in the scope of a step.
func (l *loader) compileLimits(s *formula.Scope) {
	switch pairs := l.raw.limits; {
	case len(pairs) > 0 && l.raw.risk == nil:
		l.report(pairs[0].key, "limits want risk, the largest probability that an episode may break one, as in risk: 0.1")
	case len(pairs) == 0 && l.raw.risk != nil:
		l.report(l.raw.risk, "risk is given, but there are no limits")
	}
	for _, p := range l.raw.limits {
		l.mark("limit "+p.key.Value, p.value)
		want := seen(formula.Only(formula.Obs, formula.Action, formula.Next), condition())
		if program := l.program(s, p.value, p.value.Value, want); program != nil {
			l.t.Limits = append(l.t.Limits, SafetyLimit{p.key.Value, program.String(), program})
		}
	}
}
