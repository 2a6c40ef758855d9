//go:build cuda

package main

import (
	"errors"
	"fmt"

	"github.com/palmal-rl/palmal/cmd/palmal/internal/usage"
	"github.com/palmal-rl/palmal/cmd/palmal/run"
	"github.com/palmal-rl/palmal/gpu"
	"github.com/palmal-rl/palmal/nn"
)

// deviceBackends lists the backends that a build tag adds.
func deviceBackends() []backendKind {
	return []backendKind{{name: "cuda", chunkRows: gpu.ChunkRows, open: openCUDA, timings: kernelTimes, accelerator: cudaAccelerator,
		devices: cudaDevices, steady: true}}
}

// openCUDA opens a device. A missing device and an impossible limit are the user's mistakes.
func openCUDA(o openOptions) (nn.Backend, error) {
	backend, err := gpu.Open(gpu.Options{Device: o.device, Limit: o.limit, Sync: o.sync})
	if errors.Is(err, gpu.ErrUnknownDevice) || errors.Is(err, gpu.ErrLimit) {
		return nil, &usage.Error{Code: usage.Mistake, Err: err}
	}
	if err != nil {
		return nil, err
	}
	return backend, nil
}

// cudaAccelerator describes the device of a backend.
func cudaAccelerator(b nn.Backend) *run.Accelerator {
	d := b.(*gpu.Backend).Device()
	return &run.Accelerator{Index: d.Index, Name: d.Name, UUID: d.UUID, Driver: d.DriverWords(), Toolkit: gpu.Toolkit()}
}

// cudaDevices lists the devices of this computer.
func cudaDevices() ([]listedDevice, error) {
	all, err := gpu.Devices()
	if err != nil {
		return nil, err
	}
	list := []listedDevice{}
	for _, d := range all {
		one := listedDevice{Accelerator: run.Accelerator{Index: d.Index, Name: d.Name, UUID: d.UUID, Driver: d.DriverWords(), Toolkit: gpu.Toolkit()},
			Capability: fmt.Sprintf("%d.%d", d.Major, d.Minor), Memory: d.Memory, Mode: d.Mode.String(), Busy: d.Busy,
			Runs: d.Support.Runs && d.Busy == "", Support: d.Support.Words}
		if d.Free >= 0 {
			one.Free = &d.Free
		}
		list = append(list, one)
	}
	return list, nil
}

// kernelTimes lists the kernels that a device launched.
func kernelTimes(b nn.Backend) ([]kernelTime, error) {
	timings, err := b.(*gpu.Backend).Timings()
	var times []kernelTime
	for _, t := range timings {
		times = append(times, kernelTime{Kernel: t.Kernel, Launches: t.Launches, Seconds: t.Total.Seconds()})
	}
	return times, err
}
