package run

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/palmal-rl/palmal/algo"
	"github.com/palmal-rl/palmal/cmd/palmal/disk"
	"github.com/palmal-rl/palmal/physics/episodes"
)

// Names in a run directory.
const (
	configName      = "config.yaml"
	metricsName     = "metrics.jsonl"
	lockName        = "LOCK"
	checkpointsName = "checkpoints"
	bestName        = checkpointsName + "/best.json"
)

// FactsName is the name of the file with a run's facts, by which a run directory is known.
const FactsName = "run.json"

// Largest sizes of files in a run directory, in bytes. This program writes no larger ones, which would fill
// the memory of a reader.
const (
	mostConfig   = 1 << 20
	mostFacts    = 64 << 20
	mostManifest = 16 << 20
	mostMetrics  = 1 << 30
	mostNote     = 1 << 16 // LOCK, best.json and the seal of a manifest
)

// Directory is a run directory, held open: it stays the same one when it is renamed.
type Directory struct {
	Path    string   // path by which it was opened
	Missing []string // keys that another version of the program did not write to config.yaml
	folder  *disk.Forgiving
	lock    *lock // lock that this process holds
	fresh   *lock // lock taken when the directory was made, until Lock asks for it
}

// ErrNotRun marks a path that holds no run.
var ErrNotRun = errors.New("is not a run directory")

// ErrExists marks a run directory that exists already.
var ErrExists = errors.New("exists already")

// Open opens a run directory that exists and reads its configuration.
func Open(path string) (*Directory, Config, error) {
	d, err := hold(path)
	if err != nil {
		return nil, Config{}, err
	}
	if _, err := d.Facts(); err != nil {
		if errors.Is(err, os.ErrNotExist) {
			return nil, Config{}, d.notRun()
		}
		return nil, Config{}, err
	}
	config, missing, err := d.config()
	if err != nil {
		return nil, Config{}, err
	}
	d.Missing = missing
	if config.DataDigest != "" {
		config.recorded = func() ([]episodes.Episode, error) { return d.readData(config.DataDigest) }
	}
	if config.From != "" {
		config.networks = d.readNetworks
	}
	return d, config, nil
}

// hold opens a directory with any contents.
func hold(path string) (*Directory, error) {
	info, err := os.Stat(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("%s %w: there is no such directory", path, ErrNotRun)
	}
	if err == nil && !info.IsDir() {
		return nil, notDirectory(path)
	}
	folder, err := disk.OpenFolder(path)
	if err != nil {
		return nil, err
	}
	return &Directory{Path: path, folder: disk.Forgive(folder)}, nil
}

// whatRunIs explains run directories to a user who named something else.
const whatRunIs = "a run directory is what palmal train writes, with run.json, config.yaml, metrics.jsonl and checkpoints/ in it"

// notDirectory refuses a file, and names the run that it belongs to.
func notDirectory(path string) error {
	err := fmt.Errorf("%s %w but a file: %s", path, ErrNotRun, whatRunIs)
	for at := filepath.Dir(path); ; at = filepath.Dir(at) {
		if info, statErr := os.Stat(filepath.Join(at, FactsName)); statErr == nil && info.Mode().IsRegular() {
			return fmt.Errorf("%w; it lies in that of %s", err, at)
		}
		if at == filepath.Dir(at) {
			return err
		}
	}
}

// notRun refuses a directory without a run.
func (d *Directory) notRun() error {
	if d.unfinished() == nil {
		return fmt.Errorf("%s %w: palmal train was killed while it made it; the same command begins again", d.Path, ErrNotRun)
	}
	return fmt.Errorf("%s %w: it has no %s; %s", d.Path, ErrNotRun, FactsName, whatRunIs)
}

// WarnBy sets the receiver of warnings about the run's file system.
func (d *Directory) WarnBy(warn func(text string)) {
	d.folder.WarnBy(func(text string) { warn(fmt.Sprintf("%s: %s", d.Path, text)) })
}

// config reads config.yaml.
func (d *Directory) config() (config Config, missing []string, err error) {
	path := filepath.Join(d.Path, configName)
	text, err := disk.Read(d.folder, configName, mostConfig)
	if err != nil {
		return Config{}, nil, fmt.Errorf("%s: %w", path, err)
	}
	return loadConfig(path, text)
}

// WriteConfig replaces config.yaml.
func (d *Directory) WriteConfig(config Config) error {
	text, err := config.YAML()
	if err != nil {
		return err
	}
	return disk.Replace(d.folder, configName, text)
}

// MetricsPath is the path of the records.
func (d *Directory) MetricsPath() string { return filepath.Join(d.Path, metricsName) }

// CheckpointPath is the directory of a checkpoint.
func (d *Directory) CheckpointPath(iteration int) string {
	return filepath.Join(d.Path, checkpointsName, checkpointName(iteration))
}

// checkpointIn is that directory inside the run.
func checkpointIn(iteration int) string { return checkpointsName + "/" + checkpointName(iteration) }

// Checkpoints lists the iterations that have a checkpoint, oldest first, whole or not.
func (d *Directory) Checkpoints() ([]int, error) {
	names, err := d.folder.Names(checkpointsName)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("%s: %w", d.Path, err)
	}
	var iterations []int
	for _, name := range names {
		if n, err := strconv.Atoi(name); err == nil && n > 0 && name == checkpointName(n) {
			iterations = append(iterations, n)
		}
	}
	slices.Sort(iterations)
	return iterations, nil
}

// Manifest reads the table of contents of a checkpoint and compares it with the state of the game.
func (d *Directory) Manifest(iteration int) (Manifest, error) {
	manifest, _, err := d.Read(iteration, algo.GroupGame)
	return manifest, err
}

// Read reads and verifies a checkpoint, or only some of its groups and that of the game.
func (d *Directory) Read(iteration int, groups ...string) (Manifest, algo.Snapshot, error) {
	manifest, snapshot, err := readCheckpoint(d.folder, checkpointIn(iteration), groups...)
	if err == nil && manifest.Iteration != iteration {
		err = fmt.Errorf("%w: it is that of iteration %d", ErrDamaged, manifest.Iteration)
	}
	if err != nil {
		return manifest, snapshot, fmt.Errorf("checkpoint %s: %w", checkpointName(iteration), err)
	}
	return manifest, snapshot, nil
}

// LastGood finds the newest checkpoint before the given iteration from which a run can continue.
func (d *Directory) LastGood(before int) (iteration int, found bool) {
	all, err := d.Checkpoints()
	if err != nil {
		return 0, false
	}
	for _, n := range slices.Backward(all) {
		if n >= before {
			continue
		}
		if manifest, _, err := d.Read(n); err == nil {
			if _, err := d.history(manifest); err == nil {
				return n, true
			}
		}
	}
	return 0, false
}

// checkPlain refuses a run in which a file to be written is a link or not a plain file, so that nothing
// outside the run is written.
func (d *Directory) checkPlain() error {
	for _, name := range []string{lockName, FactsName, configName, metricsName, bestName, checkpointsName} {
		want := disk.Plain
		if name == checkpointsName {
			want = disk.Directory
		}
		if name == bestName {
			if kind, err := d.folder.Kind(checkpointsName); err != nil || kind != disk.Directory {
				continue // there is none, or it is refused next
			}
		}
		if err := disk.Want(d.folder, name, want); err != nil {
			return fmt.Errorf("%s: %w; inside a run nothing is written through links (move the whole run and link to that instead); nothing was changed", d.Path, err)
		}
	}
	return nil
}
