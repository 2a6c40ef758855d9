//go:build cuda

package driver

/*
#include <cuda.h>
*/
import "C"

import (
	"fmt"

	"gorgonia.org/cu"
)

// launchExDriver is the first driver with cuLaunchKernelEx, the call for cooperative launches.
const launchExDriver = 11080

// Properties describes a device.
type Properties struct {
	Index        int // index among the devices that the driver shows
	Name         string
	UUID         string // GPU-... or MIG-..., in the form of nvidia-smi -L
	Mode         Mode
	Major, Minor int // compute capability
	SMs          int // multiprocessors
	Memory       int64
	Shared       int // most bytes of shared memory of a block, with opt-in
	L2           int // bytes of cache
	ClockKHz     int
	Cooperative  bool   // blocks of one launch may wait for each other
	Driver       int    // CUDA version of the driver, 12040 for 12.4
	Release      string // release of the driver, such as 550.54.15; "" where unknown
}

// Mode says which processes may use a device.
type Mode int

// The modes of nvidia-smi -c.
const (
	ModeDefault    = Mode(C.CU_COMPUTEMODE_DEFAULT)
	ModeProhibited = Mode(C.CU_COMPUTEMODE_PROHIBITED)
	ModeExclusive  = Mode(C.CU_COMPUTEMODE_EXCLUSIVE_PROCESS)
)

func (m Mode) String() string {
	switch m {
	case ModeDefault:
		return "default"
	case ModeProhibited:
		return "prohibited"
	case ModeExclusive:
		return "exclusive process"
	}
	return fmt.Sprintf("mode %d", int(m))
}

// DriverWords names the driver, such as 550.54.15 (CUDA 12.4).
func (p Properties) DriverWords() string {
	if p.Release == "" {
		return "CUDA " + Version(p.Driver)
	}
	return fmt.Sprintf("%s (CUDA %s)", p.Release, Version(p.Driver))
}

// String returns one line for people.
func (p Properties) String() string {
	return fmt.Sprintf("%s, sm_%d%d, %d multiprocessors, %.1f GiB, driver CUDA %s",
		p.Name, p.Major, p.Minor, p.SMs, float64(p.Memory)/(1<<30), Version(p.Driver))
}

// inspect reads the properties of a device.
func inspect(d cu.Device) (Properties, error) {
	p := Properties{Index: int(d), Driver: cu.Version(), Release: driverRelease()}
	p.UUID, _ = uuids(d)
	var err error
	if p.Name, err = d.Name(); err != nil {
		return p, explain("cuDeviceGetName", err)
	}
	if p.Memory, err = d.TotalMem(); err != nil {
		return p, explain("cuDeviceTotalMem", err)
	}
	cooperative, mode := 0, 0
	for _, a := range []struct {
		which C.CUdevice_attribute
		into  *int
	}{
		{C.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR, &p.Major},
		{C.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR, &p.Minor},
		{C.CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT, &p.SMs},
		{C.CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN, &p.Shared},
		{C.CU_DEVICE_ATTRIBUTE_L2_CACHE_SIZE, &p.L2},
		{C.CU_DEVICE_ATTRIBUTE_CLOCK_RATE, &p.ClockKHz},
		{C.CU_DEVICE_ATTRIBUTE_COOPERATIVE_LAUNCH, &cooperative},
		{C.CU_DEVICE_ATTRIBUTE_COMPUTE_MODE, &mode},
	} {
		if *a.into, err = attribute(d, a.which); err != nil {
			return p, err
		}
	}
	p.Mode = Mode(mode)
	p.Cooperative = cooperative != 0 && p.Driver >= launchExDriver
	return p, nil
}
