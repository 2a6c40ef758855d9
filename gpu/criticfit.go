//go:build cuda

package gpu

import (
	"errors"
	"fmt"
	"math"

	"github.com/palmal-rl/palmal/gpu/internal/driver"
	"github.com/palmal-rl/palmal/nn"
)

// FitCritics takes one Adam step of every critic with the launches of an ensemble, on inputs and targets from one launch before
// them; see cuda/critics.cu. The slow copies follow in one launch.
func (b *machine) FitCritics(given nn.Stored, p *paths, pi *policy, t nn.Task, options nn.CriticOptions) (report nn.CriticReport, err error) {
	c := given.(*critics)
	scratch := b.d.arena(forScratch)
	defer func() { err = errors.Join(err, scratch.close()) }()
	err = b.d.do("fit of critics", func(q *driver.Queue) {
		which := uploaded(q, scratch, p.numbers(func(i int) bool { return p.lengths[i] > 0 }))
		s := &criticStep{critics: c, regression: c.regression(scratch, which.n), options: options}
		s.aim(q, scratch, p.tail(q, scratch, pi, which, options.Rollout), p, pi, t)
		s.corrections(q, c.optimiser.steps, 1, func(int) nn.Adam { return options.Adam })
		s.step(q, s.minibatch(0, 0), constants(options.Adam))
		launchCriticFollow(q, driver.Line(c.slow.n, 256), c.slow.Ptr, c.parameters.Ptr, int64(c.slow.n), options.Slow)
		report = s.report(q)
	})
	if err != nil {
		return nn.CriticReport{}, err
	}
	c.optimiser.steps++
	return report, nil
}

// criticStep is a step of critics: a regression with one minibatch, the paths that have a step.
type criticStep struct {
	*regression
	critics *critics
	options nn.CriticOptions
	targets array[float32] // [rows] (y - c)/w
}

// regression takes the scratch of a step on some rows, which keep their order.
func (c *critics) regression(a *arena, rows int) *regression {
	r := newRegression(a, &c.network, c.shape.Critics, rows, rows, 1)
	r.mirror.order = 0
	r.bend(a)
	r.train(c.parameters, &c.optimiser)
	return r
}

// centre and width describe the range of returns.
func (s *criticStep) centre() float64 { return (s.options.Low + s.options.High) / 2 }
func (s *criticStep) width() float64  { return (s.options.High - s.options.Low) / 2 }

// aim enqueues inputs and targets of the step, whose paths have the ends `last`.
func (s *criticStep) aim(q *driver.Queue, a *arena, last *tail, p *paths, pi *policy, t nn.Task) {
	c, one := s.critics, uploaded(q, a, []float32{1})
	inputs := take[float32](a, s.rows*(p.observation+p.action))
	s.targets = take[float32](a, s.rows)
	s.learn(inputs, s.targets, one, one, 1)
	tape := max(pi.network.rowsTape(), c.network.rowsTape())
	launchCriticTargets(q, last.over(p.foldShared(q, tape, 0, "policy or critics")), &goal{
		actions: p.actions.Ptr, rewards: p.rewards.Ptr, terminated: p.terminatedOn.Ptr, inputs: inputs.Ptr, targets: s.targets.Ptr,
		gamma: s.options.Gamma, bonus: s.options.Bonus, centre: s.centre(), width: s.width(),
	}, last, pi.network.network(pi.parameters), c.network.network(c.slow), c.dynamics(q, a, t), int64(c.shape.Critics), int64(tape))
}

// report downloads how the step went. The gradient at the output of a critic is 2/n times its error, which tells its value.
func (s *criticStep) report(q *driver.Queue) (r nn.CriticReport) {
	n, m := float64(s.rows), float64(s.members)
	for _, sum := range s.sums(q, []int{s.rows}) {
		r.Loss += sum / n / m
	}
	for _, y := range downloaded(q, s.targets) {
		r.Target += float64(y) / n
	}
	slopes := make([]float32, s.members*s.rows)
	driver.Download(q, slopes, s.mirror.deltas.At(s.batch*s.members*int(s.network.last().before)))
	r.Value = r.Target
	for _, slope := range slopes {
		r.Value += float64(slope) / 2 / m
	}
	if q.Err() == nil && (math.IsNaN(r.Loss) || math.IsInf(r.Loss, 0)) {
		q.Fail(fmt.Errorf("loss %g: %w", r.Loss, nn.ErrDiverged))
	}
	r.Target, r.Value = s.centre()+s.width()*r.Target, s.centre()+s.width()*r.Value
	return r
}
