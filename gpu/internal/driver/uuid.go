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

// uuids are the UUID of a device and that of the GPU that it is a slice of, the same for a whole GPU, as
// nvidia-smi -L prints them. A driver older than CUDA 11.4 knows the second only.
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

// releasePath is where the kernel's part of the driver says its release.
const releasePath = "/sys/module/nvidia/version"

// driverRelease is the release of the installed driver, as in 550.54.15; "" where it does not say.
func driverRelease() string {
	text, err := os.ReadFile(releasePath)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(text))
}
