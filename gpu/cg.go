//go:build cuda

package gpu

import (
	"errors"
	"fmt"
	"math"

	"github.com/palmal-rl/palmal/gpu/internal/driver"
	"github.com/palmal-rl/palmal/nn"
)

var _ nn.MachineSolver[*policy, *paths] = (*machine)(nil)

// SolveFisher is the conjugate gradient method of algo/cg.go on the device: four launches per iteration. The
// host reads only the last word of the state; see cuda/cg.cu.
func (b *machine) SolveFisher(direction, gradient []float64, p *paths, pi *policy, options nn.CGOptions) (report nn.CGReport, err error) {
	scratch := b.d.arena(forScratch)
	defer func() { err = errors.Join(err, scratch.close()) }()
	err = b.d.do("conjugate gradient", func(q *driver.Queue) {
		m := b.newMetric(q, scratch, p, pi, options.Stride)
		if q.Err() != nil {
			return
		}
		s := newSolve(q, scratch, m, gradient, options)
		s.begin(q, options.FromGradient)
		for range options.Iterations {
			s.iterate(q)
		}
		report = s.finish(q, direction, gradient)
	})
	if err != nil {
		return nn.CGReport{}, err
	}
	return report, nil
}

// solve is the state of a solution in progress.
type solve struct {
	metric  *metric
	mirror  system
	b, x    array[float64] // [P]
	v       array[float32] // mean's part of the next factor
	scalars array[float64] // [2] see cuda/cg.cu
	state   array[int64]   // [2]
	shape   driver.Shape
}

func newSolve(q *driver.Queue, a *arena, m *metric, gradient []float64, o nn.CGOptions) *solve {
	width := m.sums.width
	s := &solve{metric: m, b: uploaded(q, a, gradient), x: take[float64](a, len(gradient)), v: uploaded(q, a, nn.Rounded(gradient[:width])),
		scalars: take[float64](a, 2), state: uploaded(q, a, []int64{deviceCgGoing, 0}),
		shape: driver.Shape{Grid: driver.Dim{X: 1}, Block: driver.Dim{X: deviceCgThreads}, Shared: 8 * deviceCgThreads}}
	s.mirror = system{x: s.x.Ptr, r: take[float64](a, len(gradient)).Ptr, p: take[float64](a, len(gradient)).Ptr, v: s.v.Ptr,
		sums: m.sums.sum.Ptr, scalars: s.scalars.Ptr, state: s.state.Ptr, size: int64(len(gradient)), width: int64(width),
		count: float64(m.samples.count), damping: o.Damping, tolerance: o.Tolerance}
	return s
}

// multiply enqueues the product with v.
func (s *solve) multiply(q *driver.Queue) {
	s.metric.multiply(q, s.v, s.state.Ptr)
	s.metric.sums.add(q)
}

// begin starts from 0, or from the right-hand side, which v then holds.
func (s *solve) begin(q *driver.Queue, warm bool) {
	if warm {
		s.multiply(q)
	}
	launchCgBegin(q, s.shape, &s.mirror, s.b.Ptr, flag(warm))
}

func (s *solve) iterate(q *driver.Queue) {
	s.multiply(q)
	launchCgStep(q, s.shape, &s.mirror)
}

// finish fetches the solution and reports how good it is.
func (s *solve) finish(q *driver.Queue, direction, gradient []float64) (report nn.CGReport) {
	driver.Download(q, direction, s.x.Ptr)
	scalars, state := downloaded(q, s.scalars), downloaded(q, s.state)
	if q.Err() != nil {
		return report
	}
	report.Iterations = int(state[1])
	square := scalars[0]
	switch {
	case state[0] == deviceCgDiverged:
		q.Fail(fmt.Errorf("curvature %g in iteration %d: %w", scalars[1], report.Iterations, nn.ErrDiverged))
	case math.IsNaN(square) || math.IsInf(square, 0):
		q.Fail(fmt.Errorf("squared residual %g after %d iterations: %w", square, report.Iterations, nn.ErrDiverged))
	}
	norm := 0.0
	for _, g := range gradient {
		norm += g * g
	}
	if square > 0 {
		report.Residual = math.Sqrt(square / norm)
	}
	return report
}
