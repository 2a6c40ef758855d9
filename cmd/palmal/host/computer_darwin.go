package host

import "golang.org/x/sys/unix"

// Total is the memory of this computer in bytes; 0 if unknown.
func Total() int64 {
	bytes, err := unix.SysctlUint64("hw.memsize")
	if err != nil {
		return 0
	}
	return int64(bytes)
}

// Peak is the peak memory of this process in bytes; 0 if unknown.
func Peak() int64 { return mostResident() } // bytes on macOS
