package episodes

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// ErrFormat marks files of a kind that is not read.
var ErrFormat = errors.New("want .npz, .jsonl, .json or .parquet")

// Read reads the episodes of a file by the ending of its name: .npz, .jsonl or .json, .parquet. Errors name the file, and the episode, the list and the row where they can. All episodes
// have the same size.
func Read(path string) ([]Episode, error) {
	all, err := readAt(path, 0)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return all, nil
}

// readAt reads a file whose observations are dt seconds apart; 0: as the file says.
func readAt(path string, dt float64) ([]Episode, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, bare(err)
	}
	defer f.Close() // only read
	info, err := f.Stat()
	if err != nil {
		return nil, bare(err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("is no plain file: %w", ErrFormat)
	}
	return decode(Format(path), f, info.Size(), dt)
}

// bare is an error of a file without the file's name, which the caller adds.
func bare(err error) error {
	var of *os.PathError
	if errors.As(err, &of) {
		return of.Err
	}
	return err
}

// Format is the ending of a file's name, without the dot and in small letters.
func Format(path string) string { return strings.ToLower(strings.TrimPrefix(filepath.Ext(path), ".")) }

// Formats are the formats of [Decode].
func Formats() []string { return []string{"npz", "jsonl", "json", "parquet"} }

// Decode reads the episodes of a file of a format, one of [Formats].
func Decode(format string, r io.ReaderAt, size int64) ([]Episode, error) {
	return decode(format, r, size, 0)
}

func decode(format string, r io.ReaderAt, size int64, dt float64) ([]Episode, error) {
	var all []Episode
	var err error
	switch format {
	case "npz":
		var arrays table
		if arrays, err = readNPZ(r, size); err == nil {
			all, err = arrays.episodes()
		}
	case "jsonl", "json":
		all, err = readLines(bufio.NewReader(io.NewSectionReader(r, 0, size)))
	case "parquet":
		all, err = readParquet(r, size, dt)
	default:
		return nil, fmt.Errorf("format %q: %w", format, ErrFormat)
	}
	if err != nil {
		return nil, err
	}
	return all, checkAll(all)
}

// Parse reads the episodes of a file's text.
func Parse(format string, text []byte) ([]Episode, error) {
	return Decode(format, bytes.NewReader(text), int64(len(text)))
}

// checkAll refuses episodes that are not whole, and those whose size is not that of the first.
func checkAll(all []Episode) error {
	if len(all) == 0 {
		return errors.New("holds no episode")
	}
	for i, e := range all {
		if err := e.Check(); err != nil {
			return fmt.Errorf("episode %d: %w", i, err)
		}
		if e.Size != all[0].Size {
			return fmt.Errorf("episode %d has %v, episode 0 has %v", i, e.Size, all[0].Size)
		}
	}
	return nil
}

// Digest returns the SHA-256 of episodes in hexadecimal: of all that they hold but Meta. It does not depend on
// the format from which they were read.
func Digest(all []Episode) string {
	sum := sha256.New()
	for _, e := range all {
		fmt.Fprintf(sum, "%d %d %d %v %v %v %d %v %v\n", e.Size.Observation, e.Size.Action, e.Decisions(), e.Terminated, e.Truncated, e.Dt, e.Policy,
			len(e.Rewards), len(e.Times))
		for _, list := range [][]byte{floatBytes(e.Observations), floatBytes(e.Actions), floatBytes(e.Rewards), floatBytes(e.Times)} {
			sum.Write(list)
		}
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// Uniform returns the episodes without the rewards, or the times, that only some of them have: npz files keep
// such lists for all episodes or for none.
func Uniform(all []Episode) []Episode {
	out := slices.Clone(all)
	rewards := slices.ContainsFunc(out, func(e Episode) bool { return e.Rewards == nil })
	times := slices.ContainsFunc(out, func(e Episode) bool { return e.Times == nil })
	for i := range out {
		if rewards {
			out[i].Rewards = nil
		}
		if times {
			out[i].Times = nil
		}
	}
	return out
}

// Decisions counts the decisions of all episodes.
func Decisions(all []Episode) int {
	n := 0
	for _, e := range all {
		n += e.Decisions()
	}
	return n
}

// known reports whether a format is written by [Encode].
func known(format string) bool { return slices.Contains([]string{"npz", "jsonl"}, format) }
