package run

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"path/filepath"

	"github.com/palmal-rl/palmal/algo"
	"github.com/palmal-rl/palmal/cmd/palmal/disk"
)

// Metrics appends records to metrics.jsonl, one line each.
type Metrics struct {
	file disk.File
	past
}

// past holds the metrics so far, including the lines of earlier processes.
type past struct {
	bytes   int64
	hash    hash.Hash // SHA-256 of the lines
	records []algo.Record
}

// sum is the SHA-256 so far, in hexadecimal digits.
func (p past) sum() string { return hex.EncodeToString(p.hash.Sum(nil)) }

// Append writes one line. A line that could not be written whole is cut by the next resume.
func (m *Metrics) Append(record algo.Record) error {
	line, err := json.Marshal(record)
	if err != nil {
		return fmt.Errorf("metrics: %w", err)
	}
	n, err := m.file.Write(append(line, '\n'))
	m.bytes += int64(n)
	m.hash.Write(append(line, '\n')[:n]) // never fails
	if err != nil {
		return fmt.Errorf("metrics: %w", err)
	}
	return nil
}

// Sync puts everything on disk.
func (m *Metrics) Sync() error {
	if err := m.file.Sync(); err != nil {
		return fmt.Errorf("metrics: %w", err)
	}
	return nil
}

// Close closes the file.
func (m *Metrics) Close() error { return m.file.Close() }

// Records reads the records of the run. It leaves out a last line without an end: it is being written, or
// its run was killed meanwhile.
func (d *Directory) Records() ([]algo.Record, error) {
	text, err := disk.Read(d.folder, metricsName, mostMetrics)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", d.Path, err)
	}
	return parseMetrics(d.MetricsPath(), text)
}

func parseMetrics(path string, text []byte) ([]algo.Record, error) {
	var records []algo.Record
	for number := 1; len(text) > 0; number++ {
		line, rest, whole := bytes.Cut(text, []byte("\n"))
		if !whole {
			break
		}
		var record algo.Record
		if err := json.Unmarshal(line, &record); err != nil {
			return nil, fmt.Errorf("%s:%d: %w: %w", path, number, ErrDamaged, err)
		}
		records = append(records, record)
		text = rest
	}
	return records, nil
}

// history reads the metrics that a checkpoint counts. It refuses other contents than were written by then:
// each iteration once, and the checkpoint's numbers in the last one.
func (d *Directory) history(m Manifest) (past, error) {
	text, err := disk.Read(d.folder, metricsName, mostMetrics)
	if err != nil {
		return past{}, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	refuse := func(format string, args ...any) (past, error) {
		return past{}, fmt.Errorf("%s: %w: %w", metricsName, ErrDamaged, fmt.Errorf(format, args...))
	}
	if int64(len(text)) < m.MetricsBytes {
		return refuse("%d bytes, %d were written by iteration %d", len(text), m.MetricsBytes, m.Iteration)
	}
	text = text[:m.MetricsBytes]
	if !bytes.HasSuffix(text, []byte("\n")) {
		return refuse("no line ends after the %d bytes that were written by iteration %d", m.MetricsBytes, m.Iteration)
	}
	so := past{bytes: m.MetricsBytes, hash: sha256.New()}
	so.hash.Write(text) // never fails
	if m.MetricsSHA256 != "" && so.sum() != m.MetricsSHA256 {
		return refuse("its first %d bytes changed since iteration %d: SHA-256 differs", m.MetricsBytes, m.Iteration)
	}
	if so.records, err = parseMetrics(metricsName, text); err != nil {
		return past{}, err
	}
	if err := fits(so.records, m); err != nil {
		return refuse("%w", err)
	}
	return so, nil
}

// fits compares records with the checkpoint after the last of them.
func fits(records []algo.Record, m Manifest) error {
	changes, samples, trained := 0, 0, 0
	for i, record := range records {
		if record.Iteration != i+1 || record.Samples < samples {
			return fmt.Errorf("line %d is of iteration %d and %d samples", i+1, record.Iteration, record.Samples)
		}
		samples, trained = record.Samples, record.Sampled.Samples
		if record.Evaluation != nil { // a robot's run once counted the evaluation's own samples among the others
			trained = record.Evaluation.Samples
		}
		if record.Perturbation != nil {
			changes += len(record.Perturbation.Changes)
		}
	}
	if len(records) != m.Iteration || samples != m.Samples || changes != m.Changes {
		return fmt.Errorf("%d iterations, %d samples and %d changes of the world, want %d, %d and %d of iteration %d", len(records), samples,
			changes, m.Iteration, m.Samples, m.Changes, m.Iteration)
	}
	if m.Trained != 0 && trained != m.Trained {
		return fmt.Errorf("%d samples produced the policy of iteration %d, want %d", trained, m.Iteration, m.Trained)
	}
	return nil
}

// ReadMetrics reads the records at the path of a metrics file.
func ReadMetrics(path string) ([]algo.Record, error) {
	folder, err := disk.OpenFolder(filepath.Dir(path))
	if err != nil {
		return nil, err
	}
	text, err := disk.Read(folder, filepath.Base(path), mostMetrics)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Dir(path), err)
	}
	return parseMetrics(path, text)
}
