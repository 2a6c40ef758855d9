package mujoco

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"
)

// Variable is the environment variable that names the library: a file, a folder with one, or a wheel of the
// Python package mujoco or mujoco-core; or it is Off.
const Variable = "PALMAL_MUJOCO"

// Off is the value of Variable that makes the program do without MuJoCo.
const Off = "off"

// place is a library that may be there: a file, or a name that the system's loader looks for.
type place struct {
	name   string
	source string // origin in words
}

// find loads the first library that works: the one that is named, or of all places.
func find(named string) (*library, error) {
	if strings.EqualFold(strings.TrimSpace(named), Off) {
		return nil, fmt.Errorf("%w; %s switches it off", ErrMissing, Variable)
	}
	var refused []error
	for p := range places(named) {
		l, err := p.load()
		if err == nil {
			return l, nil
		}
		refused = append(refused, err)
	}
	if named != "" && len(refused) == 0 {
		return nil, fmt.Errorf("%w; %s is %q, where none is", ErrMissing, Variable, named)
	}
	if len(refused) == 0 {
		return nil, ErrMissing
	}
	return nil, fmt.Errorf("%w; %w: %w", ErrMissing, ErrUnusable, errors.Join(refused...))
}

// load opens the library of the place, after unpacking it from a wheel.
func (p place) load() (*library, error) {
	name, err := p.unpacked()
	if err != nil {
		return nil, err
	}
	l, err := loadLibrary(name, p.source)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", p.name, err)
	}
	return l, nil
}

// places yields the places where a library is, best first. It looks at the next one only if it is asked to.
func places(named string) func(yield func(place) bool) {
	return func(yield func(place) bool) {
		if named != "" {
			yieldAll(yield, inside(named, Variable))
			return
		}
		_ = yieldAll(yield, byLoader()) &&
			yieldAll(yield, ofPython(os.Getenv("VIRTUAL_ENV"), "the active virtual environment")) &&
			yieldAll(yield, ofPython(os.Getenv("CONDA_PREFIX"), "the active conda environment")) &&
			yieldAll(yield, ofInterpreter()) &&
			yieldAll(yield, inside(cache(), "the cache")) &&
			yieldAll(yield, usual())
	}
}

func yieldAll(yield func(place) bool, all []place) bool {
	for _, p := range all {
		if !yield(p) {
			return false
		}
	}
	return true
}

// byLoader returns the names that the system's loader finds in its folders. A package for programs brings only
// the name with the release.
func byLoader() (all []place) {
	names := []string{"mujoco.dll"}
	if runtime.GOOS != "windows" {
		rows := releases()
		names = []string{"libmujoco.so"}
		pattern := "libmujoco.so.%s"
		if runtime.GOOS == "darwin" {
			names, pattern = []string{"libmujoco.dylib"}, "libmujoco.%s.dylib"
		}
		for _, row := range rows {
			names = append(names, fmt.Sprintf(pattern, row[0]))
		}
	}
	for _, name := range names {
		if handle, err := openLibrary(name); err == nil {
			_ = closeLibrary(handle) // loadLibrary opens it again
			all = append(all, place{name, "the system's loader"})
		}
	}
	return all
}

// patterns are the names that a library has in a folder.
func patterns() []string {
	switch runtime.GOOS {
	case "windows":
		return []string{"mujoco.dll"}
	case "darwin":
		return []string{"libmujoco*.dylib", "mujoco.framework/Versions/A/libmujoco*.dylib"}
	}
	return []string{"libmujoco.so*"}
}

// inside returns the libraries and wheels of a folder, and of the folders below it where MuJoCo's archives and
// packages keep them; or the path itself if it is a file.
func inside(path, source string) (all []place) {
	if path == "" {
		return nil
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil
	}
	if !info.IsDir() {
		return []place{{path, source}}
	}
	for _, below := range []string{"", "mujoco", "lib", "bin", "Contents/Frameworks"} {
		for _, pattern := range append(patterns(), "mujoco-*.whl", "mujoco_core-*.whl") {
			all = append(all, matching(filepath.Join(path, below, pattern), source)...)
		}
	}
	return all
}

// matching returns the files of a pattern, each once, whatever links lead to it.
func matching(pattern, source string) (all []place) {
	paths, err := filepath.Glob(pattern)
	if err != nil {
		return nil
	}
	var seen []string
	for _, path := range paths {
		file, err := filepath.EvalSymlinks(path)
		if err != nil || slices.Contains(seen, file) {
			continue
		}
		if info, err := os.Stat(file); err == nil && info.Mode().IsRegular() {
			seen = append(seen, file)
			all = append(all, place{file, source})
		}
	}
	return all
}

// ofPython returns the libraries in an environment of Python.
func ofPython(environment, source string) (all []place) {
	if environment == "" {
		return nil
	}
	folders, _ := filepath.Glob(filepath.Join(environment, "lib", "python3*", "site-packages"))
	for _, packages := range append(folders, filepath.Join(environment, "Lib", "site-packages")) {
		all = append(all, inside(filepath.Join(packages, "mujoco"), source)...)
	}
	return all
}

// ofInterpreter asks the python3 of the PATH where it imports from.
func ofInterpreter() (all []place) {
	const patience = 10 * time.Second
	name := "python3"
	if runtime.GOOS == "windows" {
		name = "python"
	}
	program, err := exec.LookPath(name)
	if err != nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	lines, err := exec.CommandContext(ctx, program, "-c", `import sys; print("\n".join(sys.path))`).Output()
	if err != nil {
		return nil
	}
	for folder := range strings.Lines(string(lines)) {
		if folder = strings.TrimSpace(folder); filepath.IsAbs(folder) {
			all = append(all, inside(filepath.Join(folder, "mujoco"), program)...)
		}
	}
	return all
}

// usual returns the libraries in the folders where people unpack MuJoCo.
func usual() (all []place) {
	var folders []string
	if home, err := os.UserHomeDir(); err == nil {
		folders = append(folders, filepath.Join(home, ".mujoco"))
	}
	switch runtime.GOOS {
	case "darwin":
		folders = append(folders, "/Applications/MuJoCo.app", "/opt/homebrew", "/usr/local")
	case "windows":
		folders = append(folders, filepath.Join(os.Getenv("ProgramFiles"), "MuJoCo"))
	}
	folders = append(folders, "/opt", "/usr/local")
	for _, folder := range folders {
		all = append(all, inside(folder, folder)...)
		entries, err := fs.Glob(os.DirFS(folder), "mujoco*") // mujoco-2.2.2, mujoco210
		if err != nil {
			continue
		}
		for _, entry := range slices.Backward(entries) { // the newest first
			all = append(all, inside(filepath.Join(folder, entry), folder)...)
		}
	}
	return all
}
