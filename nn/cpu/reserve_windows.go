package cpu

// roomForOpenBLAS finds room: Windows has no limit of address space, and a job's limit of memory ends the
// mapping of OpenBLAS with a message of its own.
func roomForOpenBLAS(int) error { return nil }

// mappingsLimited reports whether mapping memory may fail before the memory is touched.
func mappingsLimited() bool { return false }
