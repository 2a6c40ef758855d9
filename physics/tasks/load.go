package tasks

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/palmal-rl/palmal/physics/task"
)

// Environment begins the name of a task that is an environment of Gymnasium, as gym:Pendulum-v1.
const Environment = "gym:"

// IsPath reports whether a name means a user's task, a folder or a file, and not a built-in one or an environment. A file of
// XML is no task, which Load says.
func IsPath(name string) bool {
	return !strings.HasPrefix(name, Environment) && strings.ContainsAny(name, `/\`) || name == "." || name == ".." || slices.Contains([]string{".yaml", ".yml", ".xml"}, filepath.Ext(name))
}

// Find returns a new copy of the task that a user names: a built-in one, a folder with a task.yaml, or a
// task file. The error of a task file with mistakes is task.Problems.
func Find(name string) (*task.Task, error) {
	if IsPath(name) {
		return Load(name)
	}
	t, err := Get(name)
	if err != nil {
		if info, statErr := os.Stat(name); statErr == nil && info.IsDir() {
			return nil, fmt.Errorf("%w; for the folder of that name write .%c%s", err, filepath.Separator, name)
		}
	}
	return t, err
}

// Load reads a task from its folder, or from a task file.
func Load(path string) (*task.Task, error) {
	folder, file := path, task.FileName
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("task: %w", err)
	}
	if !info.IsDir() {
		folder, file = filepath.Dir(path), filepath.Base(path)
	}
	t, err := task.Load(task.Source{Folder: filepath.ToSlash(folder), File: file, Read: func(name string) ([]byte, error) {
		text, err := read(folder, name)
		if errors.Is(err, fs.ErrNotExist) && Inside(name) != name {
			if copied, wrong := read(folder, Inside(name)); !errors.Is(wrong, fs.ErrNotExist) {
				return copied, wrong
			}
		}
		return text, err
	}})
	if errors.Is(err, fs.ErrNotExist) && info.IsDir() && t == nil {
		return nil, fmt.Errorf("task: %w; a task's folder holds a %s", err, task.FileName)
	}
	return t, err
}

// mostFile is the largest size of a task's file: more than any mesh.
const mostFile = 1 << 30

func read(folder, name string) ([]byte, error) {
	path := filepath.FromSlash(name)
	if !filepath.IsAbs(path) {
		path = filepath.Join(folder, path)
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > mostFile {
		return nil, fmt.Errorf("%s is no file of at most %d bytes", path, mostFile)
	}
	return os.ReadFile(path)
}

// Inside returns the place, in a copy of a task's folder, of a file that the task names outside it.
func Inside(name string) string {
	name = filepath.ToSlash(name)
	if root := filepath.VolumeName(name); root != "" || strings.HasPrefix(name, "/") {
		name = "_root/" + strings.TrimLeft(strings.TrimPrefix(name, root), "/")
	}
	for strings.HasPrefix(name, "../") || strings.Contains(name, "/../") {
		name = strings.Replace(name, "../", "_above/", 1)
	}
	return name
}
