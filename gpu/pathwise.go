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

// PathwiseGradient writes the gradients of the two halves of the paths; see cuda/pathwise.cu. The host differentiates the
// rewards of a task that gives the device no program for it.
func (b *machine) PathwiseGradient(first, second []float64, p *paths, pi *policy, m *ensemble, v *value, t nn.Task, options nn.PathwiseOptions) (err error) {
	words := tape(t)
	var rewards []float32
	if words == nil && !options.Score.Learned {
		if rewards, err = p.slopesOnHost(t.(nn.Differentiable), options); err != nil {
			return err
		}
	}
	scratch := b.d.arena(forScratch)
	defer func() { err = errors.Join(err, scratch.close()) }()
	return b.d.do("pathwise gradient", func(q *driver.Queue) {
		r := &reversal{machine: b, q: q, scratch: scratch, paths: p, policy: pi, model: m, options: options}
		r.begin()
		switch {
		case options.Score.Learned:
		case words != nil:
			r.course.rewards = p.rewardSlopes(q, scratch, t, words, options).Ptr
		default:
			r.course.rewards = uploaded(q, scratch, rewards).Ptr
		}
		r.ends(v)
		r.fold(t)
		middle := p.n / 2
		r.sum(first, 0, middle)
		r.sum(second, middle, p.n)
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
}

// begin takes the arrays of the derivatives.
func (r *reversal) begin() {
	p := r.paths
	r.course = course{
		observations: p.obs.Ptr, actions: p.actions.Ptr, lengths: p.lengthsOn.Ptr, actorIn: r.policy.in.on.Ptr,
		slopes: take[float32](r.scratch, p.n*p.observation).Ptr, deltas: take[float32](r.scratch, p.n*p.horizon*p.action).Ptr,
		horizon: int64(p.horizon), end: int64(slices.Max(p.lengths)), gamma: r.options.Gamma,
	}
	if r.options.Score.Learned {
		r.course.learned = r.options.Score.RewardScale * float64(r.model.out.scale[r.model.shape.Observation])
	}
}

// rowsTape is the number of floats of a block's tape of a network; see rows_at in cuda/rows_tape.cuh.
func (n *mlp) rowsTape() int { return deviceRows * (n.tape + narrow(int(n.last().out))) }

// room refuses a block of more shared memory than the device has.
func (r *reversal) room(what string, bytes int) bool {
	if most := r.d.Properties.Shared; bytes > most {
		r.q.Fail(fmt.Errorf("the derivatives of the %s take %d bytes of shared memory for %d rows, a block has %d: lower the units of its layers: %w",
			what, bytes, deviceRows, most, nn.ErrMemory))
		return false
	}
	return true
}

// reverse mirrors networks with the copies of their weights that backward passes read.
func (r *reversal) reverse(n *mlp, parameters array[float32], members int) *reverse {
	packed := take[float32](r.scratch, members*n.packed)
	for i := range members {
		n.pack(r.q, array[float32]{packed.At(i * n.packed), n.packed}, array[float32]{parameters.At(i * n.size), n.size}, true)
	}
	return &reverse{network: *n.network(parameters), packed: packed.Ptr, apart: int64(n.packed)}
}

// ends sets the derivatives by the last states of the paths.
func (r *reversal) ends(v *value) {
	p, tape := r.paths, v.network.rowsTape()
	shape := driver.Shape{Grid: driver.Dim{X: tiles(p.n, deviceRows)}, Block: driver.Dim{X: deviceRowThreads},
		Shared: 4 * (tape + deviceRows*deviceRowThreads)}
	if r.room("value network", shape.Shared) {
		launchPathwiseEnds(r.q, shape, &r.course, r.reverse(&v.network, v.parameters, 1), v.inputs(), p.start.Ptr, p.terminatedOn.Ptr, int64(p.n), int64(tape))
	}
}

// fold goes back over all decisions: in one launch, or in one for each where members are drawn for each.
func (r *reversal) fold(t nn.Task) {
	p, m, o := r.paths, r.model, r.options.Rollout
	d := m.dynamics(r.q, r.scratch, t, o.Clamp)
	d.spread = float64(float32(o.ClampSpread))
	tape := max(m.network.rowsTape(), r.policy.network.rowsTape())
	of := newDrawn(r.scratch, o, p.n, m.shape.Members)
	shape := of.over(4*(deviceRows*(4*narrow(p.observation)+2*narrow(p.action)+deviceRowThreads)+tape) + deviceRows*rowBytes)
	if !r.room("model", shape.Shared) {
		return
	}
	shaken, actor, model := m.noise(r.q, r.scratch, o), r.reverse(&r.policy.network, r.policy.parameters, 1), r.reverse(&m.network, m.parameters, m.shape.Members)
	stretch := of.stretch(int(r.course.end))
	for end := r.course.end; end > 0; end -= int64(stretch) {
		c := r.course
		c.first, c.end = end-int64(stretch), end
		of.draw(r.q, int(c.first))
		launchPathwiseFold(r.q, shape, &c, &of.mirror, shaken, actor, model, d, int64(tape))
	}
}

// sum writes the gradient of paths [from, to).
func (r *reversal) sum(gradient []float64, from, to int) {
	p, pi := r.paths, r.policy
	s := p.every(1)
	s.steps, s.count = p.poolOn.At(int(p.offsets[from])), int64(p.offsets[to]-p.offsets[from])
	if s.count == 0 {
		clear(gradient)
		return
	}
	plan, shape, err := r.pass(&pi.network, pi.packed, int(s.count))
	if err != nil {
		r.q.Fail(err)
		return
	}
	sums := newPartials(r.scratch, shape.Grid.X, len(gradient))
	launchPathwisePartials(r.q, shape, sums.of(pi), s, plan, r.course.deltas, p.actions.Ptr, p.means.Ptr)
	sums.mean(r.q, gradient, to-from)
}
