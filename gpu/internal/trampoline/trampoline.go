//go:build cuda

package trampoline

/*
#cgo LDFLAGS: -Wl,--as-needed -ldl
int palmal_driver_state(void);
*/
import "C"

import (
	"errors"
	"fmt"
)

// State is nil where the driver is loaded, else it says in one line why not.
func State() error {
	switch state := int(C.palmal_driver_state()); state {
	case 0:
		return nil
	case -1:
		return errors.New("no NVIDIA driver: libcuda.so.1 is not there")
	case 1:
		return errors.New("the CUDA driver was not started")
	case 100:
		return errors.New("the NVIDIA driver finds no device")
	default:
		return fmt.Errorf("the NVIDIA driver does not start: CUDA error %d", state)
	}
}
