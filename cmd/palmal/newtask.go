package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/palmal-rl/palmal/cmd/palmal/disk"
	"github.com/palmal-rl/palmal/cmd/palmal/internal/usage"
	"github.com/palmal-rl/palmal/cmd/palmal/run"
	"github.com/palmal-rl/palmal/physics"
	"github.com/palmal-rl/palmal/physics/mujoco"
	"github.com/palmal-rl/palmal/physics/task"
	"github.com/palmal-rl/palmal/physics/tasks"
)

// writeTask writes the folder of a new task.
func (p *program) writeTask(folder, model string) error {
	if _, err := os.Lstat(folder); err == nil {
		return usage.Mistakef("%s exists already", folder)
	}
	above, file := filepath.Split(model)
	text, assets, files, err := task.ReadModel(task.Source{Folder: filepath.ToSlash(above), File: file, Read: func(name string) ([]byte, error) {
		return os.ReadFile(filepath.Join(above, filepath.FromSlash(name)))
	}})
	if err != nil {
		return &usage.Error{Code: usage.Mistake, Err: err}
	}
	written, err := physics.Draft(nameOf(folder), file, text, assets)
	if errors.Is(err, mujoco.ErrMissing) {
		return refuseWorld(err)
	}
	if err != nil {
		return &usage.Error{Code: usage.Mistake, Err: err}
	}
	files[task.FileName] = []byte(written)
	return p.writeFolder(folder, files, "edit reward in")
}

// writeEnvironment writes the folder of a new task that is an environment of Gymnasium.
func (p *program) writeEnvironment(folder string, of run.Named) error {
	if _, err := os.Lstat(folder); err == nil {
		return usage.Mistakef("%s exists already", folder)
	}
	if !strings.HasPrefix(of.Name, tasks.Environment) {
		return usage.Mistakef("--env %s: want gym:ID, as gym:Pendulum-v1", usage.Word(of.Name))
	}
	t, err := findTask(of)
	if err != nil {
		return err
	}
	return p.writeFolder(folder, t.Files, "look at reward and terminated in")
}

// writeFolder writes the files of a new task. Half a task would be in the way of the next try, so an error leaves nothing.
func (p *program) writeFolder(folder string, files map[string][]byte, next string) (err error) {
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(folder))
		}
	}()
	for name, text := range files {
		path := filepath.Join(folder, filepath.FromSlash(tasks.Inside(name)))
		if err := disk.MakeAll(filepath.Dir(path)); err != nil {
			return err
		}
		if err := os.WriteFile(path, text, 0o666); err != nil {
			return err
		}
	}
	t, err := tasks.Load(folder)
	if err != nil {
		return fmt.Errorf("the new task has mistakes: %w", err)
	}
	doubts, err := physics.DoubtServos(t)
	if err != nil {
		return fmt.Errorf("the new task has mistakes: %w", err)
	}
	for _, text := range doubts {
		p.warn("%s", text)
	}
	path := filepath.Join(folder, task.FileName)
	if p.json {
		p.printJSON(map[string]any{"task": t.Name, "folder": folder, "file": path, "observation": len(t.Observation), "action": len(t.Action)})
		return nil
	}
	shown := folder
	if !tasks.IsPath(shown) {
		shown = "." + string(filepath.Separator) + shown
	}
	p.printf("%s: %d observation entries, %d actions\nnext: %s %s, then palmal tasks check %s and palmal train --task %s\n",
		folder, len(t.Observation), len(t.Action), next, path, usage.Word(shown), usage.Word(shown))
	return nil
}

// nameOf derives a task's name from its folder's.
func nameOf(folder string) string {
	if absolute, err := filepath.Abs(folder); err == nil {
		folder = absolute
	}
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_' || r == '-' {
			return r
		}
		return '_'
	}, filepath.Base(folder))
}
