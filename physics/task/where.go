package task

import "go.yaml.in/yaml/v3"

// Where returns the place in the task file that says something, as "robot/task.yaml:7:5: ", "" where none
// does: "observation NAME", "place NAME", "draw NAME", "reward NAME", or a key, as "pose".
func (t *Task) Where(what string) string { return t.where[what] }

// mark keeps the place of something that only the compiled model, or the play, may find a mistake in.
func (l *loader) mark(what string, node *yaml.Node) {
	if l.t.where == nil {
		l.t.where = map[string]string{}
	}
	if _, known := l.t.where[what]; !known {
		l.t.where[what] = l.at(node).String() + ": "
	}
}
