// Package tasks holds the built-in tasks, a folder each: the robot's model and
// recordings of the original for tests.
package tasks

import (
	"embed"
	"fmt"

	"github.com/palmal-rl/palmal/physics/task"
)

//go:embed */model.xml
var folders embed.FS

// Names returns the names of the built-in tasks, in the order in which they are shown.
func Names() []string { return task.Names() }

// Get returns a new copy of the built-in task of that name.
func Get(name string) (*task.Task, error) {
	t, err := task.Get(name)
	if err != nil || t.Simulator != task.MuJoCo {
		return t, err
	}
	if t.Model, err = folders.ReadFile(name + "/model.xml"); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return t, nil
}
