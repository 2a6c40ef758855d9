package run

import (
	"math"

	"github.com/palmal-rl/palmal/algo"
	"github.com/palmal-rl/palmal/nn"
)

// What runs of all sizes were seen to take, in the peak that they print: a run of the smallest
// networks 45 MiB, with code, BLAS and simulator; the paper's networks 80 MiB more for 4.3 MiB of
// parameters, in gradients, moments, snapshots, and what the garbage collector has not yet freed.
const (
	programMemory   = 48 << 20
	parameterCopies = 20
	replayCopies    = 3 // the buffer, the columns of a fit, a snapshot
)

// MemoryNeeded estimates the peak memory of a run on the cpu backend, in bytes.
func (c Config) MemoryNeeded(task nn.Task, horizon int) int64 {
	shapes := algo.ShapesOf(c.Config, task)
	observation, action := shapes.Policy.Observation, shapes.Policy.Action
	parameters := shapes.Model.Members*shapes.Model.MLP().Parameters() + shapes.Policy.Parameters() + shapes.Value.MLP().Parameters()
	steps := float64(shapes.Model.Members*min(c.NPG.Horizon, horizon/max(1, c.Repeat))) * float64(c.NPG.StartsPerMember)
	// Columns of a model step: observation, action, mean, reward, advantage, return, and the
	// features of the value network.
	columns := observation + 2*action + 3 + shapes.Value.Features()
	held := c.Buffer
	if held == 0 {
		held = c.Samples
	}
	replay := (float64(held) + float64(horizon)) * float64(2*observation+action+1)
	const word = 4 // bytes of a float32
	numbers := float64(parameterCopies)*float64(parameters) + steps*float64(columns) + replayCopies*replay
	return programMemory + int64(min(word*numbers, math.MaxInt64/2))
}
