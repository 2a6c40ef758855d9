//go:build cuda

package main

import (
	"github.com/palmal-rl/palmal/gpu"
	"github.com/palmal-rl/palmal/nn"
)

// deviceBackends are those that a build tag adds.
func deviceBackends() []backendKind {
	return []backendKind{{name: "cuda", chunkRows: gpu.ChunkRows,
		open:    func(o openOptions) (nn.Backend, error) { return gpu.Open(gpu.Options{Sync: o.sync}) },
		timings: kernelTimes}}
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
