package algo

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"

	"github.com/palmal-rl/palmal/nn"
)

// imitator is a policy player whose policy can be fitted to recorded actions.
type imitator interface {
	// imitate fits the policy's mean to the actions of demonstrations and returns the root mean squared errors before
	// and after, in units of σ.
	imitate(ctx context.Context, demonstrations *replay) (before, after float64, err error)
}

// CloneRecord says how well the policy repeats the recorded actions before it acts for the first time.
type CloneRecord struct {
	Rows   int    `json:"rows"`         // recorded decisions
	Before Number `json:"error_before"` // root mean squared difference between mean action and recorded action, in units of σ
	After  Number `json:"error_after"`  // the same after the fit
}

// checkClone refuses to imitate nobody, and a player that has no policy.
func (c Config) checkClone(recorded int) error {
	switch {
	case c.Policy.Clone == 0:
		return nil
	case recorded == 0:
		return Problem{"policy.clone", fmt.Sprintf("is %d, but there are no recorded data to imitate", c.Policy.Clone)}
	case c.Policy.Player == PlayerPlan && c.Plan.Around == aroundZero:
		return Problem{"policy.clone", fmt.Sprintf("is %d, but plans around %s have no policy", c.Policy.Clone, aroundZero)}
	}
	return nil
}

// clone settles the policy on the recorded observations and fits it to the recorded actions, where the configuration
// asks for that.
func (g *Game) clone(ctx context.Context) error {
	if g.config.Policy.Clone == 0 {
		return nil
	}
	recorded := &g.data.recorded.replay
	if err := g.settle(recorded); err != nil {
		return err
	}
	return g.stage(StageStep, func() error {
		before, after, err := g.policy.(imitator).imitate(ctx, recorded) // see checkClone
		g.record.Clone = &CloneRecord{Rows: recorded.decisions, Before: Number(before), After: Number(after)}
		return err
	})
}

func (p *planPlayer) imitate(ctx context.Context, demonstrations *replay) (before, after float64, err error) {
	return p.around.imitate(ctx, demonstrations)
}

// leastShare is the smallest share of a step of a clone that is tried.
const leastShare = 1.0 / 64

// imitate takes steps of Gauss and Newton for the likelihood of the recorded actions. The Fisher matrix of a Gaussian
// policy is that of least squares, so that the step is the natural gradient at its full length; it is halved until the
// error falls. σ keeps its value: the demonstrations' own spread is not the noise that practice needs.
func (p *naturalGradient) imitate(ctx context.Context, demonstrations *replay) (before, after float64, err error) {
	rows := newImitation(demonstrations)
	if before, err = rows.compare(p.gaussian()); err != nil {
		return 0, 0, err
	}
	after = before
	for range p.config.Policy.Clone {
		if err := ctx.Err(); err != nil {
			return 0, 0, err
		}
		direction, err := p.towards(rows)
		if err != nil {
			return 0, 0, fmt.Errorf("imitate: %w", err)
		}
		next, moved, err := p.moveTowards(direction, rows, after)
		if err != nil {
			return 0, 0, err
		}
		if !moved {
			break
		}
		after = next
	}
	p.average = slices.Clone(p.theta)
	return before, after, p.policy.SetParameters(p.theta)
}

// towards is the natural gradient of the likelihood in the parameters of the mean.
func (p *naturalGradient) towards(rows *imitation) (_ []float64, err error) {
	paths, err := p.backend.UploadPaths(rows.columns(p.theta[p.policy.Shape().LogStd():]))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, paths.Close()) }()
	gradient, direction := make([]float64, len(p.theta)), make([]float64, len(p.theta))
	if err := p.backend.PolicyGradient(gradient, paths, p.policy); err != nil {
		return nil, err
	}
	clear(gradient[p.policy.Shape().LogStd():])
	_, err = p.solveFisherOf(direction, gradient, paths, 1) // there are few rows, and the step is meant at its full length
	return direction, err
}

// moveTowards takes the largest share of a step that lowers the error, and reports whether there is one.
func (p *naturalGradient) moveTowards(direction []float64, rows *imitation, worst float64) (after float64, moved bool, err error) {
	if floats.HasNaN(direction) {
		return 0, false, fmt.Errorf("imitate: the step is not a number: %w", nn.ErrDiverged)
	}
	from, to := p.gaussian(), p.gaussian()
	for share := 1.0; share >= leastShare; share /= 2 {
		for i := range to.Parameters {
			to.Parameters[i] = float32(float64(from.Parameters[i]) + share*direction[i])
		}
		after, err := rows.compare(to)
		if err != nil {
			return 0, false, err
		}
		if after < worst {
			copy(p.theta, to.Parameters)
			return after, true, p.policy.SetParameters(p.theta)
		}
	}
	return worst, false, nil
}

// imitation is recorded decisions [n] as model paths of one step each.
type imitation struct {
	transitions   nn.Transitions
	rows          int
	states, means []float32 // [n,2,O], [n,1,A] of the policy that was compared last
}

func newImitation(demonstrations *replay) *imitation {
	m := &imitation{transitions: demonstrations.transitions(learned{}), rows: demonstrations.decisions}
	obs, next, width := nn.RowMajor(m.transitions.Observations), nn.RowMajor(m.transitions.Next), demonstrations.observation
	for i := range m.rows {
		m.states = append(m.states, obs[i*width:(i+1)*width]...)
		m.states = append(m.states, next[i*width:(i+1)*width]...)
	}
	m.means = make([]float32, m.rows*demonstrations.action)
	return m
}

// compare computes the policy's means, and returns the root mean squared difference from the recorded actions, in
// units of σ.
func (m *imitation) compare(policy GaussianPolicy) (float64, error) {
	actor, err := nn.NewActor(policy.Shape, policy.Parameters, policy.Shift, policy.Scale)
	if err != nil {
		return 0, err
	}
	o, a, sum := policy.Shape.Observation, policy.Shape.Action, 0.0
	obs, actions, logStd := nn.RowMajor(m.transitions.Observations), nn.RowMajor(m.transitions.Actions), policy.Parameters[policy.Shape.LogStd():]
	for i := range m.rows {
		mean := m.means[i*a : (i+1)*a]
		actor.Mean(obs[i*o:(i+1)*o], mean)
		for j, x := range mean {
			d := float64(actions[i*a+j]-x) / math.Exp(float64(logStd[j]))
			sum += d * d
		}
	}
	return math.Sqrt(sum / float64(m.rows*a)), nil
}

// columns are the paths of the policy that was compared last, each step with the advantage 1.
func (m *imitation) columns(logStd []float32) *nn.PathColumns {
	o, a := len(m.states)/(2*m.rows), len(m.means)/m.rows
	c := &nn.PathColumns{Observations: nn.Matrix(m.states, m.rows, 2, o), Actions: nn.Matrix(nn.RowMajor(m.transitions.Actions), m.rows, 1, a),
		Means: nn.Matrix(m.means, m.rows, 1, a), LogStd: slices.Clone(logStd), Times: make([]float32, m.rows),
		Lengths: make([]int, m.rows), Terminated: make([]bool, m.rows)}
	advantages := make([]float32, m.rows)
	for i := range advantages {
		advantages[i], c.Lengths[i] = 1, 1
	}
	c.Advantages = nn.Matrix(advantages, m.rows, 1)
	return c
}
