package mujoco

import (
	"os"
	"path/filepath"
)

// Found is a library that Find found.
type Found struct {
	Library
	Source string // where, in words: Variable, the system's loader, ...
	Used   bool   // whether it is the one in use
	Err    error  // why it cannot be used
}

// Find lists all libraries of this computer in the order in which they are tried: the one that Variable
// names, or nothing else; what the system's loader finds; the package mujoco of the active Python; wheels in
// the cache; the folders where people unpack MuJoCo. It loads each for a moment.
func Find() []Found {
	used, _ := process()
	var all []Found
	seen := map[string]bool{}
	for p := range places(os.Getenv(Variable)) {
		f := p.look()
		if f.Path != "" && seen[f.Path] {
			continue
		}
		seen[f.Path] = true
		f.Used = used != nil && f.Path == used.path
		all = append(all, f)
	}
	return all
}

// look opens the library of the place, asks what it is and closes it.
func (p place) look() Found {
	f := Found{Source: p.source, Library: Library{Path: p.name}}
	name, err := p.unpacked()
	if err != nil {
		f.Err = err
		return f
	}
	handle, err := openLibrary(name)
	if err != nil {
		f.Err = err
		return f
	}
	defer func() { _ = closeLibrary(handle) }() // the process keeps what is in use
	version, err := symbol(handle, "mj_version")
	if err != nil {
		f.Err = err
		return f
	}
	number := int(int32(call(version)))
	f.Version = release(number)
	if f.Path, err = fileOf(name, version); err != nil {
		f.Path = filepath.Clean(name)
	}
	if _, err := layoutOf(number); err != nil {
		f.Err = err
		return f
	}
	f.SHA256, f.Err = hashOf(f.Path)
	return f
}
