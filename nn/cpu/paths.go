package cpu

import (
	"slices"

	"gorgonia.org/tensor"

	"github.com/palmal-rl/palmal/nn"
)

// paths are the paths of one rollout. Their kept steps, path by path, form one pool of numbered
// steps. The policy and the value network learn from the pool.
type paths struct {
	machine             *machine
	n, horizon          int // N, T
	observation, action int
	obs                 []float32 // [N,T+1,O]
	actions             []float32 // [N,T,A]
	means               []float32 // [N,T,A]
	logStd              []float32 // [A]
	times               []float32 // [N]
	learned             []float32 // [N,T] reward of the ensemble; or nil
	disagreement        []float32 // [N,T] or nil
	rewards             []float32 // [N,T] or nil
	advantages, returns []float32 // [N,T] or nil
	values              []float32 // [N,T+1] or nil
	valued              *value    // network that computed values
	valuedVersion       uint64    // version of valued when it computed them

	rolled     []int // [N] number of steps before any score
	lengths    []int // [N] number of kept steps
	terminated []bool
	ended      []bool // whether the ensemble ended a path after its last step
	offsets    []int  // [N+1] first number of a path's kept steps in the pool
	version    uint64 // counts changes of the pool
}

// newPaths makes paths without steps.
func (b *machine) newPaths(n, horizon, observation, action int) *paths {
	p := &paths{
		machine: b, n: n, horizon: horizon, observation: observation, action: action,
		obs:     b.buffers.take(n * (horizon + 1) * observation),
		actions: b.buffers.take(n * horizon * action),
		means:   b.buffers.take(n * horizon * action),
		logStd:  make([]float32, action),
		times:   make([]float32, n),
		rolled:  make([]int, n), lengths: make([]int, n), terminated: make([]bool, n), ended: make([]bool, n),
		offsets: make([]int, n+1),
	}
	return p
}

// Close gives the memory back for the next paths.
func (p *paths) Close() error {
	for _, array := range [][]float32{p.obs, p.actions, p.means, p.learned, p.disagreement, p.rewards, p.advantages, p.returns, p.values} {
		p.machine.buffers.give(array)
	}
	p.machine.cache.forget(p)
	p.obs, p.actions, p.means, p.learned, p.disagreement, p.rewards = nil, nil, nil, nil, nil, nil
	p.advantages, p.returns, p.values, p.valued = nil, nil, nil, nil
	return nil
}

// steps is the number of kept steps.
func (p *paths) steps() int { return p.offsets[p.n] }

// Facts returns what the checks of arguments need.
func (p *paths) Facts() nn.PathFacts {
	return nn.PathFacts{Observation: p.observation, Action: p.action, Paths: p.n, Steps: p.steps(), Rewards: p.rewards != nil,
		Learned: p.learned != nil, Advantages: p.advantages != nil, Returns: p.returns != nil, Disagreement: p.disagreement != nil}
}

// pool numbers the kept steps again after lengths changed.
func (p *paths) pool() {
	p.version++
	for i, length := range p.lengths {
		p.offsets[i+1] = p.offsets[i] + length
	}
}

// cursor walks over the kept steps.
type cursor struct {
	lengths []int
	path, t int
	stride  int
}

// from starts a cursor at kept step first, which must exist; the cursor visits every stride-th step.
func (p *paths) from(first, stride int) cursor {
	path, _ := slices.BinarySearch(p.offsets, first+1)
	return cursor{lengths: p.lengths, path: path - 1, t: first - p.offsets[path-1], stride: stride}
}

// advance moves to the next step, or past the last one.
func (c *cursor) advance() {
	c.t += c.stride
	for c.path < len(c.lengths) && c.t >= c.lengths[c.path] {
		c.t -= c.lengths[c.path]
		c.path++
	}
}

// state is the observation [O] of path i at t.
func (p *paths) state(i, t int) []float32 {
	at := (i*(p.horizon+1) + t) * p.observation
	return p.obs[at : at+p.observation : at+p.observation]
}

// row is row t [A] of path i of the actions or means.
func (p *paths) row(column []float32, i, t int) []float32 {
	at := (i*p.horizon + t) * p.action
	return column[at : at+p.action : at+p.action]
}

// column returns memory for perPath numbers of every path: present, unless it is nil.
func (p *paths) column(present []float32, perPath int) []float32 {
	if present != nil {
		return present
	}
	return p.machine.buffers.take(p.n * perPath)
}

// Download copies the paths.
func (p *paths) Download() (*nn.PathColumns, error) {
	n, t := p.n, p.horizon
	rewards := p.rewards
	if rewards == nil {
		rewards = p.learned
	}
	return &nn.PathColumns{
		Observations: copied(p.obs, n, t+1, p.observation),
		Actions:      copied(p.actions, n, t, p.action),
		Means:        copied(p.means, n, t, p.action),
		LogStd:       slices.Clone(p.logStd),
		Times:        slices.Clone(p.times),
		Rewards:      copied(rewards, n, t),
		Advantages:   copied(p.advantages, n, t),
		Returns:      copied(p.returns, n, t),
		Disagreement: copied(p.disagreement, n, t),
		Lengths:      slices.Clone(p.lengths),
		Terminated:   slices.Clone(p.terminated),
	}, nil
}

func copied(numbers []float32, shape ...int) *tensor.Dense {
	if numbers == nil {
		return nil
	}
	return nn.Matrix(slices.Clone(numbers), shape...)
}

// UploadPaths copies paths from the host. Given rewards count as scored and as learned.
func (b *machine) UploadPaths(shape nn.PathShape, columns *nn.PathColumns) (*paths, error) {
	p := b.newPaths(shape.Paths, shape.Steps, shape.Observation, shape.Action)
	copy(p.logStd, columns.LogStd)
	copy(p.times, columns.Times)
	copy(p.rolled, columns.Lengths)
	copy(p.lengths, columns.Lengths)
	copy(p.terminated, columns.Terminated)
	copy(p.obs, nn.RowMajor(columns.Observations))
	copy(p.actions, nn.RowMajor(columns.Actions))
	copy(p.means, nn.RowMajor(columns.Means))
	p.upload(&p.rewards, columns.Rewards)
	p.upload(&p.learned, columns.Rewards)
	p.upload(&p.advantages, columns.Advantages)
	p.upload(&p.returns, columns.Returns)
	p.pool()
	return p, nil
}

// upload copies a column with one number per step, if it is given.
func (p *paths) upload(to *[]float32, from *tensor.Dense) {
	if from != nil {
		*to = p.column(nil, p.horizon)
		copy(*to, nn.RowMajor(from))
	}
}
