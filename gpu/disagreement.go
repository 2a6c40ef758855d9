//go:build cuda

package gpu

import (
	"github.com/palmal-rl/palmal/gpu/internal/driver"
	"github.com/palmal-rl/palmal/nn"
)

var _ nn.MachineDisagreeing = (*machine)(nil)

// MeasuresDisagreement marks the machine as one that does; see rollout_outputs in cuda/rollout.cu.
func (*machine) MeasuresDisagreement() {}

// compared is the number of outputs, of all members, whose distances from their means are the disagreement; at least 1.
func (m *ensemble) compared() float64 {
	entries := 0
	for i := range m.shape.Observation {
		if m.predicts(i) {
			entries++
		}
	}
	return float64(max(1, m.shape.Members*entries))
}

// doubtBytes is the shared memory of a block that compares members; see Doubts in cuda/disagreement.cuh.
func (d *dynamics) doubtBytes() int { return 2 * 8 * deviceRows * narrow(int(d.observation)) }

// doubt adds the derivatives of what disagreement costs to those of the rewards. They hang on nothing that follows a decision, so
// that one launch takes all of them.
func (r *reversal) doubt(t nn.Task) {
	p, m, o := r.paths, r.model, r.options
	if o.Score.Disagreement == 0 || p.steps() == 0 {
		return
	}
	if r.course.rewards == 0 {
		none := take[float32](r.scratch, p.n*p.horizon*(2*p.observation+p.action))
		driver.Zero(r.q, none.Ptr, none.n)
		r.course.rewards = none.Ptr
	}
	d, tape := m.dynamics(r.q, r.scratch, t, o.Rollout), m.network.rowsTape()
	shape := driver.Shape{Grid: driver.Dim{X: tiles(p.steps(), deviceRows)}, Block: driver.Dim{X: deviceRowThreads},
		Shared: p.foldShared(r.q, tape, d.doubtBytes(), "model")}
	launchDoubtSlopes(r.q, shape, &doubtSlopes{
		slopes: r.course.rewards, actions: p.actions.Ptr, members: int64(m.shape.Members), compared: m.compared(), tape: int64(tape),
		costs: uploaded(r.q, r.scratch, discounts(o.Gamma, o.Score.RewardScale*o.Score.Disagreement, p.horizon)).Ptr,
	}, p.every(1), r.members, d)
}
