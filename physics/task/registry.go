package task

import "fmt"

// registry lists every task in the order in which they are shown.
func registry() []func() *Task {
	return []func() *Task{pointmass, cartpole, invertedPendulum, hopper, ant,
		dclawTurn, dkittyOrient, reacher7dof, pen}
}

// Names returns the names of all tasks.
func Names() []string {
	var names []string
	for _, build := range registry() {
		names = append(names, build().Name)
	}
	return names
}

// Get returns a new copy of the task of that name.
func Get(name string) (*Task, error) {
	for _, build := range registry() {
		t := build()
		if t.Name != name {
			continue
		}
		for _, p := range t.Parameters {
			t.values = append(t.values, p.Value)
		}
		return t, nil
	}
	return nil, unknown("task", name, Names())
}

// unknown returns the error for a name that is not among names.
func unknown(what, name string, names []string) error {
	return fmt.Errorf("unknown %s %q:%s", what, name, Suggest(name, names)[1:])
}
