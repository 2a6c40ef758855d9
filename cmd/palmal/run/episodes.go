package run

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/palmal-rl/palmal/cmd/palmal/disk"
	"github.com/palmal-rl/palmal/physics/episodes"
)

// episodesName is the folder of a run directory with the episodes that were played outside: they are the run's
// world, so that a run which has them is resumed, and learned again, exactly.
const episodesName = "episodes"

// mostEpisodes is the largest size of one of its files, bytes.
const mostEpisodes = 1 << 30

// Episodes is the store of a run's episodes that were played outside.
type Episodes struct{ directory *Directory }

// KeepIn lets the store keep its episodes in a run directory.
func (s *Episodes) KeepIn(d *Directory) { s.directory = d }

// batchName names the file of the batch whose first episode has a number.
func batchName(number uint64) string { return fmt.Sprintf("%s/%06d.npz", episodesName, number) }

// Load returns a batch; nil where none has come yet.
func (s *Episodes) Load(number uint64) ([]episodes.Episode, error) {
	text, err := disk.Read(s.directory.folder, batchName(number), mostEpisodes)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	batch, err := episodes.Decode("npz", bytes.NewReader(text), int64(len(text)))
	if err != nil {
		return nil, fmt.Errorf("%s: %w: %w", s.directory.Path+"/"+batchName(number), ErrDamaged, err)
	}
	return batch, nil
}

// Save keeps a batch, whole and synced.
func (s *Episodes) Save(number uint64, batch []episodes.Episode) error {
	folder := s.directory.folder
	if kind, err := folder.Kind(episodesName); err == nil && kind == disk.Nothing {
		if err := folder.Mkdir(episodesName); err != nil {
			return err
		}
	}
	var text bytes.Buffer
	if err := episodes.Encode("npz", &text, batch); err != nil {
		return err
	}
	return disk.Replace(folder, batchName(number), text.Bytes())
}

// Taken returns the digests of all batches.
func (s *Episodes) Taken() (map[string]bool, error) {
	taken := map[string]bool{}
	names, err := s.directory.folder.Names(episodesName)
	if errors.Is(err, fs.ErrNotExist) {
		return taken, nil
	}
	slices.Sort(names)
	for _, name := range names {
		var number uint64
		if _, scanErr := fmt.Sscanf(name, "%d.npz", &number); scanErr != nil || strings.HasPrefix(name, ".") {
			continue
		}
		batch, loadErr := s.Load(number)
		if loadErr != nil {
			return nil, loadErr
		}
		taken[episodes.Digest(batch)] = true
	}
	return taken, err
}
