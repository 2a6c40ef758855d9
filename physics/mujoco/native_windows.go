//go:build windows && (amd64 || arm64)

package mujoco

import (
	"path/filepath"

	"golang.org/x/sys/windows"
)

func openLibrary(name string) (uintptr, error) {
	handle, err := windows.LoadLibrary(name)
	return uintptr(handle), err
}

func closeLibrary(handle uintptr) error { return windows.FreeLibrary(windows.Handle(handle)) }

func symbol(handle uintptr, name string) (uintptr, error) {
	return windows.GetProcAddress(windows.Handle(handle), name)
}

// fileOf returns the file of a library that was opened by a name.
func fileOf(name string, _ uintptr) (string, error) {
	if !filepath.IsAbs(name) {
		module, err := windows.UTF16PtrFromString(name)
		if err != nil {
			return "", err
		}
		var handle windows.Handle
		if err := windows.GetModuleHandleEx(windows.GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT, module, &handle); err != nil {
			return "", err
		}
		path := make([]uint16, windows.MAX_LONG_PATH)
		if _, err := windows.GetModuleFileName(handle, &path[0], uint32(len(path))); err != nil {
			return "", err
		}
		name = windows.UTF16ToString(path)
	}
	return filepath.EvalSymlinks(name)
}
