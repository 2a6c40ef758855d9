package disk

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
)

// Folder is a directory that is held open: every operation means this directory, even after it was
// renamed and another took its place. Names are relative to it, with slashes. Opening for reading
// and listing follow links, wherever they lead; everything else refuses them. New files and
// directories have the permissions that the user's umask leaves.
type Folder interface {
	// Open opens a plain file for reading. Anything else is an error at once, a pipe too.
	Open(name string) (File, error)
	// Create makes a file that must not exist.
	Create(name string) (File, error)
	// Append opens a plain file, which it makes if there is none, for reading and for writing at its end.
	Append(name string) (File, error)
	// Kind is what stands at a name: of a link, that it is one.
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
	// Lock makes this open file the only locked one of its file, until it is closed. ErrLocked says
	// that another is.
	Lock() error
}

// ErrLocked marks a file that another process holds the lock of.
var ErrLocked = errors.New("is locked by another process")

// Kind is what stands at a name.
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

// ErrKind marks a name where something else stands than has to.
var ErrKind = errors.New("is not what it has to be")

// Want refuses a name at which neither nothing nor the given kind stands: what is written inside a
// run goes to no link, and waits for no pipe.
func Want(f Folder, name string, want Kind) error {
	kind, err := f.Kind(name)
	if err != nil || kind == Nothing || kind == want {
		return err
	}
	return fmt.Errorf("%s %w: it is %v, not %v", name, ErrKind, kind, want)
}

// Read reads a plain file of at most so many bytes.
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
		return nil, fmt.Errorf("%s: %d bytes, more than the %d that it may have", name, size, most)
	}
	text, err := io.ReadAll(io.LimitReader(file, most+1))
	if err == nil && int64(len(text)) > most { // it grew
		err = fmt.Errorf("%s: more than the %d bytes that it may have", name, most)
	}
	return text, err
}
