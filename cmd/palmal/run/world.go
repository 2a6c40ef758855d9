package run

import (
	"path/filepath"
	"strings"

	"github.com/palmal-rl/palmal/physics/remote"
	"github.com/palmal-rl/palmal/physics/task"
)

// worldOf is the robot that assignments, or else the task, name; "" for none.
func worldOf(assignments []Assignment, t *task.Task) string {
	world := ""
	if t.Simulator == task.Robot {
		world = t.World
	}
	for _, a := range assignments {
		if a.Key == "world" {
			world = a.node.Value
		}
	}
	return world
}

// placeWorld makes the paths in the robot's address absolute, so that a resumed run finds it from anywhere.
func (c *Config) placeWorld() error {
	for _, word := range []string{remote.InboxAddress, remote.UnixAddress} {
		if path, ok := strings.CutPrefix(c.World, word); ok {
			absolute, err := filepath.Abs(path)
			c.World = word + absolute
			return err
		}
	}
	return nil
}

// worldProblems lists what a run with a robot cannot have.
func (c Config) worldProblems(add func(key, reason string)) {
	if c.World == "" {
		if t, err := c.LoadTask(); err == nil && t.Simulator == task.Robot {
			add("world", "is empty, but the task is a robot's: want its address")
		}
		return
	}
	if err := remote.CheckAddress(c.World); err != nil {
		add("world", err.Error())
	}
	if len(c.Perturbations) > 0 {
		add("perturbations", "cannot change the world of a robot")
	}
	if c.Repeat != 1 {
		add("action_repeat", "must be 1 with a robot, whose steps are decisions")
	}
	if c.Relabel != 0 {
		add("relabel", "must be 0 with a robot, which follows its own goals")
	}
}
