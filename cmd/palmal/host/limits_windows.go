package host

import (
	"unsafe"

	"golang.org/x/sys/windows"
)

// resourceLimits reads the limits of the job that this process belongs to, as containers set them.
func resourceLimits() []Limit {
	var job windows.JOBOBJECT_EXTENDED_LIMIT_INFORMATION
	const ofThisProcess = windows.Handle(0)
	err := windows.QueryInformationJobObject(ofThisProcess, windows.JobObjectExtendedLimitInformation,
		uintptr(unsafe.Pointer(&job)), uint32(unsafe.Sizeof(job)), nil)
	if err != nil { // it belongs to no job
		return nil
	}
	var limits []Limit
	flags := job.BasicLimitInformation.LimitFlags
	if flags&windows.JOB_OBJECT_LIMIT_PROCESS_MEMORY != 0 && job.ProcessMemoryLimit < unlimited {
		limits = append(limits, Limit{int64(job.ProcessMemoryLimit), "the memory limit of a process of this job"})
	}
	if flags&windows.JOB_OBJECT_LIMIT_JOB_MEMORY != 0 && job.JobMemoryLimit < unlimited {
		limits = append(limits, Limit{int64(job.JobMemoryLimit), "the memory limit of this job"})
	}
	return limits
}

// ReadyToStart finds room: Windows reserves no memory for threads that they do not use.
func ReadyToStart() error { return nil }
