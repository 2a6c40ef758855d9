//go:build cuda

package gpu

import (
	"errors"
	"fmt"

	"github.com/palmal-rl/palmal/cuda"
	"github.com/palmal-rl/palmal/gpu/internal/driver"
)

// Options say which device to open and how to treat it.
type Options struct {
	Device string // index of the device, beginning of its UUID, or a MIG UUID; "" for the first device
	Limit  int64  // largest device memory for arrays, bytes; 0: the free memory less a tenth, see headroom
	Sync   bool   // wait after every launch and time it by name, see Backend.Timings
	Strict bool   // arrays start as NaN, are never reused, and writes past their end are found; tests use it
}

// ErrUnknownDevice is wrapped by the refusal of a device that the driver does not show.
var ErrUnknownDevice = driver.ErrUnknownDevice

// ErrLimit is wrapped by the refusal of a limit that the device cannot keep.
var ErrLimit = errors.New("limit of device memory")

// Available is nil if a device can be opened, else it says in one line what is missing.
func Available() error { return driver.Available("") }

// Toolkit is the CUDA version of this build, for example 11.8.
func Toolkit() string { return driver.Version(driver.Toolkit) }

// Devices describes all devices that the driver shows, and says whether this build runs on each.
func Devices() ([]driver.Listed, error) { return driver.List(cuda.Image()) }

// device is an open device with the memory in use on it.
type device struct {
	*driver.Device
	memory pool
}

// openDevice opens a device with all kernels.
func openDevice(o Options) (*device, error) {
	opened, err := driver.Open(driver.Options{Device: o.Device, Image: cuda.Image(), Kernels: kernelNames(), Sync: o.Sync})
	if err != nil {
		return nil, err
	}
	d := &device{Device: opened, memory: newPool(o.Limit, o.Strict)}
	if o.Limit == 0 {
		err = d.Do(func(q *driver.Queue) {
			free, _ := q.MemoryInfo()
			d.memory.limit = free - headroom(free)
		})
	} else if o.Limit < 0 || o.Limit > d.Properties.Memory {
		err = fmt.Errorf("%w: %s, the device has %s", ErrLimit, size(o.Limit), size(d.Properties.Memory))
	}
	if err != nil {
		return nil, errors.Join(err, opened.Close())
	}
	return d, nil
}

// mostHeadroom is more than all uses of headroom need together; the bound keeps a large device from being left idle.
const mostHeadroom = 4 << 30

// headroom is the part of the free memory that is left to others if nobody set a limit. Besides arrays, the driver
// loads kernels at their first launch and keeps local memory for them. Libraries in the process take workspaces, about
// 32 MiB for cuBLAS and a GiB for NCCL. A second program needs half a GiB for its context alone. Memory that is freed
// and taken again in other sizes leaves gaps. A tenth covers this on a device of 16 GiB; on smaller devices less is
// needed.
func headroom(free int64) int64 { return min(free/10, mostHeadroom) }

// do runs a job in a range of the given name, which its error also names.
func (d *device) do(operation string, work func(*driver.Queue)) error {
	err := d.Do(func(q *driver.Queue) {
		q.Push(operation)
		defer q.Pop()
		work(q)
	})
	if err != nil {
		return fmt.Errorf("%s on %s: %w", operation, d.Properties.Name, err)
	}
	return nil
}

// close releases the device. Arrays that are still in use give an error that names them.
func (d *device) close() error {
	left := d.memory.use()
	err := errors.Join(d.Do(d.memory.release), d.Device.Close())
	if left != "" {
		err = errors.Join(err, fmt.Errorf("closing %s: still in use: %s", d.Properties.Name, left))
	}
	return err
}
