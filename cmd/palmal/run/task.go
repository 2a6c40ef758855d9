package run

import (
	"errors"
	"fmt"
	"io"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/palmal-rl/palmal/algo"
	"github.com/palmal-rl/palmal/cmd/palmal/disk"
	"github.com/palmal-rl/palmal/cmd/palmal/internal/usage"
	"github.com/palmal-rl/palmal/physics/task"
	"github.com/palmal-rl/palmal/physics/tasks"
)

// taskName is the folder of a run directory that holds the run's copy of a task which did not come with
// the program. config.yaml names the task file in it.
const taskName = "task"

// LoadTask returns a new copy of the task that the configuration names.
func (c Config) LoadTask() (*task.Task, error) {
	if c.own != nil {
		t := c.own.Clone()
		if t.Environment != nil {
			e := *t.Environment
			e.Program, e.Processes = c.Run.Python, c.Run.EnvWorkers
			t.Environment = &e
		}
		return t, nil
	}
	return tasks.Get(c.Task)
}

// EffectivePreset is the preset that the values come from, which tuned stands for.
func (c Config) EffectivePreset() string {
	t, err := c.LoadTask()
	if err != nil {
		return c.Preset
	}
	effective, err := algo.Effective(c.Preset, c.Algorithm, t.Presets)
	if err != nil {
		return c.Preset
	}
	return effective
}

// TaskName is the name of the task.
func (c Config) TaskName() string {
	if c.own != nil {
		return c.own.Name
	}
	return c.Task
}

// Asked is the configuration as it was asked for: it names a user's task by the path that it was read from.
func (c Config) Asked() Config {
	if c.own != nil {
		c.Task = c.from
	}
	return c
}

// nameTask lets the configuration name the copy of a user's task in the run directory, wherever it was
// read from.
func (c *Config) nameTask() {
	if c.own != nil {
		c.Task = path.Join(taskName, c.own.File)
	}
}

// checkTask refuses an unknown task name, unless it is a path.
func checkTask(name string) error {
	if tasks.IsPath(name) || strings.HasPrefix(name, tasks.Environment) || slices.Contains(tasks.Names(), name) {
		return nil
	}
	_, err := tasks.Find(name)
	return &usage.Error{Code: usage.Mistake, Err: err}
}

// taskPath is the path of a task that an assignment names: a path in a file is relative to its directory.
func taskPath(name, origin string) string {
	if !tasks.IsPath(name) || filepath.IsAbs(name) {
		return name
	}
	file := origin
	for { // "my.yaml:3" or "my.yaml:3:7"
		i := strings.LastIndex(file, ":")
		if i < 0 {
			break
		}
		if _, err := strconv.Atoi(file[i+1:]); err != nil {
			break
		}
		file = file[:i]
	}
	if file == origin { // a flag
		return name
	}
	return filepath.Join(filepath.Dir(file), name)
}

// writeTask copies the task's folder into the run directory, where the task did not come with the program.
func (d *Directory) writeTask(c Config) error {
	if c.own == nil {
		return nil
	}
	return disk.Build(d.folder, taskName, func(draft string) error {
		var failures []error
		made := map[string]bool{".": true}
		for name, text := range c.own.Files {
			name = tasks.Inside(name)
			failures = append(failures, d.makeFolders(draft, path.Dir(name), made),
				disk.Write(d.folder, draft+"/"+name, func(w io.Writer) error { _, err := w.Write(text); return err }))
		}
		for folder := range made {
			failures = append(failures, d.folder.Sync(path.Join(draft, folder)))
		}
		return errors.Join(failures...)
	})
}

// makeFolders makes the folders of a path below draft that are not made yet.
func (d *Directory) makeFolders(draft, folder string, made map[string]bool) error {
	if made[folder] {
		return nil
	}
	if err := d.makeFolders(draft, path.Dir(folder), made); err != nil {
		return err
	}
	made[folder] = true
	return d.folder.Mkdir(draft + "/" + folder)
}

// TaskSource is where the task was read from, absolute, "" for a task that came with the program or lay in no
// file.
func (c Config) TaskSource() string {
	if c.own == nil || c.from == "" || strings.HasPrefix(c.from, tasks.Environment) {
		return c.from
	}
	if absolute, err := filepath.Abs(c.from); err == nil {
		return absolute
	}
	return c.from
}

// TaskDigest is the digest of the task that the run learned: the one that its newest checkpoint recorded, else
// the present one of the task that the configuration names; "" where neither can be read.
func (d *Directory) TaskDigest(c Config) string {
	if c.own != nil {
		all, _ := d.Checkpoints() // unreadable ones record nothing
		for _, n := range slices.Backward(all) {
			if m, err := readManifest(d.folder, checkpointIn(n)); err == nil && m.Config[taskDigest] != "" {
				return m.Config[taskDigest]
			}
		}
	}
	t, err := c.LoadTask()
	if err != nil {
		return ""
	}
	return t.Digest
}

// sourceDigest is the digest of a user's task where it was read from; "" where it lay in no file or can no longer
// be read.
func sourceDigest(source string) string {
	if source == "" || strings.HasPrefix(source, tasks.Environment) {
		return ""
	}
	t, err := tasks.Load(source)
	if err != nil {
		return ""
	}
	return t.Digest
}

// TaskChanged describes that the user's task, or the run's copy of it, has changed since the run began; "" where
// neither has.
func (d *Directory) TaskChanged(c Config) string {
	facts, err := d.Facts()
	if err != nil || c.own == nil {
		return ""
	}
	learned, held := d.TaskDigest(c), filepath.Join(d.Path, taskName)
	source, now := facts.TaskSource, sourceDigest(facts.TaskSource)
	changed := now != "" && now != learned
	if c.own.Digest == learned {
		if !changed {
			return ""
		}
		return fmt.Sprintf("%s has changed since the run began; the run uses its copy in %s", source, held)
	}
	text := fmt.Sprintf("%s was edited since the run began: what reads the run, as eval, uses the edited task, and resume refuses it; "+
		"to continue, undo the edit", held)
	switch {
	case changed:
		text += fmt.Sprintf("; %s has changed, too", source)
	case now == learned:
		text += fmt.Sprintf(", or copy the task from %s, which has not changed", source)
	}
	return text
}
