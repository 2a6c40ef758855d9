package run

import (
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/palmal-rl/palmal/algo"
	"github.com/palmal-rl/palmal/cmd/palmal/internal/usage"
	"github.com/palmal-rl/palmal/physics"
	"github.com/palmal-rl/palmal/physics/task"
	"github.com/palmal-rl/palmal/physics/tasks"
)

// Named is a task as a user names it.
type Named struct {
	Name   string   // built-in, path, or gym:ID
	Python string   // program that runs environments; "" looks for python3
	Sets   []string // arguments KEY=VALUE of gymnasium.make
}

// Find returns a new copy of the task. An environment of Gymnasium is started to ask what it observes.
func (n Named) Find() (*task.Task, error) {
	id, isEnvironment := strings.CutPrefix(n.Name, tasks.Environment)
	if !isEnvironment {
		t, err := tasks.Find(n.Name)
		if err == nil && len(n.Sets) > 0 {
			return nil, fmt.Errorf("--env-set is for tasks gym:ID; the arguments of %s stand in its task file", n.Name)
		}
		if err == nil && t.Environment != nil {
			t.Environment.Program = n.Python
		}
		return t, err
	}
	if id == "" {
		return nil, errors.New("gym: names no environment, want gym:ID or gym:MODULE:ID, as gym:Pendulum-v1")
	}
	kwargs, err := task.Kwargs(n.Sets)
	if err != nil {
		return nil, fmt.Errorf("--env-set: %w", err)
	}
	return physics.EnvironmentOf(&task.Environment{ID: id, Kwargs: kwargs, Program: n.Python})
}

// findNamed finds a task, and names the exit code of its failure.
func findNamed(n Named) (*task.Task, error) {
	t, err := n.Find()
	if err == nil {
		return t, nil
	}
	code := usage.Mistake
	if errors.Is(err, physics.ErrEnvironment) {
		code = usage.World
	}
	return nil, &usage.Error{Code: code, Err: err}
}

// pythonKey is the key of the program that runs environments.
const pythonKey = "run.python"

// pythonOf is the program that assignments name.
func pythonOf(assignments []Assignment) string {
	python := ""
	for _, a := range assignments {
		if a.Key == pythonKey {
			python = a.node.Value
		}
	}
	return python
}

// presetOf is the preset's configuration for a task: what the task leaves to the model is learned.
func presetOf(name string, algorithm algo.Algorithm, t *task.Task) (algo.Config, error) {
	c, err := algo.Preset(name, algorithm, t.Horizon, t.Presets)
	if err != nil {
		return c, err
	}
	reward, end := t.Learns()
	c.Model.LearnReward, c.Model.LearnEnd = c.Model.LearnReward || reward, c.Model.LearnEnd || end
	return c, nil
}

// learningProblems refuses a model that does not learn what the task has no formula for.
func (c Config) learningProblems(add func(key, reason string)) {
	t, err := c.LoadTask()
	if err != nil {
		return
	}
	reward, end := t.Learns()
	if reward && !c.Model.LearnReward {
		add("model.learn_reward", fmt.Sprintf("is false, but %s has no formula of its reward", t.Name))
	}
	if end && !c.Model.LearnEnd {
		add("model.learn_termination", fmt.Sprintf("is false, but %s has no formula of its termination", t.Name))
	}
	if c.Run.Python == "" {
		return
	}
	if _, err := exec.LookPath(c.Run.Python); c.Run.Python != "" && t.Environment != nil && err != nil {
		add(pythonKey, fmt.Sprintf("is %s: %v; name another by --python", c.Run.Python, err))
	}
}

// AbsoluteProgram is the path of a program that a user names by a path, so that it does not depend on the directory.
func AbsoluteProgram(name string) string {
	if !strings.ContainsRune(name, filepath.Separator) {
		return name
	}
	if absolute, err := filepath.Abs(name); err == nil {
		return absolute
	}
	return name
}
