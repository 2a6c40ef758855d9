package nntest

import (
	"github.com/palmal-rl/palmal/nn"
	"gorgonia.org/tensor"
)

// path is one path in float64; its slices hold the valid part.
type path struct {
	time       float32
	obs        [][]float64 // [length+1][O]
	actions    [][]float64 // [length][A]
	means      [][]float64 // [length][A]
	learned    []float64   // [length] learned rewards
	doubts     []float64   // [length] disagreement of the members
	rewards    []float64   // [length]
	advantages []float64   // [length]
	returns    []float64   // [length]
	terminated bool
	ended      bool // the ensemble ended the path after its last step
	kept       int  // number of kept steps; Score may cut off the others
}

func (p *path) length() int { return p.kept }

func (p *path) add(mean, action, next []float64, reward float64) {
	p.means = append(p.means, mean)
	p.actions = append(p.actions, action)
	p.obs = append(p.obs, next)
	p.learned = append(p.learned, reward)
	p.kept++
}

type paths struct {
	path                         []path
	horizon, observation, action int
	logStd                       []float32
	learned                      bool // the model gave rewards
	doubted                      bool // the rollout kept the disagreement
	scored, advised, returned    bool
}

func newPaths(n, horizon, observation, action int) *paths {
	return &paths{path: make([]path, n),
		horizon: horizon, observation: observation, action: action}
}

// steps is the number of steps of all paths.
func (p *paths) steps() int {
	steps := 0
	for i := range p.path {
		steps += p.path[i].length()
	}
	return steps
}

// Facts implements [nn.StoredPaths].
func (p *paths) Facts() nn.PathFacts {
	return nn.PathFacts{Observation: p.observation, Action: p.action, Paths: len(p.path), Steps: p.steps(),
		Rewards: p.scored, Learned: p.learned, Advantages: p.advised, Returns: p.returned, Disagreement: p.doubted}
}

// UploadPaths implements [nn.Machine].
func (r *reference) UploadPaths(shape nn.PathShape, columns *nn.PathColumns) (*paths, error) {
	p := newPaths(shape.Paths, shape.Steps, shape.Observation, shape.Action)
	p.logStd = append([]float32(nil), columns.LogStd...)
	p.scored, p.advised, p.returned = columns.Rewards != nil, columns.Advantages != nil, columns.Returns != nil
	for i, length := range columns.Lengths {
		at := &p.path[i]
		at.time, at.terminated = columns.Times[i], columns.Terminated[i]
		at.obs = append(at.obs, row(columns.Observations, i*(p.horizon+1)))
		for t := range length {
			at.add(row(columns.Means, i*p.horizon+t), row(columns.Actions, i*p.horizon+t),
				row(columns.Observations, i*(p.horizon+1)+t+1), 0)
		}
		at.rewards = series(columns.Rewards, i, p.horizon, length)
		at.advantages = series(columns.Advantages, i, p.horizon, length)
		at.returns = series(columns.Returns, i, p.horizon, length)
	}
	return p, nil
}

// series returns the first numbers of row i of a column [N,T], nil if there is no column.
func series(column *tensor.Dense, i, horizon, length int) []float64 {
	if column == nil {
		return nil
	}
	return widen(column.Data().([]float32)[i*horizon : i*horizon+length])
}

// Download implements [nn.Paths].
func (p *paths) Download() (*nn.PathColumns, error) {
	n := len(p.path)
	c := &nn.PathColumns{
		LogStd: append([]float32(nil), p.logStd...), Times: make([]float32, n),
		Lengths: make([]int, n), Terminated: make([]bool, n),
		Observations: p.column(p.horizon+1, p.observation, func(at *path) [][]float64 { return at.obs }),
		Actions:      p.column(p.horizon, p.action, func(at *path) [][]float64 { return at.actions }),
		Means:        p.column(p.horizon, p.action, func(at *path) [][]float64 { return at.means }),
	}
	if p.scored {
		c.Rewards = p.column(p.horizon, 0, func(at *path) [][]float64 { return [][]float64{at.rewards} })
	}
	if p.advised {
		c.Advantages = p.column(p.horizon, 0, func(at *path) [][]float64 { return [][]float64{at.advantages} })
	}
	if p.returned {
		c.Returns = p.column(p.horizon, 0, func(at *path) [][]float64 { return [][]float64{at.returns} })
	}
	if p.doubted {
		c.Disagreement = p.column(p.horizon, 0, func(at *path) [][]float64 { return [][]float64{at.doubts} })
	}
	for i := range p.path {
		c.Times[i], c.Lengths[i], c.Terminated[i] = p.path[i].time, p.path[i].length(), p.path[i].terminated
	}
	return c, nil
}

// column packs rows of every path into a tensor [N,steps,width], or [N,steps] for width 0.
func (p *paths) column(steps, width int, rows func(*path) [][]float64) *tensor.Dense {
	shape := []int{len(p.path), steps, width}
	if width == 0 {
		shape, width = shape[:2], 1
	}
	numbers := make([]float32, len(p.path)*steps*width)
	for i := range p.path {
		at := numbers[i*steps*width : (i+1)*steps*width]
		for _, r := range rows(&p.path[i]) {
			at = at[copy(at, narrow(r)):]
		}
	}
	return nn.Matrix(numbers, shape...)
}
