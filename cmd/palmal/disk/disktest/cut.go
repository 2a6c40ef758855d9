package disktest

import (
	"math/rand/v2"
	"slices"
	"sync"
)

// Cut returns a possible state of the folder after a power cut now. What was synced has survived. None, the
// first few or any of the later changes of names have; a file written later has its old contents, its new
// ones, or part of these or zeros in their place.
func (m *Memory) Cut(rng *rand.Rand) *Memory {
	m.mu.Lock()
	defer m.mu.Unlock()
	images := map[*node]map[string]*node{}
	image := func(directory *node) map[string]*node {
		if images[directory] == nil {
			images[directory] = map[string]*node{}
			for name, to := range directory.onDisk {
				images[directory][name] = to
			}
		}
		return images[directory]
	}
	way, first := rng.IntN(3), rng.IntN(len(m.log)+1)
	for i, c := range m.log {
		if way == 1 && i < first || way == 2 && rng.IntN(2) == 0 {
			c.settle(image)
		}
	}
	copies := map[*node]*node{}
	var copyOf func(n *node) *node
	copyOf = func(n *node) *node {
		if copies[n] != nil {
			return copies[n]
		}
		made := &node{}
		copies[n] = made
		if n.entries == nil {
			made.data = survivor(rng, n)
			made.synced = slices.Clone(made.data)
			return made
		}
		made.entries, made.onDisk = map[string]*node{}, map[string]*node{}
		for name, to := range image(n) {
			made.entries[name] = copyOf(to)
			made.onDisk[name] = made.entries[name]
		}
		return made
	}
	return &Memory{mu: new(sync.Mutex), root: copyOf(m.root)}
}

// Kill returns the folder after every process was killed: whole, and unlocked.
func (m *Memory) Kill() *Memory {
	m.mu.Lock()
	defer m.mu.Unlock()
	var copyOf func(n *node) *node
	copyOf = func(n *node) *node {
		if n.entries == nil {
			return &node{data: slices.Clone(n.data), synced: slices.Clone(n.data)}
		}
		made := newDirectory()
		for name, to := range n.entries {
			made.entries[name] = copyOf(to)
			made.onDisk[name] = made.entries[name]
		}
		return made
	}
	return &Memory{mu: new(sync.Mutex), root: copyOf(m.root)}
}

// survivor returns a possible remainder of a file.
func survivor(rng *rand.Rand, n *node) []byte {
	if slices.Equal(n.data, n.synced) {
		return slices.Clone(n.data)
	}
	same := 0 // what did not change is on disk
	for same < min(len(n.data), len(n.synced)) && n.data[same] == n.synced[same] {
		same++
	}
	switch rng.IntN(4) {
	case 0:
		return slices.Clone(n.synced)
	case 1:
		return slices.Clone(n.data)
	case 2:
		return slices.Clone(n.data[:same+rng.IntN(len(n.data)-same+1)])
	}
	left := slices.Clone(n.data)
	clear(left[same:])
	return left
}
