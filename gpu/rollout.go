//go:build cuda

package gpu

import (
	"errors"
	"fmt"

	"github.com/palmal-rl/palmal/gpu/internal/driver"
	"github.com/palmal-rl/palmal/nn"
)

// rowBytes is the memory of a path in a block of a rollout; Row in cuda/places.cuh.
const rowBytes = 16

// Rollout plays the policy in every member from every start, or in drawn members: all steps in one launch, unless members
// are drawn for each; see cuda/rollout.cu. If the task has no kernel, its own function finds the terminations afterwards.
func (b *machine) Rollout(pi *policy, m *ensemble, t nn.Task, starts nn.Starts, options nn.RolloutOptions) (*paths, error) {
	count := len(starts.Times)
	p, err := b.newPaths(options.Paths(count, m.shape.Members), options.Horizon, m.shape.Observation, m.shape.Action)
	if err != nil {
		return nil, fmt.Errorf("rollout: %w", err)
	}
	for i := range p.times {
		p.times[i] = starts.Times[i%count]
	}
	copy(p.logStd, pi.logStd())
	if m.shape.Reward {
		p.column(&p.learned, options.Horizon)
	}
	if options.Disagreement {
		p.column(&p.disagreement, options.Horizon)
	}
	if p.memory.err != nil { // no job has noticed it
		return nil, closed(fmt.Errorf("rollout: %w", p.memory.err), p)
	}
	if err := b.rollout(p, pi, m, t, nn.RowMajor(starts.Observations), starts.Times, options); err != nil {
		return nil, closed(err, p)
	}
	return p, nil
}

// rollout launches the kernel and reads how every path ended.
func (b *machine) rollout(p *paths, pi *policy, m *ensemble, t nn.Task, states, times []float32, options nn.RolloutOptions) (err error) {
	scratch := b.d.arena(forScratch)
	defer func() { err = errors.Join(err, scratch.close()) }()
	byKernel := options.Terminate && HasKernel(t)
	var failed []int32
	err = b.d.do("rollout", func(q *driver.Queue) {
		failedOn := take[int32](scratch, p.n)
		judge := &task{}
		if byKernel {
			judge = uploadTask(q, scratch, t)
		}
		m.launchRollout(q, scratch, p, pi, t, judge, failedOn, states, times, options)
		failed = downloaded(q, failedOn)
		driver.Download(q, p.rolled, p.rolledOn.Ptr)
		driver.Download(q, p.terminated, p.terminatedOn.Ptr)
		driver.Download(q, p.ended, p.endedOn.Ptr)
	})
	if err != nil {
		return err
	}
	if options.Terminate && !byKernel {
		if err := p.truncate(t, failed); err != nil {
			return fmt.Errorf("rollout: %w", err)
		}
	}
	for i, step := range failed {
		if step > 0 {
			members := options.Members(int(step)-1, p.n, m.shape.Members)
			return fmt.Errorf("rollout: member %d: step %d: path %d: an observation is not finite: %w", members.Of(i), step-1, i, nn.ErrDiverged)
		}
	}
	copy(p.lengths, p.rolled)
	return b.d.do("rollout", p.begin)
}

func (m *ensemble) launchRollout(q *driver.Queue, a *arena, p *paths, pi *policy, t nn.Task, judge *task, failed array[int32], states, times []float32, options nn.RolloutOptions) {
	d, widest := m.dynamics(q, a, t, options), max(m.network.widest, pi.network.widest)
	r := &rollout{
		observations: p.obs.Ptr, actions: p.actions.Ptr, means: p.means.Ptr, learned: p.learned.Ptr, disagreement: p.disagreement.Ptr,
		lengths: p.rolledOn.Ptr, terminated: p.terminatedOn.Ptr, ended: p.endedOn.Ptr, failed: failed.Ptr, termination: -1,
		start: uploaded(q, a, states).Ptr, times: uploaded(q, a, times).Ptr, starts: int64(len(times)),
		horizon: int64(options.Horizon), limit: int64(options.TimeLimit), actorIn: pi.in.on.Ptr,
		sigma: uploaded(q, a, nn.Rounded(exponentials(1, pi.logStd()))).Ptr,
		seed:  options.Seed, stream: uint64(nn.StreamRollout), step: options.NoiseStep(0), widest: int64(widest),
	}
	if i := m.shape.TerminationOutput(); i >= 0 && m.predicts(i) {
		r.termination = int64(i)
	}
	shared := d.stage(widest) + deviceRows*rowBytes
	if options.Wary() {
		r.cut, r.compared = options.Cut, m.compared()
		shared += d.doubtBytes()
	}
	of := newDrawn(a, options, p.n, m.shape.Members)
	shape, shaken := of.over(shared), m.noise(q, a, options)
	actor, model := pi.network.network(pi.parameters), m.network.network(m.parameters)
	stretch := of.stretch(options.Horizon)
	for first := 0; first < options.Horizon; first += stretch {
		of.draw(q, first)
		r.first, r.end = int64(first), int64(first+stretch)
		launchRolloutPaths(q, shape, r, &of.mirror, shaken, actor, model, d, judge)
	}
}

// truncate ends every path at its first terminal state by the task's own function. Failures after this state do
// not count.
func (p *paths) truncate(t nn.Task, failed []int32) error {
	columns, err := p.fetch(nn.ScoreOptions{})
	if err != nil {
		return err
	}
	columns.each(func() func(i int) {
		wide := make([]float64, p.observation)
		return func(i int) {
			for step := range p.rolled[i] {
				if failed[i] == step+1 {
					return
				}
				if t.Terminated(nn.Widen(wide, columns.state(i, int(step)+1))) {
					if step+1 < p.rolled[i] {
						p.ended[i] = 0
					}
					p.rolled[i], p.terminated[i], failed[i] = step+1, 1, 0
					return
				}
			}
		}
	})
	return nil
}
