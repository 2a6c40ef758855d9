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
	"slices"
	"strings"

	"github.com/palmal-rl/palmal/algo"
	"github.com/palmal-rl/palmal/cmd/palmal/disk"
	"github.com/palmal-rl/palmal/nn"
)

// checkpointName is the directory of a checkpoint: its iteration.
func checkpointName(iteration int) string { return fmt.Sprintf("%06d", iteration) }

// manifestOf begins the table of contents of a snapshot: all but its files.
func manifestOf(s algo.Snapshot) Manifest {
	return Manifest{Schema: Schema, Iteration: s.Iteration, Samples: s.Samples, Trained: s.Trained, Episodes: s.Episodes, Changes: s.Changes}
}

// writeCheckpoint writes a snapshot to the directory target, which must not exist: it then holds all of
// it, or still does not exist. extra are further files, by name.
func writeCheckpoint(f disk.Folder, target string, manifest Manifest, s algo.Snapshot, extra map[string]string) error {
	return disk.Build(f, target, func(draft string) error {
		for _, group := range slices.Sorted(maps.Keys(s.Groups)) {
			fact := FileFact{Name: group + suffix}
			err := disk.Write(f, draft+"/"+fact.Name, func(out io.Writer) (err error) {
				fact, err = encode(out, group, s.Groups[group])
				return err
			})
			if err != nil {
				return fmt.Errorf("%s: %w", fact.Name, err)
			}
			manifest.Files = append(manifest.Files, fact)
		}
		text, err := json.MarshalIndent(manifest, "", "  ")
		if err != nil {
			return err
		}
		text = append(text, '\n')
		for _, name := range slices.Sorted(maps.Keys(extra)) {
			if err := disk.WriteText(f, draft+"/"+name, []byte(extra[name])); err != nil {
				return err
			}
		}
		if err := disk.WriteText(f, draft+"/"+manifestName, text); err != nil {
			return err
		}
		return disk.WriteText(f, draft+"/"+sealName, seal(text))
	})
}

// encode writes one group of arrays and describes the file.
func encode(out io.Writer, group string, state nn.State) (FileFact, error) {
	fact := FileFact{Name: group + suffix, Arrays: describe(state)}
	hash := sha256.New()
	buffer := bufio.NewWriterSize(io.MultiWriter(out, hash, (*counter)(&fact.Bytes)), 1<<20)
	if err := writeTensors(buffer, state); err != nil {
		return fact, err
	}
	if err := buffer.Flush(); err != nil {
		return fact, err
	}
	fact.SHA256 = hex.EncodeToString(hash.Sum(nil))
	return fact, nil
}

// counter counts the bytes written to it.
type counter int64

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}

// readCheckpoint reads and verifies a checkpoint, or only some of its groups. It always reads that of the
// game, to compare it with the manifest.
func readCheckpoint(f disk.Folder, dir string, groups ...string) (Manifest, algo.Snapshot, error) {
	manifest, err := readManifest(f, dir)
	if err != nil {
		return Manifest{}, algo.Snapshot{}, err
	}
	s := algo.Snapshot{Iteration: manifest.Iteration, Samples: manifest.Samples, Trained: manifest.Trained, Episodes: manifest.Episodes, Changes: manifest.Changes,
		Groups: map[string]nn.State{}}
	for _, fact := range manifest.Files {
		group := strings.TrimSuffix(fact.Name, suffix)
		if len(groups) > 0 && group != algo.GroupGame && !slices.Contains(groups, group) {
			continue
		}
		state, err := fact.read(f, dir)
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
	if err := s.Check(); err != nil {
		return Manifest{}, algo.Snapshot{}, fmt.Errorf("%w: %s: %w", ErrDamaged, manifestName, err)
	}
	return manifest, s, nil
}

// read reads the arrays of a file after comparing it with its description.
func (f FileFact) read(folder disk.Folder, dir string) (nn.State, error) {
	text, err := f.contents(folder, dir)
	if err != nil {
		return nil, err
	}
	if sum := sha256.Sum256(text); hex.EncodeToString(sum[:]) != f.SHA256 {
		return nil, errors.New("its contents changed: SHA-256 differs from the manifest")
	}
	state, err := readTensors(text)
	if err != nil {
		return nil, err
	}
	if !slices.EqualFunc(describe(state), f.Arrays, ArrayFact.equal) {
		return nil, errors.New("holds other arrays than the manifest says")
	}
	return state, nil
}

// contents reads the file after checking its length.
func (f FileFact) contents(folder disk.Folder, dir string) ([]byte, error) {
	file, err := folder.Open(dir + "/" + f.Name)
	if err != nil {
		return nil, err
	}
	defer file.Close() // only read
	size, err := file.Size()
	if err != nil {
		return nil, err
	}
	if size != f.Bytes {
		return nil, fmt.Errorf("%d bytes, %d were written", size, f.Bytes)
	}
	text := make([]byte, size)
	_, err = io.ReadFull(file, text)
	return text, err
}
