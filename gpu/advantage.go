//go:build cuda

package gpu

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/palmal-rl/palmal/gpu/internal/driver"
	"github.com/palmal-rl/palmal/nn"
)

// evaluate computes V of every state of the rollout, unless this network's values are already stored.
func (b *machine) evaluate(q *driver.Queue, p *paths, v *value) {
	if p.values.n > 0 && p.valued == v && p.valuedVersion == v.version {
		return
	}
	p.column(&p.values, p.horizon+1)
	v.network.pack(q, v.packed, v.parameters, false)
	plan, shape, err := b.pass(&v.network, v.packed, p.n*(p.horizon+1))
	if err != nil {
		q.Fail(err)
		return
	}
	launchValueStates(q, shape, p.values.Ptr, plan, v.inputs(), p.obs.Ptr, p.start.Ptr, p.rolledOn.Ptr, int64(p.n), int64(p.horizon))
	p.valued, p.valuedVersion = v, v.version
	if q.Err() != nil {
		p.valued = nil
	}
}

// Advantages estimates advantages and returns with the value network; see cuda/advantage.cu.
func (b *machine) Advantages(p *paths, v *value, options nn.AdvantageOptions) (err error) {
	scratch := b.d.arena(forScratch)
	defer func() { err = errors.Join(err, scratch.close()) }()
	return b.d.do("advantages", func(q *driver.Queue) {
		b.evaluate(q, p, v)
		p.column(&p.advantages, p.horizon)
		p.column(&p.returns, p.horizon)
		p.estimate(q, scratch, options)
	})
}

// warps is a launch of one warp per path.
func (p *paths) warps() driver.Shape {
	return driver.Shape{Grid: driver.Dim{X: p.n}, Block: driver.Dim{X: deviceWarp}}
}

// estimate scans the paths and whitens the advantages over the pool. The host adds up the paths.
func (p *paths) estimate(q *driver.Queue, a *arena, options nn.AdvantageOptions) {
	sums, bad := take[float64](a, p.n), take[int32](a, p.n)
	launchAdvantageEstimate(q, p.warps(), &estimate{
		rewards: p.rewards.Ptr, values: p.values.Ptr, lengths: p.lengthsOn.Ptr, terminated: p.terminatedOn.Ptr,
		horizon: int64(p.horizon), gamma: options.Gamma, lambda: options.Lambda, cutToZero: flag(options.CutToZero),
		lambdaReturns: flag(options.LambdaReturns),
		advantages:    p.advantages.Ptr, returns: p.returns.Ptr, sums: sums.Ptr,
	})
	mean, scale, n := 0.0, 1.0, float64(p.steps())
	if options.Whiten {
		mean = total(downloaded(q, sums)) / n
		launchAdvantageSpread(q, p.warps(), sums.Ptr, p.advantages.Ptr, p.lengthsOn.Ptr, int64(p.horizon), mean)
		scale = math.Sqrt(total(downloaded(q, sums))/n) + nn.WhitenFloor
	}
	launchAdvantageWhiten(q, p.warps(), p.advantages.Ptr, bad.Ptr, p.lengthsOn.Ptr, int64(p.horizon), mean, scale)
	if i := slices.Index(downloaded(q, bad), 1); i >= 0 && q.Err() == nil {
		q.Fail(fmt.Errorf("path %d: an advantage is not finite: %w", i, nn.ErrDiverged))
	}
}

func total(numbers []float64) float64 {
	sum := 0.0
	for _, x := range numbers {
		sum += x
	}
	return sum
}
