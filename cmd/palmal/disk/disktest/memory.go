package disktest

import (
	"io"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"sync"
	"syscall"

	"github.com/palmal-rl/palmal/cmd/palmal/disk"
)

// Memory is a folder in memory that knows what would survive a power cut: the contents of a file and the
// names in a directory when they were last synced. It has no links.
type Memory struct {
	mu   *sync.Mutex
	root *node
	log  []*change // changes of names that are not yet synced, in their order
}

// node is a file or a directory.
type node struct {
	entries map[string]*node // entries of a directory; nil for a file
	onDisk  map[string]*node // synced entries of a directory
	data    []byte           // contents of a file
	synced  []byte           // synced contents of a file
	holder  *handle          // holder of the lock
}

// change is one operation on names: each happens as a whole or not at all.
type change struct{ parts []part }

type part struct {
	directory *node
	name      string
	to        *node // nil: the name goes
}

// NewMemory makes an empty folder.
func NewMemory() *Memory { return &Memory{mu: new(sync.Mutex), root: newDirectory()} }

func newDirectory() *node { return &node{entries: map[string]*node{}, onDisk: map[string]*node{}} }

// find finds the node of a name; nil for none.
func (m *Memory) find(name string) (directory *node, last string, found *node) {
	at := m.root
	if name == "." {
		return nil, "", at
	}
	parts := strings.Split(name, "/")
	for _, part := range parts[:len(parts)-1] {
		if at = at.entries[part]; at == nil || at.entries == nil {
			return nil, "", nil
		}
	}
	last = parts[len(parts)-1]
	return at, last, at.entries[last]
}

func (m *Memory) apply(op, name string, parts ...part) error {
	for _, p := range parts {
		if p.directory == nil {
			return &fs.PathError{Op: op, Path: name, Err: syscall.ENOENT}
		}
	}
	for _, p := range parts {
		if p.to == nil {
			delete(p.directory.entries, p.name)
		} else {
			p.directory.entries[p.name] = p.to
		}
	}
	m.log = append(m.log, &change{parts})
	return nil
}

// Open opens a file for reading.
func (m *Memory) Open(name string) (disk.File, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	_, _, found := m.find(name)
	if found == nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: syscall.ENOENT}
	}
	if found.entries != nil {
		return nil, disk.ErrKind
	}
	return &handle{memory: m, node: found}, nil
}

// Create makes a file.
func (m *Memory) Create(name string) (disk.File, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	directory, last, found := m.find(name)
	if found != nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: syscall.EEXIST}
	}
	made := &node{}
	if err := m.apply("open", name, part{directory, last, made}); err != nil {
		return nil, err
	}
	return &handle{memory: m, node: made}, nil
}

// Append opens or makes a file.
func (m *Memory) Append(name string) (disk.File, error) {
	m.mu.Lock()
	_, _, found := m.find(name)
	m.mu.Unlock()
	if found == nil {
		return m.Create(name)
	}
	return m.Open(name)
}

// Kind returns the kind of a name.
func (m *Memory) Kind(name string) (disk.Kind, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch _, _, found := m.find(name); {
	case found == nil:
		return disk.Nothing, nil
	case found.entries != nil:
		return disk.Directory, nil
	}
	return disk.Plain, nil
}

// Names lists a directory.
func (m *Memory) Names(name string) ([]string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	_, _, found := m.find(name)
	if found == nil || found.entries == nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: syscall.ENOENT}
	}
	return slices.Sorted(maps.Keys(found.entries)), nil
}

// Mkdir makes a directory.
func (m *Memory) Mkdir(name string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	directory, last, found := m.find(name)
	if found != nil {
		return &fs.PathError{Op: "mkdir", Path: name, Err: syscall.EEXIST}
	}
	return m.apply("mkdir", name, part{directory, last, newDirectory()})
}

// Rename renames; it replaces a file by a file.
func (m *Memory) Rename(from, to string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	old, oldName, moved := m.find(from)
	directory, name, replaced := m.find(to)
	if moved == nil {
		return &fs.PathError{Op: "rename", Path: from, Err: syscall.ENOENT}
	}
	if replaced != nil && (replaced.entries != nil || moved.entries != nil) {
		return &fs.PathError{Op: "rename", Path: to, Err: syscall.EEXIST}
	}
	return m.apply("rename", to, part{old, oldName, nil}, part{directory, name, moved})
}

// Remove removes a file or an empty directory.
func (m *Memory) Remove(name string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	directory, last, found := m.find(name)
	if found == nil {
		return &fs.PathError{Op: "remove", Path: name, Err: syscall.ENOENT}
	}
	if len(found.entries) > 0 {
		return &fs.PathError{Op: "remove", Path: name, Err: syscall.ENOTEMPTY}
	}
	return m.apply("remove", name, part{directory, last, nil})
}

// Sync puts the names in a directory on disk.
func (m *Memory) Sync(name string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	_, _, found := m.find(name)
	if found == nil || found.entries == nil {
		return &fs.PathError{Op: "sync", Path: name, Err: syscall.ENOENT}
	}
	// A change takes with it the earlier ones on which it depends: those of the same directories.
	reached := map[*node]bool{found: true}
	due := make([]bool, len(m.log))
	for i, c := range slices.Backward(m.log) {
		due[i] = slices.ContainsFunc(c.parts, func(p part) bool { return reached[p.directory] })
		for _, p := range c.parts {
			reached[p.directory] = reached[p.directory] || due[i]
		}
	}
	var rest []*change
	for i, c := range m.log {
		if due[i] {
			c.settle(func(directory *node) map[string]*node { return directory.onDisk })
		} else {
			rest = append(rest, c)
		}
	}
	m.log = rest
	return nil
}

// settle applies a change to an image of the directories.
func (c *change) settle(image func(directory *node) map[string]*node) {
	for _, p := range c.parts {
		if p.to == nil {
			delete(image(p.directory), p.name)
		} else {
			image(p.directory)[p.name] = p.to
		}
	}
}

// Holds reports whether a name stands for an open file.
func (m *Memory) Holds(name string, f disk.File) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	_, _, found := m.find(name)
	h, ours := f.(*handle)
	return found != nil && ours && h.node == found, nil
}

// handle is an open file.
type handle struct {
	memory *Memory
	node   *node
	at     int
}

func (h *handle) Read(p []byte) (int, error) {
	h.memory.mu.Lock()
	defer h.memory.mu.Unlock()
	if h.at >= len(h.node.data) {
		return 0, io.EOF
	}
	n := copy(p, h.node.data[h.at:])
	h.at += n
	return n, nil
}

func (h *handle) Write(p []byte) (int, error) {
	h.memory.mu.Lock()
	defer h.memory.mu.Unlock()
	h.node.data = append(h.node.data, p...)
	return len(p), nil
}

func (h *handle) Size() (int64, error) {
	h.memory.mu.Lock()
	defer h.memory.mu.Unlock()
	return int64(len(h.node.data)), nil
}

func (h *handle) Truncate(size int64) error {
	h.memory.mu.Lock()
	defer h.memory.mu.Unlock()
	h.node.data = append(slices.Clone(h.node.data[:min(int(size), len(h.node.data))]), make([]byte, max(0, int(size)-len(h.node.data)))...)
	return nil
}

func (h *handle) Sync() error {
	h.memory.mu.Lock()
	defer h.memory.mu.Unlock()
	h.node.synced = slices.Clone(h.node.data)
	return nil
}

func (h *handle) Lock() error {
	h.memory.mu.Lock()
	defer h.memory.mu.Unlock()
	if h.node.holder != nil && h.node.holder != h {
		return disk.ErrLocked
	}
	h.node.holder = h
	return nil
}

func (h *handle) Close() error {
	h.memory.mu.Lock()
	defer h.memory.mu.Unlock()
	if h.node.holder == h {
		h.node.holder = nil
	}
	return nil
}
