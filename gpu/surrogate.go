//go:build cuda

package gpu

import (
	"errors"
	"fmt"
	"math"

	"github.com/palmal-rl/palmal/gpu/internal/driver"
	"github.com/palmal-rl/palmal/nn"
)

// Surrogate compares the policy with the policy that acted: the gain of the surrogate and the mean
// KL(acted ‖ policy); see cuda/surrogate.cu.
func (b *machine) Surrogate(p *paths, pi *policy) (gain, kl float64, err error) {
	scratch := b.d.arena(forScratch)
	defer func() { err = errors.Join(err, scratch.close()) }()
	err = b.d.do("surrogate", func(q *driver.Queue) {
		s := p.every(1)
		plan, shape, err := b.pass(&pi.network, pi.packed, int(s.count))
		if err != nil {
			q.Fail(err)
			return
		}
		partials := take[float64](scratch, 2*shape.Grid.X)
		launchSurrogatePartials(q, shape, partials.Ptr, s, plan, p.densities(q, scratch, pi), pi.in.on.Ptr)
		sums := downloaded(q, partials)
		for i := 0; i < len(sums); i += 2 {
			gain += sums[i] / float64(s.count)
			kl += sums[i+1] / float64(s.count)
		}
	})
	if err != nil {
		return 0, 0, err
	}
	if bad := gain + kl; math.IsNaN(bad) || math.IsInf(bad, 0) {
		return 0, 0, fmt.Errorf("surrogate: gain %g, KL %g: %w", gain, kl, nn.ErrDiverged)
	}
	return gain, kl, nil
}
