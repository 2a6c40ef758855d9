package disk

import (
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"syscall"
)

// Forgiving is a folder that does without what its file system cannot do and files do not need:
// syncing. It warns once of each thing.
type Forgiving struct {
	Folder
	mu      sync.Mutex
	warn    func(text string)
	pending []string // warnings before there was anybody to tell
	told    map[string]bool
}

// Forgive makes a folder forgiving. Its warnings wait for WarnBy.
func Forgive(f Folder) *Forgiving { return &Forgiving{Folder: f, told: map[string]bool{}} }

// WarnBy says whom to warn, now and of what was met so far.
func (f *Forgiving) WarnBy(warn func(text string)) {
	f.mu.Lock()
	pending := f.pending
	f.pending, f.warn = nil, warn
	f.mu.Unlock()
	for _, text := range pending {
		warn(text)
	}
}

// WarnOnce warns of a kind of thing, the first time.
func (f *Forgiving) WarnOnce(kind, format string, args ...any) {
	f.mu.Lock()
	told, warn := f.told[kind], f.warn
	f.told[kind] = true
	text := fmt.Sprintf(format, args...)
	if !told && warn == nil {
		f.pending = append(f.pending, text)
	}
	f.mu.Unlock()
	if !told && warn != nil {
		warn(text)
	}
}

// cannot reports whether an error says that a file system, or its owner, does not provide for something.
// Errors of the disk itself, EIO and ENOSPC among them, are none.
func cannot(err error) bool {
	for _, known := range []error{errors.ErrUnsupported, syscall.EINVAL, syscall.EBADF, syscall.ENOTTY, syscall.EROFS, fs.ErrPermission} {
		if errors.Is(err, known) {
			return true
		}
	}
	return false
}

// forgive takes an error of syncing for a warning where the file system cannot do it.
func (f *Forgiving) forgive(what string, err error) error {
	if !cannot(err) {
		return err
	}
	f.WarnOnce("sync "+what, "this file system cannot sync %s (%v): a power cut may lose what was written last; a kill cannot", what, err)
	return nil
}

// Sync puts the names in a directory on disk, where that is possible.
func (f *Forgiving) Sync(name string) error { return f.forgive("directories", f.Folder.Sync(name)) }

// Create makes a file that must not exist.
func (f *Forgiving) Create(name string) (File, error) { return f.wrap(f.Folder.Create(name)) }

// Append opens a plain file for writing at its end.
func (f *Forgiving) Append(name string) (File, error) { return f.wrap(f.Folder.Append(name)) }

func (f *Forgiving) wrap(file File, err error) (File, error) {
	if err != nil {
		return nil, err
	}
	return forgivingFile{file, f}, nil
}

// Holds reports whether the name still stands for an open file.
func (f *Forgiving) Holds(name string, file File) (bool, error) {
	if ours, ok := file.(forgivingFile); ok {
		file = ours.File
	}
	return f.Folder.Holds(name, file)
}

// forgivingFile is a file whose syncing is forgiven.
type forgivingFile struct {
	File
	folder *Forgiving
}

// Sync puts the file on disk, where that is possible.
func (f forgivingFile) Sync() error { return f.folder.forgive("files", f.File.Sync()) }
