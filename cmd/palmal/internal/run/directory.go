package run

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/palmal-rl/palmal/algo"
	"github.com/palmal-rl/palmal/cmd/palmal/internal/usage"
)

// Names in a run directory.
const (
	configName      = "config.yaml"
	factsName       = "run.json"
	metricsName     = "metrics.jsonl"
	checkpointsName = "checkpoints"
	bestName        = "best.json"
)

// Directory is a run directory.
type Directory struct {
	Path    string
	Missing []string // keys that another version of the program did not write to config.yaml
	create  func(path string) (file, error)
}

// ErrNotRun marks a path that holds no run.
var ErrNotRun = errors.New("is not a run directory")

// ErrExists marks a run directory that is there already.
var ErrExists = errors.New("exists already")

// Create makes a run directory with its configuration and facts. It refuses one that exists,
// unless it is empty.
func Create(path string, config Config, facts Facts) (*Directory, error) {
	if err := Vacant(path); err != nil {
		return nil, err
	}
	parent := filepath.Dir(path)
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return nil, err
	}
	aside, err := os.MkdirTemp(parent, asidePrefix)
	if err != nil {
		return nil, err
	}
	d := &Directory{Path: aside, create: createFile}
	err = errors.Join(os.Chmod(aside, 0o755), os.Mkdir(filepath.Join(aside, checkpointsName), 0o755),
		d.WriteConfig(config), d.WriteFacts(facts), syncDirectory(aside))
	if err == nil {
		if err = os.Remove(path); errors.Is(err, os.ErrNotExist) {
			err = nil
		}
	}
	if err == nil {
		err = os.Rename(aside, path)
	}
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(aside))
	}
	d.Path = path
	return d, nil
}

// Vacant refuses a path where something is.
func Vacant(path string) error {
	if info, err := os.Stat(path); err == nil && !info.IsDir() {
		return usage.Mistakef("%s is a file, not a place for a run directory", path)
	}
	entries, err := os.ReadDir(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err == nil && len(entries) > 0 {
		err = fmt.Errorf("%s %w", path, ErrExists)
	}
	return err
}

// Open opens a run directory that exists and reads its configuration.
func Open(path string) (*Directory, Config, error) {
	d := &Directory{Path: path, create: createFile}
	if _, err := d.Facts(); err != nil {
		if errors.Is(err, os.ErrNotExist) {
			return nil, Config{}, fmt.Errorf("%s %w: it has no %s", path, ErrNotRun, factsName)
		}
		return nil, Config{}, err
	}
	config, missing, err := loadConfig(filepath.Join(path, configName))
	if err != nil {
		return nil, Config{}, err
	}
	d.Missing = missing
	return d, config, nil
}

// WriteConfig replaces config.yaml.
func (d *Directory) WriteConfig(config Config) error {
	text, err := config.YAML()
	if err != nil {
		return err
	}
	return replaceFile(d.create, filepath.Join(d.Path, configName), text)
}

// MetricsPath is where the records are.
func (d *Directory) MetricsPath() string { return filepath.Join(d.Path, metricsName) }

// CheckpointPath is the directory of a checkpoint.
func (d *Directory) CheckpointPath(iteration int) string {
	return filepath.Join(d.Path, checkpointsName, checkpointName(iteration))
}

// Checkpoints lists the iterations that have a checkpoint, oldest first.
func (d *Directory) Checkpoints() ([]int, error) {
	entries, err := os.ReadDir(filepath.Join(d.Path, checkpointsName))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	var iterations []int
	for _, e := range entries {
		if n, err := strconv.Atoi(e.Name()); err == nil && e.IsDir() && e.Name() == checkpointName(n) {
			iterations = append(iterations, n)
		}
	}
	slices.Sort(iterations)
	return iterations, nil
}

// Manifest reads the table of contents of a checkpoint.
func (d *Directory) Manifest(iteration int) (Manifest, error) {
	manifest, err := readManifest(d.CheckpointPath(iteration))
	if err != nil {
		return manifest, fmt.Errorf("checkpoint %s: %w", checkpointName(iteration), err)
	}
	return manifest, nil
}

// Read reads and verifies a checkpoint, or only some of its groups.
func (d *Directory) Read(iteration int, groups ...string) (Manifest, algo.Snapshot, error) {
	manifest, snapshot, err := readCheckpoint(d.CheckpointPath(iteration), groups...)
	if err != nil {
		return manifest, snapshot, fmt.Errorf("checkpoint %s: %w", checkpointName(iteration), err)
	}
	return manifest, snapshot, nil
}

// LastGood finds the newest checkpoint that is whole, before the given iteration.
func (d *Directory) LastGood(before int) (iteration int, found bool) {
	all, err := d.Checkpoints()
	if err != nil {
		return 0, false
	}
	for _, n := range slices.Backward(all) {
		if n >= before {
			continue
		}
		if _, _, err := d.Read(n); err == nil {
			return n, true
		}
	}
	return 0, false
}

// Best is best.json: the checkpoint whose policy has the highest lower confidence bound of its
// mean return, so that a lucky evaluation of few episodes does not win.
type Best struct {
	Iteration int         `json:"iteration"`
	Samples   int         `json:"samples"`
	Return    algo.Number `json:"return"`
	CILow     algo.Number `json:"ci_low"`
}

// Best reads best.json; found is false where no evaluated checkpoint is kept.
func (d *Directory) Best() (best Best, found bool, err error) {
	text, err := os.ReadFile(d.bestPath())
	if errors.Is(err, os.ErrNotExist) {
		return Best{}, false, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &best)
	}
	if err != nil {
		return Best{}, false, fmt.Errorf("%s: %w", d.bestPath(), err)
	}
	return best, true, nil
}

func (d *Directory) bestPath() string { return filepath.Join(d.Path, checkpointsName, bestName) }

func (d *Directory) writeBest(best Best) error {
	text, err := json.MarshalIndent(best, "", "  ")
	if err != nil {
		return err
	}
	return replaceFile(d.create, d.bestPath(), append(text, '\n'))
}
