//go:build !((linux || darwin) && (amd64 || arm64))

package cpu

import "errors"

// openOpenBLAS always fails: OpenBLAS is not supported on this system.
func openOpenBLAS(string, int) (library, error) {
	return library{}, errors.New("OpenBLAS is not loaded on this system")
}
