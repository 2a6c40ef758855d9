package run

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/palmal-rl/palmal/cmd/palmal/disk"
	"github.com/palmal-rl/palmal/cmd/palmal/internal/usage"
)

// Create makes a run directory with its configuration and facts, and locks it. An empty directory that
// exists is filled in place, through links too; a new one is made aside and renamed, and on Windows filled in
// place. run.json is written last: a directory without it is not a run.
func Create(path string, config Config, facts Facts) (*Directory, error) {
	path = filepath.ToSlash(path)
	if err := Vacant(path); err != nil {
		return nil, err
	}
	if _, err := os.Stat(path); err == nil {
		return fill(path, path, config, facts)
	}
	above, name := split(path)
	path = above + name
	if err := disk.MakeAll(above); err != nil {
		return nil, err
	}
	if runtime.GOOS == "windows" { // no directory with open files can be renamed there
		if err := os.Mkdir(path, 0o777); err != nil && !errors.Is(err, os.ErrExist) {
			return nil, err
		}
		return fill(path, path, config, facts)
	}
	draft := above + disk.Writing + name
	if err := os.Mkdir(draft, 0o777); err != nil && !errors.Is(err, os.ErrExist) {
		return nil, err
	}
	d, err := fill(draft, path, config, facts)
	if err != nil {
		_ = os.Remove(draft) // removes only an empty directory
		if errors.Is(err, ErrNotRun) {
			err = fmt.Errorf("%s %w: another process was faster", path, ErrExists)
		}
		return nil, err
	}
	if err := os.Rename(draft, path); err != nil {
		if errors.Is(err, os.ErrExist) {
			err = fmt.Errorf("%s %w: another process was faster", path, ErrExists)
		}
		return nil, errors.Join(err, d.unmake(), os.Remove(draft))
	}
	d.callBy(path)
	return d, d.folder.SyncPath(above)
}

// callBy opens a directory by its new name, so that errors show that one.
func (d *Directory) callBy(path string) {
	named, err := hold(path)
	if err != nil {
		return
	}
	if same, err := named.folder.Holds(lockName, d.fresh.file); err == nil && same {
		d.folder.Folder = named.folder.Folder
	}
}

// split takes the last part off a path that leads to nothing yet. It keeps the spelling of the rest, since
// a link before ".." decides where that leads.
func split(path string) (above, name string) {
	for len(path) > 1 && (strings.HasSuffix(path, "/") || strings.HasSuffix(path, "/.")) {
		path = strings.TrimSuffix(strings.TrimSuffix(path, "."), "/")
	}
	i := strings.LastIndex(path, "/")
	return path[:i+1], path[i+1:]
}

// Vacant refuses a path that exists, unless it is an empty directory.
func Vacant(path string) error {
	info, err := os.Stat(path)
	if errors.Is(err, os.ErrNotExist) {
		if target, err := os.Readlink(path); err == nil {
			return usage.Mistakef("%s is a link to %s, which does not exist: make that directory, or choose another --out", path, target)
		}
		return nil
	}
	if err != nil {
		return usage.Mistakef("--out: %w", err)
	}
	if !info.IsDir() {
		return usage.Mistakef("%s is a file, not a place for a run directory", path)
	}
	d, err := hold(path)
	if err != nil {
		return err
	}
	return d.unfinished()
}

// unfinished refuses a directory that holds more than a killed creation leaves, which takes the lock first
// and writes run.json last.
func (d *Directory) unfinished() error {
	names, err := d.folder.Names(".")
	if err != nil {
		return err
	}
	if slices.Contains(names, FactsName) {
		return fmt.Errorf("%s %w", d.Path, ErrExists)
	}
	begun := slices.Contains(names, lockName)
	for _, name := range names {
		ours := name == "lost+found" || // a fresh ext4 has it
			begun && (name == lockName || name == configName || name == checkpointsName || name == taskName || name == dataName || name == fromName || disk.Leftover(name))
		if !ours {
			return usage.Mistakef("%s is not empty, and holds no run: choose another --out", d.Path)
		}
	}
	if checkpoints, err := d.Checkpoints(); err != nil || len(checkpoints) > 0 {
		return errors.Join(err, usage.Mistakef("%s is not empty: it holds checkpoints, but no %s", d.Path, FactsName))
	}
	return nil
}

// fill turns the vacant directory at a place into a run. path is its name in messages.
func fill(place, path string, config Config, facts Facts) (*Directory, error) {
	d, err := hold(place)
	if err != nil {
		return nil, err
	}
	d.Path = path
	if _, err := d.Lock(); err != nil {
		return nil, fmt.Errorf("%s %w: %w", path, ErrExists, err)
	}
	d.lock, d.fresh = nil, d.lock
	if !d.fresh.real && !d.fresh.made {
		err := usage.Mistakef("%s was begun by a process that may still be at work, and this file system cannot lock: remove it if none is", place)
		return nil, errors.Join(err, d.fresh.release(d))
	}
	if err := errors.Join(d.reopen(place), d.unfinished()); err != nil {
		return nil, errors.Join(err, d.fresh.release(d))
	}
	if err := d.furnish(config, facts); err != nil {
		return nil, errors.Join(err, d.unmake())
	}
	return d, nil
}

// reopen takes run.json out of a whole draft whose process was killed before it could rename it. The lock is held,
// so nobody else renames it, and where the run's path leads to nothing, nobody has.
func (d *Directory) reopen(place string) error {
	if _, err := os.Lstat(d.Path); place == d.Path || !errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return disk.RemoveAll(d.folder, FactsName)
}

// furnish writes the files of a new run.
func (d *Directory) furnish(config Config, facts Facts) error {
	if err := errors.Join(disk.Clean(d.folder, "."), d.fresh.claim()); err != nil {
		return err
	}
	kind, err := d.folder.Kind(checkpointsName)
	if err == nil && kind == disk.Nothing {
		err = d.folder.Mkdir(checkpointsName)
	}
	if err == nil {
		err = d.writeTask(config)
	}
	if err == nil {
		err = d.writeData(config)
	}
	if err == nil {
		err = d.writeNetworks(config)
	}
	if err == nil {
		err = d.WriteConfig(config)
	}
	if err == nil {
		err = d.WriteFacts(facts)
	}
	return err
}

// unmake removes what furnish wrote.
func (d *Directory) unmake() error {
	var failures []error
	for _, name := range []string{FactsName, configName, checkpointsName, taskName, dataName, fromName} {
		failures = append(failures, disk.RemoveAll(d.folder, name))
	}
	d.fresh.made, d.fresh.claimed = true, false
	return errors.Join(append(failures, d.fresh.release(d))...)
}
