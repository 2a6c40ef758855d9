package disk

import (
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"syscall"
)

// Forgiving is a folder that works without syncing where its file system cannot sync. It warns once of each
// kind of problem.
type Forgiving struct {
	Folder
	mu      sync.Mutex
	warn    func(text string)
	pending []string // warnings before WarnBy
	told    map[string]bool
}

// Forgive makes a folder forgiving. Its warnings wait for WarnBy.
func Forgive(f Folder) *Forgiving { return &Forgiving{Folder: f, told: map[string]bool{}} }

// WarnBy sets the receiver of warnings, which gets the pending ones at once.
func (f *Forgiving) WarnBy(warn func(text string)) {
	f.mu.Lock()
	pending := f.pending
	f.pending, f.warn = nil, warn
	f.mu.Unlock()
	for _, text := range pending {
		warn(text)
	}
}

// WarnOnce warns of a kind of problem the first time.
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

// cannot reports whether an error means that a file system, or its owner, does not support an operation.
// Errors of the disk itself, such as EIO and ENOSPC, do not mean that.
func cannot(err error) bool {
	for _, known := range []error{errors.ErrUnsupported, syscall.EINVAL, syscall.EBADF, syscall.ENOTTY, syscall.EROFS, fs.ErrPermission} {
		if errors.Is(err, known) {
			return true
		}
	}
	return false
}

// forgive turns an error of syncing into a warning where the file system cannot sync.
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
