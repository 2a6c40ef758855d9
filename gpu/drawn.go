//go:build cuda

package gpu

import (
	"github.com/palmal-rl/palmal/gpu/internal/driver"
	"github.com/palmal-rl/palmal/nn"
)

// drawn deals n paths to the members of an ensemble, decision by decision; see [nn.RolloutOptions.Members] and
// cuda/places.cuh.
type drawn struct {
	options nn.RolloutOptions
	order   array[int32] // [N]; empty where every start is played in every member
	mirror  places
}

func newDrawn(a *arena, options nn.RolloutOptions, n, members int) *drawn {
	d := &drawn{options: options, mirror: places{paths: int64(n), members: int64(members)}}
	if options.Draw != nn.DrawAll {
		d.order = take[int32](a, n)
		d.mirror.order = d.order.Ptr
	}
	return d
}

// draw enqueues the draw of the members in decision t.
func (d *drawn) draw(q *driver.Queue, t int) {
	if d.order.n == 0 {
		return
	}
	if d.options.Draw == nn.DrawPath {
		t = 0
	}
	launchPermutationPlaces(q, driver.Line(d.order.n, 256), d.order.Ptr, int64(d.order.n),
		&key{seed: d.options.Seed, stream: uint64(nn.StreamMember)}, d.options.NoiseStep(t))
}

// stretch is the number of decisions that a launch may take of some: all, or one where members are drawn for each.
func (d *drawn) stretch(decisions int) int {
	if d.options.Draw == nn.DrawStep {
		return 1
	}
	return decisions
}

// over is a launch of blocks of rows for every member.
func (d *drawn) over(shared int) driver.Shape {
	n, members := int(d.mirror.paths), int(d.mirror.members)
	return driver.Shape{Grid: driver.Dim{X: tiles(tiles(n, members), deviceRows), Y: members}, Block: driver.Dim{X: deviceRowThreads}, Shared: shared}
}
