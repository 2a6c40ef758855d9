//go:build cuda

package driver

import (
	"errors"
	"fmt"

	"gorgonia.org/cu"
)

// primary is the device's primary context: one per process and device, which other libraries of the process share,
// so that pointers of one are pointers of the other, and that costs its few hundred MiB once.
type primary struct{ device cu.Device }

// retain takes hold of the primary context and makes it current to this thread.
func retain(dev cu.Device, p Properties) (primary, error) {
	context, err := dev.RetainPrimaryCtx()
	if err != nil {
		err = explain("cuDevicePrimaryCtxRetain", err)
		var told *Error
		if errors.As(err, &told) && told.Code == deviceUnavailable {
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

// release gives the context back; the last holder's release frees what it holds.
func (c primary) release() error {
	return explain("cuDevicePrimaryCtxRelease", c.device.ReleasePrimaryCtx())
}

// deviceUnavailable is CUDA_ERROR_DEVICE_UNAVAILABLE: the compute mode lets no further process in.
const deviceUnavailable = 46

// unavailable says why the device takes no program.
func (p Properties) unavailable() string {
	if p.Mode == ModeExclusive {
		return "another process uses the device, and its compute mode, exclusive process, allows one only"
	}
	return "the device is busy or unavailable"
}
