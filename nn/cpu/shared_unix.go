//go:build (linux || darwin) && (amd64 || arm64)

package cpu

import (
	"os"

	"github.com/ebitengine/purego"
)

// shared is a library that the system's loader has loaded.
type shared uintptr

func openShared(path string) (shared, error) {
	handle, err := purego.Dlopen(path, purego.RTLD_NOW|purego.RTLD_LOCAL)
	return shared(handle), err
}

// symbol returns the address of a function, also of one in the libraries that this one needs.
func (s shared) symbol(name string) (uintptr, error) { return purego.Dlsym(uintptr(s), name) }

func (s shared) close() error { return purego.Dlclose(uintptr(s)) }

// setForC sets a variable of the environment for C libraries until restore, unless the user set it. Go's own
// environment is a copy, which C does not read and which other programs inherit; it stays as it is.
func setForC(name, value string) (restore func()) {
	setenv, err := purego.Dlsym(purego.RTLD_DEFAULT, "setenv")
	unsetenv, missing := purego.Dlsym(purego.RTLD_DEFAULT, "unsetenv")
	if os.Getenv(name) != "" || err != nil || missing != nil {
		return func() {}
	}
	key, text := append([]byte(name), 0), append([]byte(value), 0)
	purego.SyscallN(setenv, address(&key[0]), address(&text[0]), 1)
	return func() { purego.SyscallN(unsetenv, address(&key[0])) }
}
