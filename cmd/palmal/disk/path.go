package disk

import (
	"errors"
	"os"
	"strings"
	"syscall"
)

// MakeAll makes the missing directories of a path, and puts their names on disk. It keeps the spelling of
// the path.
func MakeAll(path string) error {
	for len(path) > 1 && strings.HasSuffix(path, "/") {
		path = path[:len(path)-1]
	}
	if path == "" {
		return nil
	}
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return nil
	} else if err == nil {
		return &os.PathError{Op: "mkdir", Path: path, Err: syscall.ENOTDIR}
	}
	above := path[:strings.LastIndex(path, "/")+1]
	if err := MakeAll(above); err != nil {
		return err
	}
	if err := os.Mkdir(path, directoryPermission); err != nil {
		if info, statErr := os.Stat(path); statErr == nil && info.IsDir() {
			return nil // another process was faster
		}
		return err
	}
	if err := syncPath(above); !cannot(err) {
		return err
	}
	return nil
}

// SyncPath puts the names in a directory that a path leads to on disk, where that is possible.
func (f *Forgiving) SyncPath(path string) error { return f.forgive("directories", syncPath(path)) }

func syncPath(path string) error {
	if path == "" {
		path = "."
	}
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
