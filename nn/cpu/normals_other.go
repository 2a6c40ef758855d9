//go:build !amd64

package cpu

import "github.com/palmal-rl/palmal/nn"

// normals fills z with the normal numbers of a step, from a lane on: four of each.
func normals(z []float32, key nn.Key, step uint64, lane uint32) { normalsGo(z, key, step, lane) }
