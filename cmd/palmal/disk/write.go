package disk

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"syscall"
)

// Prefixes of unfinished writes and removals. A killed process leaves them; Clean removes them.
const (
	Writing  = ".writing-"
	removing = ".removing-"
)

// Write makes a new file, complete and synced.
func Write(f Folder, name string, fill func(io.Writer) error) (err error) {
	file, err := f.Create(name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	if err := fill(file); err != nil {
		return err
	}
	return file.Sync()
}

// WriteText makes a new file with the given contents, complete and synced.
func WriteText(f Folder, name string, contents []byte) error {
	return Write(f, name, func(out io.Writer) error {
		_, err := out.Write(contents)
		return err
	})
}

// Replace writes a small file so that readers, and a reader after a power cut, see the old contents
// or the new.
func Replace(f Folder, name string, contents []byte) error {
	if err := Want(f, name, Plain); err != nil {
		return err
	}
	return aside(f, name, func(draft string) error { return WriteText(f, draft, contents) })
}

// Build makes a directory that must not exist, whole or not at all. fill gets the name of its draft and
// fills it.
func Build(f Folder, name string, fill func(draft string) error) error {
	if kind, err := f.Kind(name); err != nil || kind != Nothing {
		return errors.Join(err, fmt.Errorf("%s exists already", name))
	}
	return aside(f, name, func(draft string) error {
		if err := f.Mkdir(draft); err != nil {
			return err
		}
		if err := fill(draft); err != nil {
			return err
		}
		return f.Sync(draft)
	})
}

// aside writes under another name, renames and syncs the directory.
func aside(f Folder, name string, write func(draft string) error) error {
	draft := join(parent(name), Writing+base(name))
	if err := RemoveAll(f, draft); err != nil {
		return err
	}
	err := write(draft)
	if err == nil {
		err = f.Rename(draft, name)
	}
	if err != nil {
		return errors.Join(err, RemoveAll(f, draft))
	}
	return f.Sync(parent(name))
}

// Move gives a directory of files another name. Overlay file systems cannot rename a directory of a
// lower layer, such as an image of a container: there it is copied, whole, and then removed.
func Move(f Folder, from, to string) error {
	err := f.Rename(from, to)
	if !errors.Is(err, syscall.EXDEV) {
		return err
	}
	names, err := f.Names(from)
	if err != nil {
		return err
	}
	err = Build(f, to, func(draft string) error {
		for _, name := range names {
			if err := Copy(f, join(from, name), join(draft, name)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return RemoveAll(f, from)
}

// Copy copies a file to a new one, whole and synced.
func Copy(f Folder, from, to string) error {
	file, err := f.Open(from)
	if err != nil {
		return err
	}
	defer file.Close() // only read
	return Write(f, to, func(out io.Writer) error {
		_, err := io.Copy(out, file)
		return err
	})
}

// RemoveAll removes a file, link or directory, if there is one. It renames a directory first, so that an
// interrupted removal leaves no part of it under its name. Links are removed, not followed.
func RemoveAll(f Folder, name string) error {
	kind, err := f.Kind(name)
	if err != nil || kind == Nothing {
		return err
	}
	if kind != Directory {
		return f.Remove(name)
	}
	if doomed := join(parent(name), removing+base(name)); !strings.HasPrefix(base(name), ".") {
		if err := RemoveAll(f, doomed); err != nil {
			return err
		}
		err := f.Rename(name, doomed)
		if errors.Is(err, syscall.EXDEV) {
			return demolish(f, name) // see Move
		}
		if err != nil {
			return err
		}
		if err := f.Sync(parent(name)); err != nil {
			return err
		}
		name = doomed
	}
	return demolish(f, name)
}

// demolish removes a directory and its contents.
func demolish(f Folder, name string) error {
	names, err := f.Names(name)
	if err != nil {
		return err
	}
	for _, entry := range names {
		entry = join(name, entry)
		kind, err := f.Kind(entry)
		switch {
		case err != nil:
			return err
		case kind == Directory:
			err = demolish(f, entry)
		default:
			err = f.Remove(entry)
		}
		if err != nil {
			return err
		}
	}
	return f.Remove(name)
}

// Leftover reports whether a name is that of an unfinished write or removal.
func Leftover(name string) bool {
	return strings.HasPrefix(name, Writing) || strings.HasPrefix(name, removing)
}

// Clean removes the remains of killed writes and removals from a directory.
func Clean(f Folder, directory string) error {
	names, err := f.Names(directory)
	if err != nil {
		return err
	}
	for _, name := range names {
		if Leftover(name) {
			if err := RemoveAll(f, join(directory, name)); err != nil {
				return err
			}
		}
	}
	return nil
}

// join joins a directory and a name.
func join(directory, name string) string {
	if directory == "." {
		return name
	}
	return directory + "/" + name
}
