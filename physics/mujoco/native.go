//go:build (linux || darwin || windows) && (amd64 || arm64)

package mujoco

import "github.com/ebitengine/purego"

// call calls the function at the address. Arguments are integers or addresses; an address of Go's memory must
// be converted in the call, which keeps it.
//
//go:uintptrescapes
func call(function uintptr, arguments ...uintptr) uintptr {
	result, _, _ := purego.SyscallN(function, arguments...)
	return result
}

// callback makes a function of C of one that takes and returns an address or an integer.
func callback(f func(uintptr) uintptr) uintptr { return purego.NewCallback(f) }
