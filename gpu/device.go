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
	Device string // its index, the beginning of its UUID, or a MIG UUID; "" for the first
	Limit  int64  // bytes of device memory for arrays at most; 0: what is free now, less a tenth, see headroom
	Sync   bool   // wait after every launch and time it by name, see Backend.Timings
	Strict bool   // tests: arrays start as NaN, are never reused, and writes past their end are found
}

// ErrUnknownDevice is wrapped by the refusal of a device that the driver does not show.
var ErrUnknownDevice = driver.ErrUnknownDevice

// ErrLimit is wrapped by the refusal of a limit that the device cannot keep.
var ErrLimit = errors.New("limit of device memory")

// Available is nil where a device can be opened, else it says in one line what is missing.
func Available() error { return driver.Available("") }

// Toolkit is the CUDA version that this build was made with, as in 11.8.
func Toolkit() string { return driver.Version(driver.Toolkit) }

// Devices describes all devices that the driver shows, and what this build is worth on each.
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

// mostHeadroom is more than all that headroom is for takes together, so that a large device is not left idle.
const mostHeadroom = 4 << 30

// headroom is the part of the free memory that is left to others where nobody set a limit. Besides arrays the driver
// loads kernels when they are first launched and keeps local memory for them; libraries in the process take workspaces,
// some 32 MiB for cuBLAS and a GiB for NCCL; a second program needs half a GiB for its context alone; and what is given
// back and taken again in other sizes leaves gaps. A tenth is that on a device of 16 GiB; on smaller ones less is at
// stake.
func headroom(free int64) int64 { return min(free/10, mostHeadroom) }

// do runs a job as a range of that name, which its error names too.
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

// close gives the device back. Arrays that are still in use are an error that names them.
func (d *device) close() error {
	left := d.memory.use()
	err := errors.Join(d.Do(d.memory.release), d.Device.Close())
	if left != "" {
		err = errors.Join(err, fmt.Errorf("closing %s: still in use: %s", d.Properties.Name, left))
	}
	return err
}
