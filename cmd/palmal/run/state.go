package run

import (
	"errors"

	"github.com/palmal-rl/palmal/cmd/palmal/disk"
)

// StatusKilled is the state of a run whose last process ended without a word.
const StatusKilled = "killed"

// State is the status of a run: that of its last process, which runs only if it holds the lock.
func (d *Directory) State() (string, error) {
	facts, err := d.Facts()
	if err != nil || facts.Status != StatusRunning {
		return facts.Status, err
	}
	held, err := d.take()
	switch {
	case errors.Is(err, disk.ErrLocked):
		return StatusRunning, nil
	case err != nil:
		return "", err
	case !held.real: // nobody can tell on this file system
		return StatusRunning, held.release(d)
	}
	return StatusKilled, held.release(d)
}

// Peek opens a run directory without reading its configuration.
func Peek(path string) (*Directory, Facts, error) {
	d, err := hold(path)
	if err != nil {
		return nil, Facts{}, err
	}
	facts, err := d.Facts()
	return d, facts, err
}
