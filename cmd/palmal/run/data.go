package run

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"regexp"

	"github.com/palmal-rl/palmal/cmd/palmal/disk"
	"github.com/palmal-rl/palmal/physics/episodes"
)

// Names of the run's copy of recorded episodes: with it the run needs no other file, and continues exactly
// when the originals are gone or have changed.
const (
	dataName = "data"
	dataCopy = dataName + "/episodes.npz"
)

// digestPattern matches what data_digest may be.
func digestPattern() *regexp.Regexp { return regexp.MustCompile(`^[0-9a-f]{64}$`) }

// SetRecorded gives the configuration the episodes that its key data names.
func (c *Config) SetRecorded(all []episodes.Episode) {
	c.DataDigest, c.recorded = "", nil
	if len(all) > 0 {
		all = episodes.Uniform(all)
		c.DataDigest = episodes.Digest(all)
		c.recorded = func() ([]episodes.Episode, error) { return all, nil }
	}
}

// Recorded returns the recorded episodes that the run learns from: those that were set, or the copy in the run
// directory, which must be the same. It is nil where there are none.
func (c Config) Recorded() ([]episodes.Episode, error) {
	if c.recorded == nil {
		return nil, nil
	}
	return c.recorded()
}

// writeData writes the copy.
func (d *Directory) writeData(c Config) error {
	all, err := c.Recorded()
	if err != nil || len(all) == 0 {
		return err
	}
	return disk.Build(d.folder, dataName, func(draft string) error {
		return disk.Write(d.folder, draft+"/"+filepath.Base(dataCopy), func(w io.Writer) error {
			return episodes.Encode("npz", w, all)
		})
	})
}

// readData reads it and compares it with its digest.
func (d *Directory) readData(digest string) (_ []episodes.Episode, err error) {
	path := filepath.Join(d.Path, dataCopy)
	f, err := d.folder.Open(dataCopy)
	if err != nil {
		return nil, fmt.Errorf("%s: %w: %w", path, ErrDamaged, err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	size, err := f.Size()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	text := make([]byte, size)
	if _, err := io.ReadFull(f, text); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	all, err := episodes.Parse("npz", text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w: %w", path, ErrDamaged, err)
	}
	if got := episodes.Digest(all); got != digest {
		return nil, fmt.Errorf("%s: %w: its episodes are others than those that the run began with (SHA-256 %.12s, want %.12s)", path, ErrDamaged, got, digest)
	}
	return all, nil
}
