package disk

import (
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"

	"golang.org/x/sys/windows"
)

const nonblock = 0

// movesOpen reports whether an open file may be renamed or removed.
const movesOpen = false

// read opens a name of the directory by its path.
func (h *host) read(name string) (*os.File, error) {
	return os.Open(filepath.Join(h.root.Name(), filepath.FromSlash(name)))
}

// lock locks an open file by LockFileEx, which ends with the process. Windows keeps others from reading what is
// locked; so the lock is on a byte far beyond the end of the file, whose text says who holds it.
func lock(f *os.File) error {
	place := windows.Overlapped{Offset: math.MaxUint32, OffsetHigh: math.MaxInt32}
	err := windows.LockFileEx(windows.Handle(f.Fd()), windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, &place)
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) || errors.Is(err, windows.ERROR_IO_PENDING) {
		return ErrLocked
	}
	if err != nil {
		return &fs.PathError{Op: "LockFileEx", Path: f.Name(), Err: err}
	}
	return nil
}

// IsFull reports whether an error means that a disk has no space left.
func IsFull(err error) bool {
	return errors.Is(err, windows.ERROR_DISK_FULL) || errors.Is(err, windows.ERROR_HANDLE_DISK_FULL)
}
