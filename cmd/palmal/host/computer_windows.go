package host

import (
	"unsafe"

	"golang.org/x/sys/windows"
)

// memoryStatus is MEMORYSTATUSEX of the Windows API.
type memoryStatus struct {
	length, load                           uint32
	total, available                       uint64 // of physical memory
	totalPage, availablePage               uint64
	totalVirtual, availableVirtual, unused uint64
}

// Total is the memory of this computer in bytes; 0 if unknown.
func Total() int64 {
	status := memoryStatus{length: uint32(unsafe.Sizeof(memoryStatus{}))}
	call := windows.NewLazySystemDLL("kernel32.dll").NewProc("GlobalMemoryStatusEx")
	if call.Find() != nil {
		return 0
	}
	if done, _, _ := call.Call(uintptr(unsafe.Pointer(&status))); done == 0 {
		return 0
	}
	return int64(status.total)
}

// processMemory is PROCESS_MEMORY_COUNTERS of the Windows API.
type processMemory struct {
	length, faults     uint32
	peak, present      uintptr // working set
	pools              [4]uintptr
	pageFile, peakPage uintptr
}

// Peak is the peak memory of this process in bytes; 0 if unknown.
func Peak() int64 {
	counters := processMemory{length: uint32(unsafe.Sizeof(processMemory{}))}
	call := windows.NewLazySystemDLL("kernel32.dll").NewProc("K32GetProcessMemoryInfo")
	if call.Find() != nil {
		return 0
	}
	if done, _, _ := call.Call(uintptr(windows.CurrentProcess()), uintptr(unsafe.Pointer(&counters)), uintptr(counters.length)); done == 0 {
		return 0
	}
	return int64(counters.peak)
}

// Free is the space that this user may still write on the disk of a folder, in bytes.
func Free(folder string) (int64, error) {
	path, err := windows.UTF16PtrFromString(folder)
	if err != nil {
		return 0, err
	}
	var free uint64
	err = windows.GetDiskFreeSpaceEx(path, &free, nil, nil)
	return int64(free), err
}
