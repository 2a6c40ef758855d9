//go:build !((linux || darwin) && (amd64 || arm64))

package cpu

import "errors"

// openOpenBLAS: on this system no library is looked for.
func openOpenBLAS(string, int) (library, error) {
	return library{}, errors.New("OpenBLAS is not loaded on this system")
}
