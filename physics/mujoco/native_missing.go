//go:build !((linux || darwin || windows) && (amd64 || arm64))

package mujoco

import "errors"

// errSystem is the reason why nothing is loaded on this system.
var errSystem = errors.New("libraries are not loaded on this system")

func openLibrary(string) (uintptr, error)     { return 0, errSystem }
func closeLibrary(uintptr) error              { return errSystem }
func symbol(uintptr, string) (uintptr, error) { return 0, errSystem }
func fileOf(string, uintptr) (string, error)  { return "", errSystem }
func callback(func(uintptr) uintptr) uintptr  { return 0 }

func call(uintptr, ...uintptr) uintptr { return 0 }
