package run

import (
	"github.com/palmal-rl/palmal/algo"
	"github.com/palmal-rl/palmal/nn"
)

// programMemory is what the program takes before it holds any data: its code, the BLAS library with
// its buffers, the simulator. Measured as the peak of an evaluation of hopper, 80 MiB, and rounded up.
const programMemory = 100 << 20

// MemoryNeeded estimates the memory of a run on the cpu backend, in bytes: networks with gradient
// and moments, model paths with their columns, the replay buffer with the copy that a fit makes.
func (c Config) MemoryNeeded(task nn.Task, horizon int) int64 {
	shapes := algo.ShapesOf(c.Config, task)
	const (
		word   = 4 // bytes of a float32
		copies = 5 // of parameters: themselves, gradient, two moments, a snapshot's copy
	)
	observation, action := shapes.Policy.Observation, shapes.Policy.Action
	parameters := shapes.Model.Members*shapes.Model.MLP().Parameters() + shapes.Policy.Parameters() + shapes.Value.MLP().Parameters()
	paths := shapes.Model.Members * c.NPG.StartsPerMember
	steps := paths * min(c.NPG.Horizon, horizon/max(1, c.Repeat))
	// Columns of a step: observation, action, mean, reward, advantage, return, and the features of
	// the value network with its two hidden layers at the widest.
	columns := observation + 2*action + 3 + shapes.Value.Features()
	held := c.Buffer
	if held == 0 {
		held = c.Samples
	}
	const replays = 3 // the buffer, the columns of a fit, a snapshot
	replay := replays * (held + horizon) * (2*observation + action + 1)
	return programMemory + word*int64(copies*parameters+steps*columns+replay)
}
