//go:build (linux || darwin) && (amd64 || arm64)

package mujoco

import (
	"fmt"
	"path/filepath"
	"strings"
	"unsafe"

	"github.com/ebitengine/purego"
)

func openLibrary(name string) (uintptr, error) {
	return purego.Dlopen(name, purego.RTLD_NOW|purego.RTLD_LOCAL)
}

func closeLibrary(handle uintptr) error { return purego.Dlclose(handle) }

func symbol(handle uintptr, name string) (uintptr, error) { return purego.Dlsym(handle, name) }

// fileOf returns the file of a library that was opened by a name, given the address of one of its functions.
func fileOf(name string, function uintptr) (string, error) {
	if !strings.Contains(name, "/") {
		dladdr, err := purego.Dlsym(purego.RTLD_DEFAULT, "dladdr")
		if err != nil {
			return "", err
		}
		info := new(struct { // Dl_info of dlfcn.h
			file   unsafe.Pointer
			base   uintptr
			symbol unsafe.Pointer
			value  uintptr
		})
		if found, _, _ := purego.SyscallN(dladdr, function, uintptr(unsafe.Pointer(info))); int32(found) == 0 {
			return "", fmt.Errorf("the loader does not say which file %s is", name)
		}
		name = goString(info.file)
	}
	return filepath.EvalSymlinks(name)
}
