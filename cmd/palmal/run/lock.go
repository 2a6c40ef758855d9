package run

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/palmal-rl/palmal/cmd/palmal/disk"
)

// holder is the content of LOCK: the process that writes to a run directory, or takes from an inbox. The lock itself is flock(2)
// on that file, which ends with the process.
type holder struct {
	Host    string    `json:"host"`
	Process int       `json:"process"`
	Since   time.Time `json:"since"`
}

// ErrTaken marks a run that another process took over.
var ErrTaken = errors.New("was taken over by another process after its LOCK was removed")

// lock is a process's hold on LOCK.
type lock struct {
	file    disk.File
	made    bool // this process made the file
	claimed bool // the file names its holder
	real    bool // the file system can lock
}

// Lock makes this process the only one that writes to the run, until unlock. It changes no existing file:
// Claim names the holder.
func (d *Directory) Lock() (unlock func() error, err error) {
	held := d.fresh
	if held == nil {
		if held, err = d.take(); err != nil {
			return nil, err
		}
	}
	d.lock, d.fresh = held, nil
	return func() error {
		held := d.lock // another file, if LOCK was removed
		d.lock = nil
		return held.release(d)
	}, nil
}

// LockInbox makes this process the only one that takes episodes from an inbox, until unlock: two would take each other's. It makes the
// folder where it is missing, and warns of a file system that cannot lock.
func LockInbox(path string, warn func(text string)) (unlock func() error, err error) {
	if err := os.MkdirAll(path, 0o777); err != nil {
		return nil, fmt.Errorf("inbox: %w", err)
	}
	d, err := hold(path)
	if err != nil {
		return nil, fmt.Errorf("inbox: %w", err)
	}
	d.WarnBy(warn)
	if unlock, err = d.Lock(); err != nil {
		return nil, fmt.Errorf("inbox: %w", err)
	}
	return unlock, d.Claim()
}

// take locks the file LOCK, which another process may remove meanwhile.
func (d *Directory) take() (*lock, error) {
	const tries = 5
	for range tries {
		kind, err := d.folder.Kind(lockName)
		if err != nil {
			return nil, fmt.Errorf("lock %s: %w", d.Path, err)
		}
		file, err := d.folder.Append(lockName)
		if err != nil {
			return nil, fmt.Errorf("lock %s: %w", d.Path, err)
		}
		held := &lock{file: file, made: kind == disk.Nothing, real: true}
		if err := file.Lock(); errors.Is(err, disk.ErrLocked) {
			return nil, errors.Join(d.lockedBy(), file.Close())
		} else if err != nil {
			held.real = false
			d.folder.WarnOnce("lock", "this file system cannot lock files (%v): nothing keeps a second process from writing to the run, so start none", err)
		}
		if same, err := d.folder.Holds(lockName, file); err == nil && same {
			return held, nil
		}
		if err := file.Close(); err != nil {
			return nil, fmt.Errorf("lock %s: %w", d.Path, err)
		}
	}
	return nil, fmt.Errorf("lock %s: LOCK is removed again and again", d.Path)
}

// Claim writes to LOCK which process holds it.
func (d *Directory) Claim() error { return d.lock.claim() }

// claim writes who holds the lock, for the messages of other processes. Its failure is no error: the disk
// may be full.
func (l *lock) claim() error {
	host, _ := os.Hostname() // messages name it, nothing else does
	note, err := json.Marshal(holder{host, os.Getpid(), time.Now().UTC().Truncate(time.Second)})
	if err != nil {
		return err
	}
	l.claimed = true
	if err := l.file.Truncate(0); err == nil {
		_, _ = l.file.Write(append(note, '\n'))
	}
	return nil
}

// release releases the lock. It removes a LOCK that was made for a refused command.
func (l *lock) release(d *Directory) error {
	var err error
	if l.made && !l.claimed {
		if same, _ := d.folder.Holds(lockName, l.file); same {
			err = d.folder.Remove(lockName)
		}
	}
	return errors.Join(err, l.file.Close())
}

// keepLock makes sure before a write that this process still holds the run. It makes a removed LOCK again,
// and refuses a run that another process took.
func (d *Directory) keepLock() error {
	if d.lock == nil || !d.lock.real {
		return nil
	}
	if same, err := d.folder.Holds(lockName, d.lock.file); err == nil && same {
		return nil
	}
	held, err := d.take()
	if err != nil && !errors.Is(err, disk.ErrLocked) {
		return fmt.Errorf("LOCK is gone and cannot be made again: %w", err)
	}
	if err != nil {
		return fmt.Errorf("%s %w; this one stops and writes nothing more: %w", d.Path, ErrTaken, err)
	}
	d.folder.WarnOnce("removed lock", "LOCK was removed during the run; it was made again: it keeps a second process away")
	err = d.lock.file.Close()
	d.lock = held
	return errors.Join(err, held.claim())
}

// lockedBy returns the error that names the holder of the lock.
func (d *Directory) lockedBy() error {
	var who holder
	text, err := disk.Read(d.folder, lockName, mostNote)
	if err == nil {
		err = json.Unmarshal(text, &who)
	}
	if err != nil || who.Process <= 0 {
		return &busyError{d.Path + " is in use by another process"}
	}
	return &busyError{fmt.Sprintf("%s is in use by process %d on %q since %s: wait for it or stop it with kill %d",
		d.Path, who.Process, who.Host, who.Since.Local().Format("15:04:05 on 2 January"), who.Process)}
}

// busyError is disk.ErrLocked in words for the user.
type busyError struct{ text string }

func (e *busyError) Error() string { return e.text }

func (e *busyError) Unwrap() error { return disk.ErrLocked }
