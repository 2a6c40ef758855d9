package disk

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"syscall"
)

// Permissions before the user's umask.
const (
	filePermission      = 0o666
	directoryPermission = 0o777
)

// host is a folder of the operating system. root keeps writes inside; directory is for reading, which
// follows links to the outside.
type host struct {
	root      *os.Root
	directory *os.File
}

// OpenFolder opens a directory by any spelling of its path.
func OpenFolder(path string) (Folder, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() { // opening a pipe would wait for its writer
		return nil, fmt.Errorf("%q is %v, not a directory", path, kindOf(info.Mode()))
	}
	root, err := os.OpenRoot(path)
	if err != nil {
		return nil, err
	}
	directory, err := root.Open(".")
	if err != nil {
		return nil, errors.Join(err, root.Close())
	}
	return &host{root, directory}, nil
}

func (h *host) Open(name string) (File, error) {
	f, err := h.read(name)
	if err != nil {
		return nil, err
	}
	return plain(name, f)
}

// plain refuses an open file that is not a plain file.
func plain(name string, f *os.File) (File, error) {
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s %w: it is %v, not %v", name, ErrKind, kindOf(info.Mode()), Plain)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return hostFile{f}, nil
}

func (h *host) Create(name string) (File, error) {
	f, err := h.root.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, filePermission)
	if err != nil {
		return nil, err
	}
	return hostFile{f}, nil
}

func (h *host) Append(name string) (File, error) {
	if err := Want(h, name, Plain); err != nil {
		return nil, err
	}
	f, err := h.root.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_APPEND|nonblock, filePermission)
	if err != nil {
		return nil, err
	}
	return plain(name, f)
}

func (h *host) Kind(name string) (Kind, error) {
	info, err := h.root.Lstat(name)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return Nothing, nil
	}
	if err != nil {
		return Nothing, err
	}
	return kindOf(info.Mode()), nil
}

func (h *host) Names(name string) ([]string, error) {
	f, err := h.read(name)
	if err != nil {
		return nil, err
	}
	names, err := f.Readdirnames(-1)
	slices.Sort(names)
	return names, errors.Join(err, f.Close())
}

func (h *host) Mkdir(name string) error      { return h.root.Mkdir(name, directoryPermission) }
func (h *host) Rename(from, to string) error { return h.root.Rename(from, to) }
func (h *host) Remove(name string) error     { return h.root.Remove(name) }

func (h *host) Sync(name string) error {
	f, err := h.root.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

func (h *host) Holds(name string, f File) (bool, error) {
	now, err := h.root.Lstat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	held, err := f.(hostFile).Stat()
	return err == nil && os.SameFile(now, held), err
}

// hostFile is an open file of the operating system.
type hostFile struct{ *os.File }

func (f hostFile) Size() (int64, error) {
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

func (f hostFile) Lock() error { return lock(f.File) }

// base is the last part of a name.
func base(name string) string { return name[strings.LastIndex(name, "/")+1:] }

// parent is the directory of a name.
func parent(name string) string {
	if i := strings.LastIndex(name, "/"); i >= 0 {
		return name[:i]
	}
	return "."
}
