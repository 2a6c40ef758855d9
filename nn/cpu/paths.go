package cpu

import (
	"fmt"
	"slices"

	"gorgonia.org/tensor"

	"github.com/palmal-rl/palmal/nn"
)

// paths are the paths of one rollout. Their kept steps, path by path, form one pool of numbered
// steps, which is what the policy and the value network learn from.
type paths struct {
	nn.Owned
	owner               *Backend
	n, horizon          int // N, T
	observation, action int
	obs                 []float32 // [N,T+1,O]
	actions             []float32 // [N,T,A]
	means               []float32 // [N,T,A]
	logStd              []float32 // [A]
	times               []float32 // [N]
	learned             []float32 // [N,T] reward of the ensemble; or nil
	rewards             []float32 // [N,T] or nil
	advantages, returns []float32 // [N,T] or nil
	values              []float32 // [N,T+1] or nil
	valued              *value    // network that the values are of,
	valuedVersion       uint64    // as it was then

	rolled     []int // [N] steps before any score
	lengths    []int // [N] steps that are kept
	terminated []bool
	offsets    []int  // [N+1] where the kept steps of a path begin in the pool
	version    uint64 // counts changes of the pool
}

// newPaths takes memory for paths of no steps yet.
func (b *Backend) newPaths(n, horizon, observation, action int) *paths {
	p := &paths{
		Owned: b.owner.Handle(nn.PathsHandle), owner: b, n: n, horizon: horizon, observation: observation, action: action,
		obs:     b.buffers.take(n * (horizon + 1) * observation),
		actions: b.buffers.take(n * horizon * action),
		means:   b.buffers.take(n * horizon * action),
		logStd:  make([]float32, action),
		times:   make([]float32, n),
		rolled:  make([]int, n), lengths: make([]int, n), terminated: make([]bool, n),
		offsets: make([]int, n+1),
	}
	return p
}

// Close gives the memory back for the next paths.
func (p *paths) Close() error {
	if !p.Retire() {
		return nil
	}
	if !p.Orphaned() {
		for _, array := range [][]float32{p.obs, p.actions, p.means, p.learned, p.rewards, p.advantages, p.returns, p.values} {
			p.owner.buffers.give(array)
		}
		p.owner.cache.forget(p)
	}
	p.obs, p.actions, p.means, p.learned, p.rewards = nil, nil, nil, nil, nil
	p.advantages, p.returns, p.values, p.valued = nil, nil, nil, nil
	return nil
}

// steps is the number of kept steps.
func (p *paths) steps() int { return p.offsets[p.n] }

// facts are what checks of arguments ask for.
func (p *paths) facts() nn.PathFacts {
	return nn.PathFacts{Observation: p.observation, Action: p.action, Steps: p.steps(), Rewards: p.rewards != nil,
		Learned: p.learned != nil, Advantages: p.advantages != nil, Returns: p.returns != nil}
}

// pool numbers the kept steps anew, after lengths changed.
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

// from is a cursor at kept step number first, which must exist, that takes every stride-th.
func (p *paths) from(first, stride int) cursor {
	path, _ := slices.BinarySearch(p.offsets, first+1)
	return cursor{lengths: p.lengths, path: path - 1, t: first - p.offsets[path-1], stride: stride}
}

// advance goes to the next step, or behind the last.
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

// column is memory for so many numbers of every path: what is there already, else new.
func (p *paths) column(present []float32, perPath int) []float32 {
	if present != nil {
		return present
	}
	return p.owner.buffers.take(p.n * perPath)
}

// Download copies the paths.
func (p *paths) Download() (*nn.PathColumns, error) {
	if err := p.Usable(); err != nil {
		return nil, err
	}
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

// UploadPaths copies paths from the host. Rewards that are given count as scored and as learned.
func (b *Backend) UploadPaths(columns *nn.PathColumns) (nn.Paths, error) {
	if err := b.owner.Usable(); err != nil {
		return nil, err
	}
	if columns == nil || columns.Observations == nil || columns.Observations.Dims() != 3 {
		return nil, fmt.Errorf("upload paths: observations must be [paths, steps+1, entries]")
	}
	shape := columns.Observations.Shape()
	p := b.newPaths(shape[0], shape[1]-1, shape[2], len(columns.LogStd))
	if err := p.upload(columns); err != nil {
		p.Close()
		return nil, fmt.Errorf("upload paths: %w", err)
	}
	p.pool()
	return p, nil
}

func (p *paths) upload(columns *nn.PathColumns) error {
	n, t := p.n, p.horizon
	if n < 1 || t < 1 || p.action < 1 {
		return fmt.Errorf("%d paths of %d steps with %d actions: must be positive", n, t, p.action)
	}
	if len(columns.Times) != n || len(columns.Lengths) != n || len(columns.Terminated) != n {
		return fmt.Errorf("%d times, %d lengths, %d terminated for %d paths",
			len(columns.Times), len(columns.Lengths), len(columns.Terminated), n)
	}
	for i, length := range columns.Lengths {
		if length < 0 || length > t {
			return fmt.Errorf("path %d: length %d is not in 0..%d", i, length, t)
		}
	}
	copy(p.logStd, columns.LogStd)
	copy(p.times, columns.Times)
	copy(p.rolled, columns.Lengths)
	copy(p.lengths, columns.Lengths)
	copy(p.terminated, columns.Terminated)
	if err := fill(p.obs, "observations", columns.Observations, n, t+1, p.observation); err != nil {
		return err
	}
	if err := fill(p.actions, "actions", columns.Actions, n, t, p.action); err != nil {
		return err
	}
	if err := fill(p.means, "means", columns.Means, n, t, p.action); err != nil {
		return err
	}
	return p.uploadOptional(columns)
}

func (p *paths) uploadOptional(columns *nn.PathColumns) error {
	for _, column := range []struct {
		name string
		from *tensor.Dense
		to   *[]float32
	}{
		{"rewards", columns.Rewards, &p.rewards},
		{"rewards", columns.Rewards, &p.learned},
		{"advantages", columns.Advantages, &p.advantages},
		{"returns", columns.Returns, &p.returns},
	} {
		if column.from == nil {
			continue
		}
		*column.to = p.column(nil, p.horizon)
		if err := fill(*column.to, column.name, column.from, p.n, p.horizon); err != nil {
			return err
		}
	}
	return nil
}

func fill(to []float32, what string, from *tensor.Dense, shape ...int) error {
	numbers, err := nn.Numbers(what, from, shape...)
	if err != nil {
		return err
	}
	copy(to, numbers)
	return nil
}
