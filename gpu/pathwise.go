//go:build cuda

package gpu

import (
	"errors"
	"fmt"
	"slices"

	"github.com/palmal-rl/palmal/gpu/internal/driver"
	"github.com/palmal-rl/palmal/nn"
)

var _ nn.MachineDifferentiator[*ensemble, *value, *policy, *paths] = (*machine)(nil)

// PathwiseGradient writes the gradients of the two halves of the paths; see cuda/pathwise.cu.
func (b *machine) PathwiseGradient(first, second []float64, p *paths, pi *policy, m *ensemble, v *value, t nn.Task, options nn.PathwiseOptions) error {
	return b.goBack("pathwise gradient", p, pi, m, t, options, func(r *reversal) {
		last := &ends{value: *r.reverse(&v.network, v.parameters, 1), inputs: *v.inputs(), times: p.start.Ptr, terminated: p.terminatedOn.Ptr}
		r.fold(t, last, v.network.rowsTape())
		middle := p.n / 2
		r.sum(first, 0, middle)
		r.sum(second, middle, p.n)
	})
}

// goBack hands work a reversal that has the derivatives of the rewards. The host computes those of a task that gives the device
// no program for them.
func (b *machine) goBack(what string, p *paths, pi *policy, m *ensemble, t nn.Task, options nn.PathwiseOptions, work func(r *reversal)) (err error) {
	words := tape(t)
	var rewards []float32
	if words == nil && !options.Score.Learned {
		if rewards, err = p.slopesOnHost(t.(nn.Differentiable), options); err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
	}
	scratch := b.d.arena(forScratch)
	defer func() { err = errors.Join(err, scratch.close()) }()
	return b.d.do(what, func(q *driver.Queue) {
		r := &reversal{machine: b, q: q, scratch: scratch, paths: p, policy: pi, model: m, options: options}
		r.begin()
		switch {
		case options.Score.Learned:
		case words != nil:
			r.course.rewards = p.rewardSlopes(q, scratch, t, words, options).Ptr
		default:
			r.course.rewards = uploaded(q, scratch, rewards).Ptr
		}
		r.doubt(t)
		work(r)
	})
}

// reversal differentiates paths in reverse.
type reversal struct {
	*machine
	q       *driver.Queue
	scratch *arena
	paths   *paths
	policy  *policy
	model   *ensemble
	options nn.PathwiseOptions
	course  course
	actor   *reverse
	members *reverse
}

// begin takes the arrays of the derivatives, and mirrors policy and model.
func (r *reversal) begin() {
	p := r.paths
	r.actor = r.reverse(&r.policy.network, r.policy.parameters, 1)
	r.members = r.reverse(&r.model.network, r.model.parameters, r.model.shape.Members)
	r.course = course{
		observations: p.obs.Ptr, actions: p.actions.Ptr, lengths: p.lengthsOn.Ptr, actorIn: r.policy.in.on.Ptr,
		slopes: take[float32](r.scratch, p.n*p.observation).Ptr, deltas: take[float32](r.scratch, p.n*p.horizon*p.action).Ptr,
		horizon: int64(p.horizon), end: int64(slices.Max(p.lengths)),
		discounts: uploaded(r.q, r.scratch, discounts(r.options.Gamma, 1, p.horizon)).Ptr,
	}
	if r.options.Score.Learned {
		r.course.learned = r.options.Score.RewardScale * float64(r.model.out.scale[r.model.shape.Observation])
	}
}

// rowsTape is the number of floats of a block's tape of a network; see rows_at and Bends in cuda/rows_tape.cuh.
func (n *mlp) rowsTape() int {
	row := n.tape + narrow(int(n.last().out))
	if n.activation == nn.SiLU || n.norm {
		widest := 0
		for _, l := range n.layers[1:] {
			widest = max(widest, narrow(int(l.in)))
		}
		row += n.tape + len(n.layers) + widest
	}
	return deviceRows * row
}

// reverse mirrors networks with the copies of their weights that backward passes read.
func (r *reversal) reverse(n *mlp, parameters array[float32], members int) *reverse {
	packed := take[float32](r.scratch, members*n.packed)
	for i := range members {
		n.pack(r.q, array[float32]{packed.At(i * n.packed), n.packed}, array[float32]{parameters.At(i * n.size), n.size}, true)
	}
	return &reverse{network: *n.network(parameters), packed: packed.Ptr, apart: int64(n.packed)}
}

// foldShared is the shared memory, bytes, of a block with a tape of some floats, and with some bytes more; see Fold in
// cuda/fold.cuh. It fails where a block has less.
func (p *paths) foldShared(q *driver.Queue, tape, more int, networks string) int {
	bytes := 4*(deviceRows*(4*narrow(p.observation)+2*narrow(p.action)+deviceRowThreads)+tape) + deviceRows*rowBytes + more
	if most := p.machine.d.Properties.Shared; bytes > most {
		q.Fail(&nn.Advised{Err: fmt.Errorf("the networks take %d bytes of shared memory for %d paths, a block has %d; lower the units of %s: %w",
			bytes, deviceRows, most, networks, nn.ErrMemory)})
	}
	return bytes
}

// fold goes back over all decisions: in one launch, or in one for each where members are drawn for each. The first
// begins with the values of the last states, whose network has a tape of some floats, unless their derivatives are there.
func (r *reversal) fold(t nn.Task, last *ends, tape int) {
	p, m, o := r.paths, r.model, r.options.Rollout
	d := m.dynamics(r.q, r.scratch, t, o)
	tape = max(m.network.rowsTape(), r.policy.network.rowsTape(), tape)
	of := newDrawn(r.scratch, o, p.n, m.shape.Members)
	shape := of.over(p.foldShared(r.q, tape, 0, "model, policy or value network"))
	shaken := m.noise(r.q, r.scratch, o)
	stretch := of.stretch(int(r.course.end))
	for end := r.course.end; end > 0; end -= int64(stretch) {
		c := r.course
		c.first, c.end = end-int64(stretch), end
		of.draw(r.q, int(c.first))
		launchPathwiseFold(r.q, shape, &c, last, &of.mirror, shaken, r.actor, r.members, d, int64(tape))
		last = &ends{}
	}
}

// sum writes the gradient of paths [from, to).
func (r *reversal) sum(gradient []float64, from, to int) {
	p := r.paths
	s := p.every(1)
	s.steps, s.count = p.poolOn.At(int(p.offsets[from])), int64(p.offsets[to]-p.offsets[from])
	if s.count == 0 {
		clear(gradient)
		return
	}
	acted := &gaussians{actions: p.actions.Ptr, means: p.means.Ptr, action: int64(p.action)}
	r.gradient(r.q, r.scratch, gradient, r.policy, s, acted, r.course.deltas, to-from)
}
