package main

import (
	"io"
	"path/filepath"

	"github.com/palmal-rl/palmal/algo"
	"github.com/palmal-rl/palmal/cmd/palmal/disk"
	"github.com/palmal-rl/palmal/cmd/palmal/internal/usage"
	"github.com/palmal-rl/palmal/cmd/palmal/run"
	"github.com/palmal-rl/palmal/cmd/palmal/session"
	"github.com/palmal-rl/palmal/physics/episodes"
	"github.com/palmal-rl/palmal/physics/task"
)

// kept are the episodes of an evaluation that are written to a file.
type kept struct {
	path       string // "": none
	successful bool   // only those that succeeded
	episodes   []algo.Episode
}

// newKept refuses a file of a kind that is not written, and a choice among episodes that are not written.
func newKept(path string, successful bool) (*kept, error) {
	if format := episodes.Format(path); path != "" && format != "npz" && format != "jsonl" {
		return nil, usage.Mistakef("-o %s: want a file .npz or .jsonl", path)
	}
	if path == "" && successful {
		return nil, usage.Mistakef("--successful says which episodes are written: name the file by -o")
	}
	return &kept{path: path, successful: successful}, nil
}

// check makes sure that the file can be written, before the episodes are played.
func (k *kept) check() error {
	if k.path == "" {
		return nil
	}
	return (disk.Output{Path: k.path}).Check()
}

// add takes an episode that was played.
func (k *kept) add(e algo.Episode) {
	if k.path != "" && (!k.successful || e.Success == 1) {
		k.episodes = append(k.episodes, e)
	}
}

// write writes the episodes, each with its run and its success.
func (k *kept) write(t *task.Task, directory string, config run.Config, iteration int) error {
	if k.path == "" {
		return nil
	}
	if len(k.episodes) == 0 {
		return usage.Exit(usage.Failure, "no episode succeeded: %s is not written", k.path)
	}
	var all []episodes.Episode
	for _, e := range k.episodes {
		one := session.AsRecorded(e, t, config)
		one.Policy, one.Meta = iteration, map[string]any{"run": filepath.Base(directory), "task": config.TaskName()}
		if e.Success == e.Success {
			one.Meta["success"] = e.Success
		}
		all = append(all, one)
	}
	return (disk.Output{Path: k.path}).Write(func(w io.Writer) error { return episodes.Encode(episodes.Format(k.path), w, all) })
}
