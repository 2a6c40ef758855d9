//go:build !unix && !windows

package disk

import (
	"errors"
	"os"
	"path/filepath"
)

const nonblock = 0

// movesOpen reports whether an open file may be renamed or removed.
const movesOpen = false

// read opens a name of the directory by its path.
func (h *host) read(name string) (*os.File, error) {
	return os.Open(filepath.Join(h.root.Name(), filepath.FromSlash(name)))
}

func lock(*os.File) error { return errors.ErrUnsupported }

// IsFull reports whether an error means that a disk has no space left; this system does not say it.
func IsFull(error) bool { return false }
