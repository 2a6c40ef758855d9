//go:build cuda

package driver

import (
	"fmt"
	"runtime"

	"gorgonia.org/cu"
)

// Listed is a device with the facts that a user needs to choose it.
type Listed struct {
	Properties
	Free    int64  // bytes; -1 where unknown
	Busy    string // why it takes no program now, unless Support has the reason
	Support Support
}

// List describes all devices that the driver shows. It holds each for a moment, because the driver reports the free
// memory only to a holder.
func List(image string) ([]Listed, error) {
	if err := Available(""); err != nil {
		return nil, err
	}
	n, err := cu.NumDevices()
	if err != nil {
		return nil, explain("cuDeviceGetCount", err)
	}
	images, known := imagesOf(image)
	var all []Listed
	for i := range n {
		one, err := list(i, images, known)
		if err != nil {
			return nil, fmt.Errorf("CUDA device %d: %w", i, err)
		}
		all = append(all, one)
	}
	return all, nil
}

func list(ordinal int, images Images, known bool) (Listed, error) {
	dev, err := cu.GetDevice(ordinal)
	if err != nil {
		return Listed{}, explain("cuDeviceGet", err)
	}
	p, err := inspect(dev)
	if err != nil {
		return Listed{}, err
	}
	l := Listed{Properties: p, Free: -1, Support: support(p, images, known, Toolkit)}
	if p.Mode == ModeProhibited {
		return l, nil // Support has the reason
	}
	// The context is current to a thread, and no other goroutine may run on that thread.
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends
		done <- l.measure(dev)
	}()
	if err := <-done; err != nil {
		l.Free, l.Busy = -1, err.Error()
	}
	return l, nil
}

// measure reads the free memory.
func (l *Listed) measure(dev cu.Device) error {
	context, err := retain(dev, l.Properties)
	if err != nil {
		return err
	}
	free, _, err := cu.MemInfo()
	l.Free = free
	if err != nil {
		err = explain("cuMemGetInfo", err)
	}
	if also := context.release(); err == nil {
		err = also
	}
	return err
}
