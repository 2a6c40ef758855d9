//go:build windows && (amd64 || arm64)

package cpu

import (
	"fmt"
	"os"
	"path/filepath"
	"unsafe"

	"golang.org/x/sys/windows"
)

// shared is a library that the system's loader has loaded.
type shared windows.Handle

// openShared loads a library by its path, or by its name from the folder of this program or a folder of
// PATH; never from the present directory, where somebody else may have put one. The libraries that it
// needs may lie beside it.
func openShared(path string) (shared, error) {
	if filepath.Base(path) == path {
		found, err := findShared(path)
		if err != nil {
			return 0, err
		}
		path = found
	}
	absolute, err := filepath.Abs(path)
	if err != nil {
		return 0, err
	}
	handle, err := windows.LoadLibraryEx(absolute, 0, windows.LOAD_WITH_ALTERED_SEARCH_PATH)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", path, err)
	}
	return shared(handle), nil
}

func findShared(name string) (string, error) {
	var folders []string
	if program, err := os.Executable(); err == nil {
		folders = append(folders, filepath.Dir(program))
	}
	for _, folder := range append(folders, filepath.SplitList(os.Getenv("PATH"))...) {
		path := filepath.Join(folder, name)
		if info, err := os.Stat(path); err == nil && filepath.IsAbs(path) && info.Mode().IsRegular() {
			return path, nil
		}
	}
	return "", fmt.Errorf("%s is in no folder of PATH: %w", name, os.ErrNotExist)
}

// symbol returns the address of a function.
func (s shared) symbol(name string) (uintptr, error) {
	return windows.GetProcAddress(windows.Handle(s), name)
}

func (s shared) close() error { return windows.FreeLibrary(windows.Handle(s)) }

// setForC sets a variable of the environment for C libraries until restore, unless the user set it.
func setForC(name, value string) (restore func()) {
	if os.Getenv(name) != "" || os.Setenv(name, value) != nil {
		return func() {}
	}
	putForC(name + "=" + value)
	return func() {
		_ = os.Unsetenv(name) // cannot fail: the name was good
		putForC(name + "=")
	}
}

// putForC sets a variable in the copies of the environment that the two C libraries of Windows keep; a text
// that ends with = removes it.
func putForC(text string) {
	variable := append([]byte(text), 0)
	for _, library := range []string{"msvcrt.dll", "ucrtbase.dll"} {
		if put := windows.NewLazySystemDLL(library).NewProc("_putenv"); put.Find() == nil {
			_, _, _ = put.Call(uintptr(unsafe.Pointer(&variable[0]))) // it copies the text; without room the library keeps its own choice
		}
	}
}
