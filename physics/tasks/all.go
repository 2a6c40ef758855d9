// Package tasks holds the built-in tasks, a folder each: task.yaml, the preset tuned.yaml, the robot's
// model and recordings of the original for tests. They are written as users write theirs.
package tasks

import (
	"embed"
	"fmt"
	"path"
	"slices"

	"github.com/palmal-rl/palmal/physics/task"
)

//go:embed */*.yaml */*.xml
var folders embed.FS

// Names returns the names of the built-in tasks, in the order in which they are shown.
func Names() []string {
	return []string{
		"pointmass",
		"cartpole",
		"inverted_pendulum",
		"hopper",
		"ant",
		"dclaw_turn",
		"dkitty_orient",
		"reacher7dof",
		"pen",
	}
}

// Get returns a new copy of the built-in task of that name.
func Get(name string) (*task.Task, error) {
	if !slices.Contains(Names(), name) {
		return nil, fmt.Errorf("unknown task %q%s", name, task.Suggest(name, Names()))
	}
	t, err := task.Load(task.Source{Folder: name, File: task.FileName, Read: func(file string) ([]byte, error) {
		return folders.ReadFile(path.Join(name, file))
	}})
	if err == nil {
		t.BuiltIn = true
	}
	return t, err
}
