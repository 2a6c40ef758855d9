//go:build cuda

package main

import (
	"github.com/palmal-rl/palmal/gpu"
	"github.com/palmal-rl/palmal/nn"
)

func init() {
	optionalBackends = append(optionalBackends, backendKind{name: "cuda", chunkRows: gpu.ChunkRows,
		open: func(int) (nn.Backend, error) { return gpu.Open(gpu.Options{}) }})
}
