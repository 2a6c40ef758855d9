//go:build cuda

package gpu

import (
	"github.com/palmal-rl/palmal/gpu/internal/driver"
	"github.com/palmal-rl/palmal/nn"
)

// numbers are those of the paths that satisfy a condition.
func (p *paths) numbers(count func(i int) bool) (numbers []int32) {
	for i := range p.n {
		if count(i) {
			numbers = append(numbers, int32(i))
		}
	}
	return numbers
}

// tail mirrors the ends of some paths, where the policy draws one more action with the noise of the decision after the last.
func (p *paths) tail(q *driver.Queue, a *arena, pi *policy, which array[int32], options nn.RolloutOptions) *tail {
	return &tail{
		observations: p.obs.Ptr, lengths: p.lengthsOn.Ptr, paths: which.Ptr, count: int64(which.n), horizon: int64(p.horizon),
		actorIn: pi.in.on.Ptr, sigma: uploaded(q, a, nn.Rounded(exponentials(1, pi.logStd()))).Ptr,
		seed: options.Seed, stream: uint64(nn.StreamRollout), step: options.NoiseStep(0),
	}
}

// over is a launch of blocks of rows for every path of the tail.
func (t *tail) over(shared int) driver.Shape {
	return driver.Shape{Grid: driver.Dim{X: tiles(int(t.count), deviceRows)}, Block: driver.Dim{X: deviceRowThreads}, Shared: shared}
}
