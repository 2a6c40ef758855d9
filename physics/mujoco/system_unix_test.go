//go:build linux || darwin

package mujoco

import (
	"syscall"

	"github.com/ebitengine/purego"
)

func defaultSymbol(name string) (uintptr, error) { return purego.Dlsym(purego.RTLD_DEFAULT, name) }

// makePipe makes a file that blocks whoever opens it.
func makePipe(path string) error { return syscall.Mkfifo(path, 0o600) }
