package run

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/palmal-rl/palmal/algo"
)

// Metrics appends records to metrics.jsonl, one line each.
type Metrics struct {
	file  file
	bytes int64 // written so far, the lines of earlier processes included
}

// Append writes one line. A line that could not be written whole is cut by the next resume.
func (m *Metrics) Append(record algo.Record) error {
	line, err := json.Marshal(record)
	if err != nil {
		return fmt.Errorf("metrics: %w", err)
	}
	n, err := m.file.Write(append(line, '\n'))
	m.bytes += int64(n)
	if err != nil {
		return fmt.Errorf("metrics: %w", err)
	}
	return nil
}

// Sync puts everything on disk and tells how long the file is.
func (m *Metrics) Sync() (int64, error) {
	if err := m.file.Sync(); err != nil {
		return 0, fmt.Errorf("metrics: %w", err)
	}
	return m.bytes, nil
}

// Close closes the file.
func (m *Metrics) Close() error { return m.file.Close() }

// ReadMetrics reads the records of a run. A last line without an end is one that is being written,
// or was when its run was killed, and is left out.
func ReadMetrics(path string) ([]algo.Record, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var records []algo.Record
	for number := 1; len(text) > 0; number++ {
		line, rest, whole := bytes.Cut(text, []byte("\n"))
		if !whole {
			break
		}
		var record algo.Record
		if err := json.Unmarshal(line, &record); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", path, number, err)
		}
		records = append(records, record)
		text = rest
	}
	return records, nil
}

// file is what a run directory writes to. Tests put one in its place that fails.
type file interface {
	io.Writer
	Sync() error
	Close() error
}

// createFile opens a file for writing, appending to what is there.
func createFile(path string) (file, error) {
	return os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o644)
}

// writeWhole writes and syncs one file by the given writer of its contents.
func writeWhole(create func(string) (file, error), path string, write func(io.Writer) error) (err error) {
	f, err := create(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if err := write(f); err != nil {
		return err
	}
	return f.Sync()
}

// syncDirectory puts the names in a directory on disk.
func syncDirectory(path string) (err error) {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	return d.Sync()
}

// replaceFile writes a small file so that readers see the old contents or the new.
func replaceFile(create func(string) (file, error), path string, contents []byte) error {
	aside := path + ".writing"
	if err := os.Remove(aside); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	err := writeWhole(create, aside, func(out io.Writer) error {
		_, err := out.Write(contents)
		return err
	})
	if err != nil {
		return errors.Join(err, os.Remove(aside))
	}
	return os.Rename(aside, path)
}
