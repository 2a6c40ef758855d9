//go:build amd64 && !linux

package cpu

// permitted: AMX was tried on Linux only.
func permitted() bool { return false }
