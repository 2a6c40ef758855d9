package disktest

import (
	"sync"

	"github.com/palmal-rl/palmal/cmd/palmal/disk"
)

// Faulty is a folder whose operations ask first whether they fail. A failed write has written the first
// half of its data.
type Faulty struct {
	Folder disk.Folder
	mu     sync.Mutex
	before func(operation, name string) error
}

// NewFaulty makes a folder faulty; before is called before each operation, one at a time, with its name and
// its object.
func NewFaulty(f disk.Folder, before func(operation, name string) error) *Faulty {
	return &Faulty{Folder: f, before: before}
}

func (f *Faulty) ask(operation, name string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.before(operation, name)
}

// Open opens a file for reading.
func (f *Faulty) Open(name string) (disk.File, error) { return f.open("open", name, f.Folder.Open) }

// Create makes a file.
func (f *Faulty) Create(name string) (disk.File, error) {
	return f.open("create", name, f.Folder.Create)
}

// Append opens or makes a file.
func (f *Faulty) Append(name string) (disk.File, error) {
	return f.open("append", name, f.Folder.Append)
}

func (f *Faulty) open(operation, name string, open func(string) (disk.File, error)) (disk.File, error) {
	if err := f.ask(operation, name); err != nil {
		return nil, err
	}
	file, err := open(name)
	if err != nil {
		return nil, err
	}
	return &faultyFile{file, f, name}, nil
}

// Kind returns the kind of a name.
func (f *Faulty) Kind(name string) (disk.Kind, error) {
	if err := f.ask("kind", name); err != nil {
		return disk.Nothing, err
	}
	return f.Folder.Kind(name)
}

// Names lists a directory.
func (f *Faulty) Names(name string) ([]string, error) {
	if err := f.ask("names", name); err != nil {
		return nil, err
	}
	return f.Folder.Names(name)
}

// Mkdir makes a directory.
func (f *Faulty) Mkdir(name string) error { return f.then("mkdir", name, f.Folder.Mkdir) }

// Remove removes a file or an empty directory.
func (f *Faulty) Remove(name string) error { return f.then("remove", name, f.Folder.Remove) }

// Sync puts names on disk.
func (f *Faulty) Sync(name string) error { return f.then("syncdir", name, f.Folder.Sync) }

func (f *Faulty) then(operation, name string, do func(string) error) error {
	if err := f.ask(operation, name); err != nil {
		return err
	}
	return do(name)
}

// Rename renames.
func (f *Faulty) Rename(from, to string) error {
	if err := f.ask("rename", to); err != nil {
		return err
	}
	return f.Folder.Rename(from, to)
}

// Holds reports whether a name stands for an open file.
func (f *Faulty) Holds(name string, file disk.File) (bool, error) {
	if err := f.ask("holds", name); err != nil {
		return false, err
	}
	return f.Folder.Holds(name, file.(*faultyFile).File)
}

// faultyFile is a file whose operations ask, too.
type faultyFile struct {
	disk.File
	folder *Faulty
	name   string
}

func (f *faultyFile) Read(p []byte) (int, error) {
	if err := f.folder.ask("read", f.name); err != nil {
		return 0, err
	}
	return f.File.Read(p)
}

func (f *faultyFile) Write(p []byte) (int, error) {
	if err := f.folder.ask("write", f.name); err != nil {
		n, _ := f.File.Write(p[:len(p)/2])
		return n, err
	}
	return f.File.Write(p)
}

func (f *faultyFile) Size() (int64, error) {
	if err := f.folder.ask("size", f.name); err != nil {
		return 0, err
	}
	return f.File.Size()
}

func (f *faultyFile) Truncate(size int64) error {
	if err := f.folder.ask("truncate", f.name); err != nil {
		return err
	}
	return f.File.Truncate(size)
}

func (f *faultyFile) Sync() error {
	if err := f.folder.ask("sync", f.name); err != nil {
		return err
	}
	return f.File.Sync()
}

func (f *faultyFile) Lock() error {
	if err := f.folder.ask("lock", f.name); err != nil {
		return err
	}
	return f.File.Lock()
}

func (f *faultyFile) Close() error {
	if err := f.folder.ask("close", f.name); err != nil {
		f.File.Close() // the operating system closes it too
		return err
	}
	return f.File.Close()
}
