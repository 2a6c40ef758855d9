//go:build cuda

package driver

import (
	"errors"
	"fmt"

	"gorgonia.org/cu"
)

// primary is the device's primary context, one per process and device. Other libraries of the process share it, so
// that they share pointers too, and its few hundred MiB are used once.
type primary struct{ device cu.Device }

// retain retains the primary context and makes it current to this thread.
func retain(dev cu.Device, p Properties) (primary, error) {
	context, err := dev.RetainPrimaryCtx()
	if err != nil {
		err = explain("cuDevicePrimaryCtxRetain", err)
		var failure *Error
		if errors.As(err, &failure) && failure.Code == deviceUnavailable {
			err = fmt.Errorf("%s: %w", p.unavailable(), err)
		}
		return primary{}, err
	}
	held := primary{dev}
	if err := cu.SetCurrentContext(context); err != nil {
		return primary{}, errors.Join(explain("cuCtxSetCurrent", err), held.release())
	}
	return held, nil
}

// release releases the context; the last holder's release frees its memory.
func (c primary) release() error {
	return explain("cuDevicePrimaryCtxRelease", c.device.ReleasePrimaryCtx())
}

// deviceUnavailable is CUDA_ERROR_DEVICE_UNAVAILABLE: the compute mode admits no further process.
const deviceUnavailable = 46

// unavailable returns the reason why the device takes no program.
func (p Properties) unavailable() string {
	if p.Mode == ModeExclusive {
		return "another process uses the device, and its compute mode, exclusive process, allows one only"
	}
	return "the device is busy or unavailable"
}
