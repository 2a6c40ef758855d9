package remote

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Names in an inbox.
const (
	WaitingFile = "waiting.json" // what is waited for

	TakenFolder   = "taken"   // files that were taken
	RefusedFolder = "refused" // files that were not, each with its reason
)

// Inbox is a folder in which files with whole episodes appear, by rsync, cp or any other way. A file counts as
// complete when its size and its time have not changed for a while.
type Inbox struct {
	path   string
	settle time.Duration
	seen   map[string]sighting
	now    func() time.Time
}

// sighting is a file as it was first seen with this size and time.
type sighting struct {
	size    int64
	changed time.Time
	first   time.Time
}

// settled is how long a file must not change.
const settled = 2 * time.Second

// OpenInbox returns the inbox at path, and makes it and its folders where they are missing.
func OpenInbox(path string) (*Inbox, error) {
	b := &Inbox{path: path, settle: settled, seen: map[string]sighting{}, now: time.Now}
	for _, folder := range []string{path, filepath.Join(path, TakenFolder), filepath.Join(path, RefusedFolder)} {
		if err := os.MkdirAll(folder, 0o777); err != nil {
			return nil, fmt.Errorf("inbox: %w", err)
		}
	}
	return b, nil
}

// Path returns the path of a file of the inbox.
func (b *Inbox) Path(name string) string { return filepath.Join(b.path, name) }

// Complete lists the complete files with one of the given endings (without the dot), in the order of their names.
// Names that begin with a dot are those of unfinished copies.
func (b *Inbox) Complete(endings []string) ([]string, error) {
	entries, err := os.ReadDir(b.path)
	if err != nil {
		return nil, fmt.Errorf("inbox: %w", err)
	}
	var complete []string
	there := map[string]sighting{}
	for _, entry := range entries {
		name := entry.Name()
		ending := strings.ToLower(strings.TrimPrefix(filepath.Ext(name), "."))
		if strings.HasPrefix(name, ".") || name == WaitingFile || !entry.Type().IsRegular() || !slices.Contains(endings, ending) {
			continue
		}
		info, err := entry.Info()
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("inbox: %w", err)
		}
		now := sighting{info.Size(), info.ModTime(), b.now()}
		if before, ok := b.seen[name]; ok && before.size == now.size && before.changed.Equal(now.changed) {
			now.first = before.first
		}
		there[name] = now
		if b.now().Sub(now.first) >= b.settle {
			complete = append(complete, name)
		}
	}
	b.seen = there
	return complete, nil
}

// free returns a name in a folder of the inbox that no file has yet.
func (b *Inbox) free(folder, name string) string {
	to := filepath.Join(folder, name)
	for i := 2; ; i++ {
		if _, err := os.Lstat(b.Path(to)); err != nil {
			return to
		}
		to = filepath.Join(folder, fmt.Sprintf("%s.%d%s", strings.TrimSuffix(name, filepath.Ext(name)), i, filepath.Ext(name)))
	}
}

// Take moves a file to those that were taken. One that its owner has removed meanwhile is no error.
func (b *Inbox) Take(name string) error {
	_, err := b.move(name, b.free(TakenFolder, name))
	return err
}

// Refuse moves a file to those that were refused, with the reason beside it in a file that ends with .txt, and reports whether it was
// there still: its owner may have removed it. A file that cannot be moved would be read again and again, so that is an error.
func (b *Inbox) Refuse(name, reason string) (refused bool, err error) {
	to := b.free(RefusedFolder, name)
	if err := b.Write(to+".txt", []byte(reason+"\n")); err != nil {
		return false, err
	}
	if refused, err = b.move(name, to); !refused {
		err = errors.Join(err, b.Remove(to+".txt"))
	}
	return refused, err
}

// move gives a file another name and reports whether there was one.
func (b *Inbox) move(name, to string) (moved bool, err error) {
	delete(b.seen, name)
	err = os.Rename(b.Path(name), b.Path(to))
	if errors.Is(err, fs.ErrNotExist) { // the file, or the folder that it should go to
		if _, gone := os.Lstat(b.Path(name)); errors.Is(gone, fs.ErrNotExist) {
			return false, nil
		}
	}
	if err != nil {
		return false, fmt.Errorf("inbox: %w", err)
	}
	return true, nil
}

// Remove removes a file of palmal's, if it is there.
func (b *Inbox) Remove(name string) error {
	if err := os.Remove(b.Path(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("inbox: %w", err)
	}
	return nil
}

// Write writes a small file whole or not at all, also where the power is cut: aside, then under its name.
func (b *Inbox) Write(name string, contents []byte) (err error) {
	draft := b.Path(filepath.Join(filepath.Dir(name), "."+filepath.Base(name)+".writing"))
	defer func() {
		if err != nil {
			err = fmt.Errorf("inbox: %s: %w", name, err)
		}
	}()
	f, err := os.Create(draft)
	if err != nil {
		return err
	}
	_, err = f.Write(contents)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return errors.Join(err, os.Remove(draft))
	}
	return os.Rename(draft, b.Path(name))
}
