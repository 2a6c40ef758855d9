package disk

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
)

// Folder is a directory that is held open: every operation uses this directory, even after it was renamed
// and replaced by another. Names are relative to it, with slashes. Opening for reading and listing follow
// links anywhere; everything else refuses them. The user's umask limits the permissions of new files and
// directories.
type Folder interface {
	// Open opens a plain file for reading. Anything else is an error at once, a pipe too.
	Open(name string) (File, error)
	// Create makes a file that must not exist.
	Create(name string) (File, error)
	// Append opens or makes a plain file, for reading and for writing at its end.
	Append(name string) (File, error)
	// Kind returns the kind of a name, without following links.
	Kind(name string) (Kind, error)
	// Names lists a directory, sorted.
	Names(name string) ([]string, error)
	Mkdir(name string) error
	Rename(from, to string) error
	// Remove removes a file, a link or an empty directory.
	Remove(name string) error
	// Sync puts the names in a directory on disk.
	Sync(name string) error
	// Holds reports whether the name still stands for an open file.
	Holds(name string, f File) (bool, error)
}

// File is an open file.
type File interface {
	io.ReadWriteCloser
	Size() (int64, error)
	Truncate(size int64) error
	Sync() error
	// Lock locks the file through this open file until it is closed. It returns ErrLocked if another
	// open file has locked it.
	Lock() error
}

// ErrLocked marks a file whose lock another process holds.
var ErrLocked = errors.New("is locked by another process")

// Kind is the kind of a name: nothing, a file, a directory, ...
type Kind int

// The kinds.
const (
	Nothing Kind = iota
	Plain
	Directory
	Link
	Special // pipe, device, socket
)

// String names the kind as in "is a pipe".
func (k Kind) String() string {
	return [...]string{"nothing", "a plain file", "a directory", "a link", "a pipe, device or socket"}[k]
}

// kindOf finds the kind of a file mode.
func kindOf(mode fs.FileMode) Kind {
	switch {
	case mode.IsRegular():
		return Plain
	case mode.IsDir():
		return Directory
	case mode&fs.ModeSymlink != 0:
		return Link
	}
	return Special
}

// ErrKind marks a name of the wrong kind.
var ErrKind = errors.New("is not what it has to be")

// Want refuses a name that exists with another kind, so that no write inside a run follows a link or waits
// for a pipe.
func Want(f Folder, name string, want Kind) error {
	kind, err := f.Kind(name)
	if err != nil || kind == Nothing || kind == want {
		return err
	}
	return fmt.Errorf("%s %w: it is %v, not %v", name, ErrKind, kind, want)
}

// Read reads a plain file of at most most bytes.
func Read(f Folder, name string, most int64) ([]byte, error) {
	file, err := f.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close() // only read
	size, err := file.Size()
	if err != nil {
		return nil, err
	}
	if size > most {
		return nil, fmt.Errorf("%s: %d bytes, more than the allowed %d", name, size, most)
	}
	text, err := io.ReadAll(io.LimitReader(file, most+1))
	if err == nil && int64(len(text)) > most { // it grew
		err = fmt.Errorf("%s: more than the allowed %d bytes", name, most)
	}
	return text, err
}
