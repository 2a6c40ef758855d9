package episodes

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// mostBytes is the largest number of bytes of all arrays of a file: 16 million transitions of a robot of
// 12 joints.
const mostBytes = 4 << 30

// mostArrays is the largest number of files in an npz archive.
const mostArrays = 256

// readNPZ reads the arrays that mean something to recordings. Others are skipped unread: files of other
// programs hold many.
func readNPZ(r io.ReaderAt, size int64) (map[string]array, error) {
	archive, err := zip.NewReader(r, size)
	if err != nil {
		return nil, fmt.Errorf("is no npz file, or one that is cut off: %w", err)
	}
	if len(archive.File) > mostArrays {
		return nil, fmt.Errorf("holds %d arrays, at most %d are read", len(archive.File), mostArrays)
	}
	arrays, left := map[string]array{}, int64(mostBytes)
	for _, file := range archive.File {
		name := strings.TrimSuffix(file.Name, ".npy")
		if !slices.Contains(arrayNames(), name) {
			continue
		}
		if _, twice := arrays[name]; twice {
			return nil, fmt.Errorf("holds %s twice", name)
		}
		a, err := readMember(file, left)
		if err != nil {
			return nil, fmt.Errorf("array %s: %w", name, err)
		}
		arrays[name] = a
		left -= int64(len(a.data))
	}
	return arrays, nil
}

// readMember reads one array of an archive, whose check sum must be right.
func readMember(file *zip.File, most int64) (a array, err error) {
	r, err := file.Open()
	if err != nil {
		return a, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	if a, err = readArray(r, most); err != nil {
		return a, err
	}
	if n, err := io.Copy(io.Discard, io.LimitReader(r, 1)); n > 0 || err != nil { // the end, where the check sum is compared
		return a, errors.Join(err, errors.New("more follows its elements"))
	}
	return a, nil
}
