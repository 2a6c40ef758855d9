//go:build cuda

package driver

/*
#include <cuda.h>
*/
import "C"

import (
	"fmt"
	"os"
	"strings"
	"unsafe"

	"gorgonia.org/cu"
)

// uuids returns the UUID of a device and the UUID of its GPU, in the form of nvidia-smi -L. They are equal unless the
// device is a slice. A driver older than CUDA 11.4 knows the second only.
func uuids(d cu.Device) (own, gpu string) {
	var whole, slice C.CUuuid
	if C.cuDeviceGetUuid(&whole, C.CUdevice(d)) != C.CUDA_SUCCESS {
		return "no UUID", "no UUID"
	}
	gpu = "GPU-" + hyphened(&whole)
	if C.cuDeviceGetUuid_v2(&slice, C.CUdevice(d)) != C.CUDA_SUCCESS || slice == whole {
		return gpu, gpu
	}
	return migPrefix + hyphened(&slice), gpu
}

func hyphened(u *C.CUuuid) string {
	b := unsafe.Slice((*byte)(unsafe.Pointer(u)), 16)
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// releasePath is the file with the release of the driver's kernel module.
const releasePath = "/sys/module/nvidia/version"

// driverRelease returns the release of the installed driver, such as 550.54.15; "" where unknown.
func driverRelease() string {
	text, err := os.ReadFile(releasePath)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(text))
}
