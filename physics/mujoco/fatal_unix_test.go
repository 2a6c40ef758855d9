//go:build linux || darwin

package mujoco

import "github.com/ebitengine/purego"

func defaultSymbol(name string) (uintptr, error) { return purego.Dlsym(purego.RTLD_DEFAULT, name) }
