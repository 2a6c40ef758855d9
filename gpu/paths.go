//go:build cuda

package gpu

import (
	"fmt"
	"math"
	"slices"

	"gorgonia.org/tensor"

	"github.com/palmal-rl/palmal/gpu/internal/driver"
	"github.com/palmal-rl/palmal/nn"
)

// paths are the paths of one rollout on the device. Their kept steps, path by path, form one pool of
// numbered steps. The policy and the value network learn from the pool. The host has copies of lengths and
// endings.
type paths struct {
	handle
	n, horizon          int // N, T
	observation, action int
	obs                 array[float32] // [N,T+1,O]
	actions             array[float32] // [N,T,A]
	means               array[float32] // [N,T,A]
	start               array[float32] // [N] time of the first state in its episode
	learned             array[float32] // [N,T] reward of the ensemble; or none
	disagreement        array[float32] // [N,T] of the members; or none
	rewards             array[float32] // [N,T] or none
	advantages, returns array[float32] // [N,T] or none
	values              array[float32] // [N,T+1] or none
	valued              *value         // network that computed values
	valuedVersion       uint64         // version of valued when it computed them

	rolledOn, lengthsOn, terminatedOn array[int32] // [N]
	endedOn                           array[int32] // [N]
	offsetsOn                         array[int32] // [N+1]
	poolOn                            array[int32] // [N·T] path·T + t of the kept steps

	times      []float32 // [N]
	logStd     []float32 // [A]
	rolled     []int32   // [N] number of steps before any score
	lengths    []int32   // [N] number of kept steps
	terminated []int32   // [N]
	ended      []int32   // [N] 1 where the ensemble ended a path after its last step
	offsets    []int32   // [N+1] first number of a path's kept steps in the pool
}

// newPaths makes paths without steps.
func (b *machine) newPaths(n, horizon, observation, action int) (*paths, error) {
	p := &paths{
		handle: b.newHandle(forPaths), n: n, horizon: horizon, observation: observation, action: action,
		times: make([]float32, n), logStd: make([]float32, action),
		rolled: make([]int32, n), lengths: make([]int32, n), terminated: make([]int32, n), ended: make([]int32, n), offsets: make([]int32, n+1),
	}
	if n > math.MaxInt32/(horizon+1) {
		return nil, fmt.Errorf("%d paths of %d steps: the cuda backend numbers at most %d states", n, horizon, math.MaxInt32)
	}
	p.obs = take[float32](p.memory, n*(horizon+1)*observation)
	p.actions = take[float32](p.memory, n*horizon*action)
	p.means = take[float32](p.memory, n*horizon*action)
	p.start = take[float32](p.memory, n)
	p.rolledOn, p.lengthsOn, p.terminatedOn = take[int32](p.memory, n), take[int32](p.memory, n), take[int32](p.memory, n)
	p.endedOn = take[int32](p.memory, n)
	p.offsetsOn, p.poolOn = take[int32](p.memory, n+1), take[int32](p.memory, n*horizon)
	if p.memory.err != nil {
		return nil, closed(p.memory.err, p)
	}
	return p, nil
}

// steps is the number of kept steps.
func (p *paths) steps() int { return int(p.offsets[p.n]) }

// Facts returns what the checks of arguments need.
func (p *paths) Facts() nn.PathFacts {
	return nn.PathFacts{Observation: p.observation, Action: p.action, Paths: p.n, Steps: p.steps(), Rewards: p.rewards.n > 0,
		Learned: p.learned.n > 0, Advantages: p.advantages.n > 0, Returns: p.returns.n > 0, Disagreement: p.disagreement.n > 0}
}

// pool numbers the kept steps again after lengths changed on the host.
func (p *paths) pool(q *driver.Queue) {
	for i, length := range p.lengths {
		p.offsets[i+1] = p.offsets[i] + length
	}
	driver.Upload(q, p.lengthsOn.Ptr, p.lengths)
	driver.Upload(q, p.terminatedOn.Ptr, p.terminated)
	driver.Upload(q, p.offsetsOn.Ptr, p.offsets)
	launchPoolFill(q, driver.Shape{Grid: driver.Dim{X: p.n}, Block: driver.Dim{X: 128}}, p.poolOn.Ptr, p.offsetsOn.Ptr, int64(p.horizon))
}

// column takes memory for one number per step, unless the column exists.
func (p *paths) column(present *array[float32], perPath int) {
	if present.n == 0 {
		*present = take[float32](p.memory, p.n*perPath)
	}
}

// every mirrors every stride-th kept step.
func (p *paths) every(stride int) *steps {
	return &steps{observations: p.obs.Ptr, steps: p.poolOn.Ptr, horizon: int64(p.horizon), observation: int64(p.observation),
		stride: int64(stride), count: int64((p.steps() + stride - 1) / stride)}
}

// begin uploads the host's columns of new paths.
func (p *paths) begin(q *driver.Queue) {
	driver.Upload(q, p.start.Ptr, p.times)
	driver.Upload(q, p.rolledOn.Ptr, p.rolled)
	driver.Upload(q, p.endedOn.Ptr, p.ended)
	p.pool(q)
}

// Download copies the paths.
func (p *paths) Download() (*nn.PathColumns, error) {
	rewards := p.rewards
	if rewards.n == 0 {
		rewards = p.learned
	}
	c := &nn.PathColumns{LogStd: slices.Clone(p.logStd), Times: slices.Clone(p.times)}
	for i, length := range p.lengths {
		c.Lengths = append(c.Lengths, int(length))
		c.Terminated = append(c.Terminated, p.terminated[i] != 0)
	}
	err := p.machine.d.do("downloading paths", func(q *driver.Queue) {
		n, t := p.n, p.horizon
		c.Observations = matrix(q, p.obs, n, t+1, p.observation)
		c.Actions, c.Means = matrix(q, p.actions, n, t, p.action), matrix(q, p.means, n, t, p.action)
		c.Rewards, c.Advantages, c.Returns = matrix(q, rewards, n, t), matrix(q, p.advantages, n, t), matrix(q, p.returns, n, t)
		c.Disagreement = matrix(q, p.disagreement, n, t)
	})
	if err != nil {
		return nil, err
	}
	return c, nil
}

// matrix downloads an array as a tensor; nil if there is none.
func matrix(q *driver.Queue, from array[float32], shape ...int) *tensor.Dense {
	if from.n == 0 {
		return nil
	}
	return nn.Matrix(downloaded(q, from), shape...)
}

// UploadPaths copies paths from the host. Given rewards count as scored and as learned.
func (b *machine) UploadPaths(shape nn.PathShape, columns *nn.PathColumns) (*paths, error) {
	p, err := b.newPaths(shape.Paths, shape.Steps, shape.Observation, shape.Action)
	if err != nil {
		return nil, fmt.Errorf("upload paths: %w", err)
	}
	for i, length := range columns.Lengths {
		p.rolled[i], p.lengths[i], p.terminated[i] = int32(length), int32(length), int32(flag(columns.Terminated[i]))
	}
	copy(p.logStd, columns.LogStd)
	copy(p.times, columns.Times)
	if err := b.d.do("upload paths", func(q *driver.Queue) { p.upload(q, columns) }); err != nil {
		return nil, closed(err, p)
	}
	return p, nil
}

func (p *paths) upload(q *driver.Queue, columns *nn.PathColumns) {
	driver.Upload(q, p.obs.Ptr, nn.RowMajor(columns.Observations))
	driver.Upload(q, p.actions.Ptr, nn.RowMajor(columns.Actions))
	driver.Upload(q, p.means.Ptr, nn.RowMajor(columns.Means))
	p.uploadColumn(q, &p.rewards, columns.Rewards)
	p.uploadColumn(q, &p.learned, columns.Rewards)
	p.uploadColumn(q, &p.advantages, columns.Advantages)
	p.uploadColumn(q, &p.returns, columns.Returns)
	p.begin(q)
}

// uploadColumn uploads a column with one number per step, if it is given.
func (p *paths) uploadColumn(q *driver.Queue, to *array[float32], from *tensor.Dense) {
	if from != nil {
		p.column(to, p.horizon)
		driver.Upload(q, to.Ptr, nn.RowMajor(from))
	}
}
