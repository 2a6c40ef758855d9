//go:build !((linux || darwin || windows) && (amd64 || arm64))

package cpu

import "errors"

// openForeign always fails: libraries are not loaded on this system.
func openForeign(string, int) (library, error) {
	return library{}, errors.New("OpenBLAS is not loaded on this system")
}
