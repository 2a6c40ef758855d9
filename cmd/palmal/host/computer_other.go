//go:build unix && !linux && !darwin

package host

// Total is 0: this system is not asked for its memory.
func Total() int64 { return 0 }

// Peak is the peak memory of this process in bytes; 0 if unknown.
func Peak() int64 { return mostResident() << 10 } // kibibytes
