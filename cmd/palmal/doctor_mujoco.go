package main

import (
	"fmt"
	"strings"

	"github.com/palmal-rl/palmal/physics"
	"github.com/palmal-rl/palmal/physics/mujoco"
	"github.com/palmal-rl/palmal/physics/task"
	"github.com/palmal-rl/palmal/physics/tasks"
)

// measuredWith is the release of MuJoCo that the built-in tasks were recorded and measured with.
const measuredWith = "2.2.2"

// checkMuJoCo opens every task that needs MuJoCo, and lists all libraries that were found.
func checkMuJoCo() []check {
	var checks []check
	found := mujoco.Find()
	used := ""
	for _, l := range found {
		if l.Used {
			used = fmt.Sprintf("%s, %s (found by %s)", l.Version, l.Path, l.Source)
		}
	}
	checks = append(checks, checkTasks(used))
	for _, l := range found {
		switch {
		case l.Used:
		case l.Err != nil:
			checks = append(checks, check{"MuJoCo also", verdictWarn, fmt.Sprintf("%s (found by %s): %v", l.Path, l.Source, l.Err), ""})
		default:
			checks = append(checks, check{"MuJoCo also", verdictOK, fmt.Sprintf("%s, %s (found by %s), not used", l.Version, l.Path, l.Source),
				fmt.Sprintf("to use it: %s=%s", mujoco.Variable, l.Path)})
		}
	}
	return checks
}

// checkTasks opens the tasks in the library that is used.
func checkTasks(used string) check {
	var names []string
	for _, name := range tasks.Names() {
		t, err := tasks.Get(name)
		if err != nil {
			return check{"MuJoCo", verdictFail, err.Error(), ""}
		}
		if t.Simulator == task.MuJoCo {
			names = append(names, name)
		}
	}
	if _, err := mujoco.InUse(); err != nil {
		reason := strings.TrimPrefix(strings.TrimPrefix(err.Error(), mujoco.ErrMissing.Error()), "; ")
		if reason != "" {
			reason = "; " + reason
		}
		return check{"MuJoCo", verdictWarn, "not found, which leaves out " + strings.Join(names, ", ") + reason, mujoco.ErrMissing.Error()}
	}
	for _, name := range names {
		t, err := tasks.Get(name)
		if err == nil {
			var world *physics.World
			if world, err = physics.Open(t, physics.Options{Workers: 1}); err == nil {
				err = world.Close()
			}
		}
		if err != nil {
			return check{"MuJoCo", verdictFail, fmt.Sprintf("%s: %s: %v", used, name, err), "reinstall MuJoCo: make setup"}
		}
	}
	note := ""
	if version := mujoco.Version(); version != measuredWith {
		note = fmt.Sprintf("; the tasks' recordings and curves are of %s, and contacts differ between releases", measuredWith)
	}
	return check{"MuJoCo", verdictOK, fmt.Sprintf("%s; opened %s%s", used, strings.Join(names, ", "), note), ""}
}
