package movie

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// writeAside writes a file under another name and then renames it, so that the old file stays until the new
// one is complete.
func writeAside(path string, write func(f *os.File) error) error {
	f, err := aside(path)
	if err != nil {
		return err
	}
	if err := errors.Join(write(f), f.Close()); err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return os.Rename(f.Name(), path)
}

// aside creates a file next to path, and its directory if it is missing.
func aside(path string) (*os.File, error) {
	directory := filepath.Dir(path)
	if err := os.MkdirAll(directory, 0o755); err != nil {
		return nil, err
	}
	f, err := os.CreateTemp(directory, ".palmal-*"+filepath.Ext(path))
	if err != nil {
		return nil, err
	}
	return f, f.Chmod(0o644)
}

// writable checks that path can be written, before the work whose result goes there.
func writable(path string) error {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return fmt.Errorf("%s is a directory", path)
	}
	f, err := aside(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}
