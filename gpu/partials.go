//go:build cuda

package gpu

import (
	"fmt"
	"math"

	"github.com/palmal-rl/palmal/gpu/internal/driver"
	"github.com/palmal-rl/palmal/nn"
)

// partials holds sums of vectors over samples, one for each block of a launch. The sums of a block begin at a whole
// float4, so that four neighbours can be moved at once.
type partials struct {
	blocks, width, stride int
	each                  array[float32] // [blocks,stride]
	sum                   array[float64] // [width]
}

func newPartials(a *arena, blocks, width int) partials {
	stride := narrow(width)
	return partials{blocks, width, stride, take[float32](a, blocks*stride), take[float64](a, width)}
}

// add enqueues the sum over the blocks; see cuda/partials.cu.
func (p partials) add(q *driver.Queue) {
	launchPartialsSum(q, driver.Line(p.width, 128), p.sum.Ptr, p.each.Ptr, int64(p.blocks), int64(p.width), int64(p.stride))
}

// mean writes the sum over the blocks divided by count, and refuses a NaN.
func (p partials) mean(q *driver.Queue, mean []float64, count int) {
	p.add(q)
	sums := downloaded(q, p.sum)
	if q.Err() != nil {
		return
	}
	for i, x := range sums {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			q.Fail(fmt.Errorf("entry %d is %g: %w", i, x, nn.ErrDiverged))
			return
		}
		mean[i] = x / float64(count)
	}
}
