//go:build cuda

package trampoline

/*
#cgo LDFLAGS: -Wl,--as-needed -ldl
#include <stdlib.h>
int palmal_driver_start(const char *visible);
*/
import "C"

import (
	"errors"
	"fmt"
	"unsafe"
)

// ErrNoDevice means that there is a driver, but it shows no device.
var ErrNoDevice = errors.New("the NVIDIA driver finds no device")

// Start loads the driver, once in a process. It returns nil if the driver is loaded, else the reason in one line. A
// non-empty visible first becomes CUDA_VISIBLE_DEVICES; a later call cannot change what the driver shows.
func Start(visible string) error {
	text := C.CString(visible)
	defer C.free(unsafe.Pointer(text))
	switch state := int(C.palmal_driver_start(text)); state {
	case 0:
		return nil
	case -1:
		return errors.New("no NVIDIA driver: libcuda.so.1 was not found")
	case 100:
		return ErrNoDevice
	default:
		return fmt.Errorf("the NVIDIA driver does not start: CUDA error %d", state)
	}
}
