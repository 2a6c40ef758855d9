package task

import (
	"slices"

	"go.yaml.in/yaml/v3"
)

// Library is the simulator of a task whose world is Go code of another program, which uses package palmal. Its
// file describes the world and computes nothing: [Task.Rewards] is 0, and nothing terminates.
const Library = "library"

// library reads the name of the code.
func (l *loader) library(node *yaml.Node) { l.t.Simulator, l.t.World = Library, l.word(node) }

// observed numbers an entry of such a world's observation, which has no places.
func (l *loader) observed(e *Entry, o line) {
	if o.from == "" {
		e.From = Place{Field: Observed, Index: len(l.t.Observation)}
	}
}

// source is the formula of a term of the reward. Tasks of a library have none: a word says where the reward in a
// learned model comes from.
func (l *loader) source(node *yaml.Node) string {
	if l.t.Simulator != Library {
		return node.Value
	}
	if words := []string{Library, Learned}; !slices.Contains(words, node.Value) {
		l.report(node, "reward %q: want library or learned where the world is code of a library%s", node.Value, hint(node.Value, words))
	}
	l.t.RewardFrom = node.Value
	return "0"
}

// outside reports whether the termination is not a formula of the file.
func (l *loader) outside(node *yaml.Node) bool {
	if l.t.Simulator != Library {
		return false
	}
	switch node.Value {
	case Library, Learned:
		l.t.EndFrom = node.Value
	case "never":
	default:
		l.report(node, "terminated %q: want library, learned or never where the world is code of a library", node.Value)
	}
	return true
}
