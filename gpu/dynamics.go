//go:build cuda

package gpu

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"gorgonia.org/tensor"

	"github.com/palmal-rl/palmal/gpu/internal/driver"
	"github.com/palmal-rl/palmal/nn"
)

// follow lists for the kernels how each entry of the next observation is computed under the scales [outputs] of the
// normaliser; with nil scales only the kinds count.
func (m *ensemble) follow(scale []float32) []int64 {
	follow := make([]int64, m.shape.Observation)
	for i, f := range m.shape.Follow(scale) {
		switch {
		case f.Action >= 0:
			follow[i] = int64(deviceFollowAction + f.Action)
		case !f.Predicted:
			follow[i] = deviceFollowKeep
		case f.Angle:
			follow[i] = deviceFollowAngle
		default:
			follow[i] = deviceFollowPredicted
		}
	}
	return follow
}

// dynamics mirrors one step of the ensemble without its network, with the bounds on predictions of options.
func (m *ensemble) dynamics(q *driver.Queue, a *arena, t nn.Task, options nn.RolloutOptions) *dynamics {
	var units []int64
	for _, unit := range m.shape.Units(m.out.scale) {
		units = append(units, int64(unit.First), int64(unit.End))
	}
	d := &dynamics{
		observation: int64(m.shape.Observation), action: int64(m.shape.Action), in: m.in.on.Ptr, out: m.out.on.Ptr,
		outputs: int64(m.shape.Outputs()), width: int64(m.shape.Width()), box: box(q, a, t).Ptr, follow: uploaded(q, a, m.follow(m.out.scale)).Ptr,
		units: uploaded(q, a, units).Ptr, unitCount: int64(len(units) / 2), clamp: float64(float32(options.Clamp)),
		spread: float64(float32(options.ClampSpread)),
	}
	if options.Low != nil {
		d.bounds = uploaded(q, a, append(slices.Clone(options.Low), options.High...)).Ptr
	}
	return d
}

// stage is the shared memory of a block that steps rows; see stage_shared in cuda/dynamics.cuh.
func (d *dynamics) stage(widest int) int {
	o, a := int(d.observation), int(d.action)
	return 4 * deviceRows * (2*narrow(o) + narrow(a) + narrow(o+a) + 2*narrow(widest) + deviceRowThreads)
}

// Predict is one step of every member, without noise.
func (b *machine) Predict(m *ensemble, t nn.Task, observations, acts *tensor.Dense) (*tensor.Dense, error) {
	return b.predict("predict", m, t, observations, acts, &noise{})
}

// predict is one step of every member, or with own.times the standard deviation of its own noise.
func (b *machine) predict(what string, m *ensemble, t nn.Task, observations, acts *tensor.Dense, own *noise) (_ *tensor.Dense, err error) {
	rows, each := m.shape.PredictRows(observations)
	apart := 0 // distance between the rows of neighbouring members
	if each {
		apart = rows
	}
	states, taken := nn.RowMajor(observations), nn.RowMajor(acts)
	scratch := b.d.arena(forData)
	defer func() { err = errors.Join(err, scratch.close()) }()
	var next []float32
	err = b.d.do(what, func(q *driver.Queue) { next = m.predict(q, scratch, t, states, taken, rows, apart, own) })
	if err != nil {
		return nil, err
	}
	return nn.Matrix(next, m.shape.Members, rows, m.shape.Observation), nil
}

func (m *ensemble) predict(q *driver.Queue, a *arena, t nn.Task, states, taken []float32, rows, apart int, own *noise) []float32 {
	d, on := m.dynamics(q, a, t, nn.RolloutOptions{}), take[float32](a, m.shape.Members*rows*m.shape.Observation)
	shape := driver.Shape{Grid: driver.Dim{X: tiles(rows, deviceRows), Y: m.shape.Members},
		Block: driver.Dim{X: deviceRowThreads}, Shared: d.stage(m.network.widest)}
	launchPredictRows(q, shape, on.Ptr, uploaded(q, a, states).Ptr, uploaded(q, a, taken).Ptr, int64(rows), int64(apart),
		m.network.network(m.parameters), d, own, int64(m.network.widest))
	next := downloaded(q, on)
	for i, x := range next {
		if x-x != 0 {
			q.Fail(fmt.Errorf("prediction %d of row %d is %g: %w", i%m.shape.Observation, i/m.shape.Observation%rows, x, nn.ErrDiverged))
			break
		}
	}
	return next
}

// exponentials are e^(factor·x) for every x.
func exponentials(factor float64, x []float32) []float64 {
	y := make([]float64, len(x))
	for i := range x {
		y[i] = math.Exp(factor * float64(x[i]))
	}
	return y
}
