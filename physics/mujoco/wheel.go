package mujoco

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// mostLibraryBytes is the largest library that is taken out of a wheel; MuJoCo's are below 30 MB.
const mostLibraryBytes = 256 << 20

// cache is the folder of wheels that were fetched and of libraries that were taken out of them; "" where the
// user has none.
func cache() string {
	folder, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	return filepath.Join(folder, "palmal", "mujoco")
}

// unpacked returns the file of the place's library. A wheel's is taken out, once, into the cache.
func (p place) unpacked() (string, error) {
	if filepath.Ext(p.name) != ".whl" {
		return p.name, nil
	}
	hash, err := hashOf(p.name)
	if err != nil {
		return "", err
	}
	wheel, err := zip.OpenReader(p.name)
	if err != nil {
		return "", fmt.Errorf("%s: %w", p.name, err)
	}
	defer wheel.Close()
	entry, err := libraryOf(wheel.File)
	if err != nil {
		return "", fmt.Errorf("%s: %w", p.name, err)
	}
	if cache() == "" {
		return "", fmt.Errorf("%s: there is no folder for caches to unpack it into", p.name)
	}
	file := filepath.Join(cache(), hash[:16], path.Base(entry.Name))
	if info, err := os.Stat(file); err == nil && uint64(info.Size()) == entry.UncompressedSize64 {
		return file, nil
	}
	if err := unpack(entry, file); err != nil {
		return "", fmt.Errorf("%s: %w", p.name, err)
	}
	return file, nil
}

// libraryOf finds the library of a wheel for this system.
func libraryOf(entries []*zip.File) (*zip.File, error) {
	for _, entry := range entries {
		folder, name := path.Split(entry.Name)
		if folder != "mujoco/" {
			continue
		}
		for _, pattern := range patterns() {
			if found, err := path.Match(pattern, name); err == nil && found {
				if entry.UncompressedSize64 > mostLibraryBytes {
					return nil, fmt.Errorf("%s has %d MiB, at most %d", entry.Name, entry.UncompressedSize64>>20, mostLibraryBytes>>20)
				}
				return entry, nil
			}
		}
	}
	return nil, fmt.Errorf("the wheel has no file mujoco/%s: it is not of the package mujoco or mujoco-core for this system", strings.Join(patterns(), " or mujoco/"))
}

// unpack writes an entry of a wheel, aside first, so that other processes see the whole file or none.
func unpack(entry *zip.File, file string) (err error) {
	in, err := entry.Open()
	if err != nil {
		return err
	}
	defer in.Close()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	out, err := os.CreateTemp(filepath.Dir(file), "unpacking-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(out.Name()))
		}
	}()
	_, err = io.Copy(out, io.LimitReader(in, mostLibraryBytes))
	if err = errors.Join(err, out.Sync(), out.Close()); err != nil {
		return err
	}
	return os.Rename(out.Name(), file)
}
