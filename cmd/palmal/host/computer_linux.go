package host

// Total is the memory of this computer in bytes; 0 if unknown.
func Total() int64 { return kibibytes("/proc/meminfo", "MemTotal") }

// Peak is the peak memory of this process in bytes; 0 if unknown.
func Peak() int64 {
	if peak := kibibytes("/proc/self/status", "VmHWM"); peak > 0 {
		return peak
	}
	return mostResident() << 10 // kibibytes on Linux
}
