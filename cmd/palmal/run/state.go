package run

import (
	"errors"
	"fmt"
	"io/fs"
	"syscall"

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
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return d.watched()
	case err != nil:
		return "", err
	case !held.real: // nobody can tell on this file system
		return StatusRunning, held.release(d)
	}
	return StatusKilled, held.release(d)
}

// watched is the status of a run that says that it runs, to somebody who may not write to it: a file can be locked by who
// reads it, too.
func (d *Directory) watched() (string, error) {
	file, err := d.folder.Open(lockName)
	if errors.Is(err, fs.ErrNotExist) {
		return StatusKilled, nil
	}
	if err != nil {
		return "", fmt.Errorf("lock %s: %w", d.Path, err)
	}
	defer file.Close() // only locked
	if err := file.Lock(); err != nil {
		return StatusRunning, nil // locked by its process, or nobody can tell on this file system
	}
	return StatusKilled, nil
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
