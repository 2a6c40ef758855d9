//go:build cuda

package driver

import (
	"errors"
	"fmt"
	"runtime"
	"syscall"

	"gorgonia.org/cu"
)

// Options say what to open.
type Options struct {
	Device  string   // its index, the beginning of its UUID, or a MIG UUID; "" for the first
	Image   string   // fat binary of the kernels
	Kernels []string // names of the kernels; Queue.Launch takes an index into them
	Sync    bool     // wait after every launch and time it by name
}

// Device is an open device. Its context, its stream and its kernels belong to one goroutine that is
// locked to its thread; all other goroutines send it jobs.
type Device struct {
	Properties Properties

	jobs    chan job
	owner   int // id of the thread that owns the context
	queue   *Queue
	watched bool // a tool listens to ranges
}

// job is a piece of work for the owner, and the channel for its result.
type job struct {
	work func(*Queue)
	done chan error
}

// errClosed is the error for work given to a closed device.
var errClosed = errors.New("the device is closed")

// Open opens a device: it starts the owner, retains the primary context and loads the kernels.
func Open(o Options) (*Device, error) {
	if err := Available(o.Device); err != nil {
		return nil, err
	}
	dev, err := find(o.Device)
	if err != nil {
		return nil, err
	}
	d := &Device{jobs: make(chan job)}
	ready := make(chan error)
	go d.own(dev, o, ready)
	if err := <-ready; err != nil {
		return nil, fmt.Errorf("opening CUDA device %d: %w", int(dev), err)
	}
	return d, nil
}

// own is the owner goroutine. It keeps one thread, because a CUDA context is current to a thread.
func (d *Device) own(dev cu.Device, o Options, ready chan<- error) {
	runtime.LockOSThread()
	d.owner = syscall.Gettid()
	err := d.setUp(dev, o)
	ready <- err
	if err != nil {
		return // still locked: the thread ends with its context
	}
	for j := range d.jobs {
		if j.work == nil {
			j.done <- d.queue.close()
			return
		}
		j.done <- d.run(j.work)
	}
}

// setUp retains the context and makes the queue, on the owner's thread.
func (d *Device) setUp(dev cu.Device, o Options) (err error) {
	if d.Properties, err = inspect(dev); err != nil {
		return err
	}
	images, known := imagesOf(o.Image)
	if s := support(d.Properties, images, known, Toolkit); !s.Runs {
		return fmt.Errorf("%s: %s", d.Properties.Name, s.Words)
	}
	context, err := retain(dev, d.Properties)
	if err != nil {
		return fmt.Errorf("%s: %w", d.Properties.Name, err)
	}
	if d.queue, err = newQueue(context, d.Properties, o); err != nil {
		return errors.Join(err, context.release())
	}
	d.watched = d.queue.watched
	return nil
}

// run runs one job on the owner's thread.
func (d *Device) run(work func(*Queue)) error {
	d.queue.err = nil
	work(d.queue)
	return d.queue.err
}

// Do runs work on the owner's thread and returns the first failure of the calls in it. Within a job
// an inner job runs at once, as a part of the outer one. The queue must not leave the job, and the
// job must not end its goroutine (testing.T.FailNow does).
func (d *Device) Do(work func(*Queue)) error {
	// Check this before the thread: the thread of a closed device has ended, and another may have its number.
	if d.jobs == nil {
		return errClosed
	}
	// The owner is locked to its thread, so any code on that thread runs inside a job.
	if syscall.Gettid() == d.owner {
		work(d.queue)
		return d.queue.err
	}
	j := job{work, make(chan error, 1)}
	d.jobs <- j
	return <-j.done
}

// Close waits for the device and releases it. A second Close does nothing; a Do after it fails.
func (d *Device) Close() error {
	if d.jobs == nil {
		return nil
	}
	j := job{nil, make(chan error, 1)}
	d.jobs <- j
	d.jobs = nil
	return <-j.done
}
