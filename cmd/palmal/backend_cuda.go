//go:build cuda

package main

import (
	"github.com/palmal-rl/palmal/gpu"
	"github.com/palmal-rl/palmal/nn"
)

func init() {
	optionalBackends = append(optionalBackends, backendKind{"cuda", func(int) (nn.Backend, error) {
		return gpu.Open(gpu.Options{})
	}})
}
