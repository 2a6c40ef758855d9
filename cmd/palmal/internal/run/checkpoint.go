package run

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/palmal-rl/palmal/algo"
	"github.com/palmal-rl/palmal/nn"
)

// Schema is the version of the run directory's layout that this program writes. It reads this one
// and older ones.
const Schema = 1

// Errors of reading a checkpoint.
var (
	// ErrDamaged marks a checkpoint whose files are not those that were written.
	ErrDamaged = errors.New("damaged")
	// ErrNewer marks files that a newer program wrote.
	ErrNewer = errors.New("written by a newer palmal")
)

const (
	manifestName = "manifest.json"
	suffix       = ".safetensors"
)

// Manifest is the table of contents of a checkpoint, manifest.json.
type Manifest struct {
	Schema       int        `json:"schema"`
	Iteration    int        `json:"iteration"`
	Samples      int        `json:"samples"` // environment steps so far
	Trained      int        `json:"trained"` // environment steps that produced the policy, its x; 0 where an older program wrote it
	Episodes     int        `json:"episodes"`
	Changes      int        `json:"changes"`       // of the world so far: it is that of its first so many perturbations
	MetricsBytes int64      `json:"metrics_bytes"` // length of metrics.jsonl up to this iteration
	Files        []FileFact `json:"files"`
}

// FileFact describes one file of a checkpoint: a group of arrays.
type FileFact struct {
	Name   string      `json:"name"`
	Bytes  int64       `json:"bytes"`
	SHA256 string      `json:"sha256"`
	Arrays []ArrayFact `json:"arrays"`
}

// ArrayFact describes one array.
type ArrayFact struct {
	Name  string `json:"name"`
	Dtype string `json:"dtype"`
	Shape []int  `json:"shape"`
}

// checkpointName is the directory of a checkpoint: its iteration.
func checkpointName(iteration int) string { return fmt.Sprintf("%06d", iteration) }

// writeCheckpoint writes a snapshot to the directory target, which must not exist: aside, then
// synced and renamed, so that target holds all of it or is not there.
func writeCheckpoint(create func(string) (file, error), target string, s algo.Snapshot, metricsBytes int64) error {
	parent := filepath.Dir(target)
	aside := filepath.Join(parent, asidePrefix+filepath.Base(target))
	if err := os.RemoveAll(aside); err != nil {
		return err
	}
	if err := os.MkdirAll(aside, 0o755); err != nil {
		return err
	}
	if err := fillCheckpoint(create, aside, s, metricsBytes); err != nil {
		return errors.Join(err, os.RemoveAll(aside))
	}
	if err := os.Rename(aside, target); err != nil {
		return errors.Join(err, os.RemoveAll(aside))
	}
	return syncDirectory(parent)
}

// asidePrefix begins the name of a checkpoint that is being written.
const asidePrefix = ".writing-"

func fillCheckpoint(create func(string) (file, error), dir string, s algo.Snapshot, metricsBytes int64) error {
	manifest := Manifest{Schema: Schema, Iteration: s.Iteration, Samples: s.Samples, Trained: s.Trained, Episodes: s.Episodes, Changes: s.Changes,
		MetricsBytes: metricsBytes}
	for _, group := range slices.Sorted(maps.Keys(s.Groups)) {
		fact, err := writeGroup(create, dir, group, s.Groups[group])
		if err != nil {
			return err
		}
		manifest.Files = append(manifest.Files, fact)
	}
	text, err := json.MarshalIndent(manifest, "", "  ")
	if err != nil {
		return err
	}
	err = writeWhole(create, filepath.Join(dir, manifestName), func(out io.Writer) error {
		_, err := out.Write(append(text, '\n'))
		return err
	})
	if err != nil {
		return err
	}
	return syncDirectory(dir)
}

// writeGroup writes one group of arrays and describes the file.
func writeGroup(create func(string) (file, error), dir, group string, state nn.State) (FileFact, error) {
	fact := FileFact{Name: group + suffix}
	hash := sha256.New()
	err := writeWhole(create, filepath.Join(dir, fact.Name), func(out io.Writer) error {
		buffer := bufio.NewWriterSize(io.MultiWriter(out, hash, (*counter)(&fact.Bytes)), 1<<20)
		if err := writeTensors(buffer, state); err != nil {
			return err
		}
		return buffer.Flush()
	})
	if err != nil {
		return FileFact{}, fmt.Errorf("%s: %w", fact.Name, err)
	}
	fact.SHA256 = hex.EncodeToString(hash.Sum(nil))
	for _, array := range state {
		dtype := array.Value.Dtype().String()
		fact.Arrays = append(fact.Arrays, ArrayFact{array.Name, dtype, append([]int{}, array.Value.Shape()...)})
	}
	return fact, nil
}

// counter counts the bytes that are written to it.
type counter int64

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}

// readManifest reads the table of contents of a checkpoint.
func readManifest(dir string) (Manifest, error) {
	text, err := os.ReadFile(filepath.Join(dir, manifestName))
	if err != nil {
		return Manifest{}, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	var manifest Manifest
	if err := json.Unmarshal(text, &manifest); err != nil {
		return Manifest{}, fmt.Errorf("%w: %s: %w", ErrDamaged, manifestName, err)
	}
	if manifest.Schema > Schema {
		return Manifest{}, fmt.Errorf("%w: schema %d, this one reads up to %d", ErrNewer, manifest.Schema, Schema)
	}
	return manifest, nil
}

// readCheckpoint reads and verifies a checkpoint, or only some of its groups.
func readCheckpoint(dir string, groups ...string) (Manifest, algo.Snapshot, error) {
	manifest, err := readManifest(dir)
	if err != nil {
		return Manifest{}, algo.Snapshot{}, err
	}
	s := algo.Snapshot{Iteration: manifest.Iteration, Samples: manifest.Samples, Trained: manifest.Trained, Episodes: manifest.Episodes, Changes: manifest.Changes,
		Groups: map[string]nn.State{}}
	for _, fact := range manifest.Files {
		group := strings.TrimSuffix(fact.Name, suffix)
		if len(groups) > 0 && !slices.Contains(groups, group) {
			continue
		}
		state, err := fact.read(dir)
		if err != nil {
			return Manifest{}, algo.Snapshot{}, fmt.Errorf("%w: %s: %w", ErrDamaged, fact.Name, err)
		}
		s.Groups[group] = state
	}
	for _, group := range groups {
		if s.Groups[group] == nil {
			return Manifest{}, algo.Snapshot{}, fmt.Errorf("%w: holds no %s", ErrDamaged, group)
		}
	}
	return manifest, s, nil
}

// read reads the arrays of a file after comparing it with its description.
func (f FileFact) read(dir string) (nn.State, error) {
	if f.Name != filepath.Base(f.Name) {
		return nil, errors.New("lies outside the checkpoint")
	}
	text, err := os.ReadFile(filepath.Join(dir, f.Name))
	if err != nil {
		return nil, err
	}
	if int64(len(text)) != f.Bytes {
		return nil, fmt.Errorf("%d bytes, %d were written", len(text), f.Bytes)
	}
	if sum := sha256.Sum256(text); hex.EncodeToString(sum[:]) != f.SHA256 {
		return nil, errors.New("its contents changed: SHA-256 differs from the manifest")
	}
	return readTensors(text)
}
