package disk

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Output is a file for a user: a picture, a film. A user's path works as in the operating system: through
// links, to pipes and devices. A path that the program chose inside a directory, Within, follows no link
// below it.
type Output struct {
	Path   string
	Within string // "" for a user's path
}

// In is an output at a place that the program chose inside a directory, for instance plots/x.svg.
func In(directory, name string) Output {
	for len(directory) > 1 && strings.HasSuffix(directory, "/") {
		directory = directory[:len(directory)-1]
	}
	return Output{Path: strings.TrimSuffix(directory, "/") + "/" + name, Within: directory}
}

// Draft is an output that is being written.
type Draft struct {
	*os.File
	output Output
	target string // final path
	copied bool   // the draft is copied into the target, which cannot be replaced
	closed bool
}

// Write writes an output, whole or not at all where its directory can hold a draft.
func (o Output) Write(fill func(io.Writer) error) error {
	draft, err := o.Begin()
	if err != nil {
		return err
	}
	if err := fill(draft); err != nil {
		return errors.Join(err, draft.Discard())
	}
	return draft.Commit()
}

// Check makes sure that an output can be written later, before the work that leads to it.
func (o Output) Check() error {
	draft, err := o.Begin()
	if err != nil {
		return err
	}
	return draft.Discard()
}

// Begin makes the draft of an output: in its directory, or where that is not possible among temporary files.
// The old file stays until Commit.
func (o Output) Begin() (*Draft, error) {
	o.Path, o.Within = filepath.ToSlash(o.Path), filepath.ToSlash(o.Within)
	if err := o.inside(); err != nil {
		return nil, err
	}
	if err := MakeAll(o.Path[:strings.LastIndex(o.Path, "/")+1]); err != nil {
		return nil, err
	}
	target, err := resolve(o.Path)
	if err != nil {
		return nil, err
	}
	draft := &Draft{output: o, target: target}
	info, err := os.Stat(target)
	switch {
	case err == nil && info.IsDir():
		return nil, fmt.Errorf("%s is a directory", o.Path)
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return nil, err
	case err == nil && (!info.Mode().IsRegular() || strings.HasPrefix(target, "/dev/") || strings.HasPrefix(target, "/proc/")):
		draft.copied = true
	case err == nil:
		if err := mayWrite(target); err != nil {
			return nil, err
		}
	}
	exists := err == nil
	if !draft.copied {
		draft.File, err = neighbour(target)
		draft.copied = err != nil && exists && cannot(err)
	}
	if draft.copied {
		draft.File, err = os.CreateTemp("", "palmal-*"+filepath.Ext(target))
	}
	if err != nil {
		return nil, err
	}
	if exists && !draft.copied {
		_ = draft.Chmod(info.Mode().Perm()) // keeps the old permissions where possible, else the user's umask decides
	}
	return draft, nil
}

// mayWrite refuses a file that the user may not write, although it could be replaced.
func mayWrite(path string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|nonblock, 0)
	if err != nil {
		return err
	}
	return f.Close()
}

// inside refuses links and special files on the path from a directory to the output.
func (o Output) inside() error {
	if o.Within == "" {
		return nil
	}
	at := o.Within
	parts := strings.Split(strings.TrimPrefix(o.Path, strings.TrimSuffix(o.Within, "/")+"/"), "/")
	for i, part := range parts {
		at = strings.TrimSuffix(at, "/") + "/" + part
		info, err := os.Lstat(at)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		want := Directory
		if i == len(parts)-1 {
			want = Plain
		}
		if kind := kindOf(info.Mode()); kind != want {
			return fmt.Errorf("%s %w: it is %v, not %v; nothing was written; -o FILE writes wherever you say", at, ErrKind, kind, want)
		}
	}
	return nil
}

// resolve follows the links at the end of a path, to a file that exists or not.
func resolve(path string) (string, error) {
	const most = 40 // links, as Linux follows
	for range most {
		link, err := os.Readlink(path)
		if err != nil || strings.HasPrefix(path, "/proc/") {
			return path, nil
		}
		if !filepath.IsAbs(link) {
			link = path[:strings.LastIndex(path, "/")+1] + link
		}
		path = link
	}
	return "", fmt.Errorf("%s: too many links", path)
}

// neighbour creates a file in the directory of a path. It is locked while it is written; an unlocked one
// was left by a killed process and is removed.
func neighbour(path string) (*os.File, error) {
	above, name := path[:strings.LastIndex(path, "/")+1], path[strings.LastIndex(path, "/")+1:]
	for n := 1; ; n++ {
		draft := above + Writing + name
		if n > 1 {
			draft = fmt.Sprintf("%s%s%d-%s", above, Writing, n, name)
		}
		f, err := os.OpenFile(draft, os.O_RDWR|os.O_CREATE|os.O_EXCL, filePermission)
		if err == nil {
			_ = lock(f) // keeps other processes from removing it, where locks work
			return f, nil
		}
		const most = 1000 // names read at once
		if !errors.Is(err, fs.ErrExist) || n == most {
			return nil, err
		}
		if removeLeftover(draft) == nil {
			n--
		}
	}
}

// removeLeftover removes a draft that nobody writes.
func removeLeftover(path string) error {
	info, err := os.Lstat(path)
	if err != nil || !info.Mode().IsRegular() {
		return errors.Join(err, ErrKind)
	}
	f, err := os.OpenFile(path, os.O_RDWR|nonblock, 0)
	if err != nil {
		return err
	}
	defer f.Close() // only locked
	if err := lock(f); err != nil {
		return err
	}
	if !movesOpen {
		_ = f.Close() // only locked
	}
	return os.Remove(path)
}

// Commit moves the draft to the place of the output.
func (d *Draft) Commit() error {
	if d.copied {
		return errors.Join(d.copy(), d.Discard())
	}
	err := d.Sync()
	if cannot(err) {
		err = nil
	}
	if err == nil {
		err = d.output.inside() // checked again, since a film takes long
	}
	if err == nil && !movesOpen {
		err = d.close()
	}
	if err == nil {
		err = os.Rename(d.Name(), d.target)
	}
	if err != nil {
		return errors.Join(err, d.Discard())
	}
	err = syncPath(d.target[:strings.LastIndex(d.target, "/")+1])
	if cannot(err) {
		err = nil
	}
	return errors.Join(err, d.close())
}

// close closes the draft's file once.
func (d *Draft) close() error {
	if d.closed {
		return nil
	}
	d.closed = true
	return d.Close()
}

// copy writes the draft into the existing target.
func (d *Draft) copy() (err error) {
	from, err := os.Open(d.Name()) // opened by name: another program may have written it
	if err != nil {
		return err
	}
	defer from.Close() // only read
	out, err := os.OpenFile(d.target, os.O_WRONLY|os.O_TRUNC, 0)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	_, err = io.Copy(out, from)
	return err
}

// Discard removes the draft.
func (d *Draft) Discard() error { return errors.Join(d.close(), os.Remove(d.Name())) }
