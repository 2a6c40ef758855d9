package algo

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"

	"gorgonia.org/tensor"

	"github.com/palmal-rl/palmal/nn"
)

// actorCriticPlayer is a policy player with critics Q(s, a). Both learn on the same short paths of the model: the critics from
// the paths' returns, the policy by the derivative of these and of the critics at their ends. Critics are needed because V alone, fitted
// to the policy's own paths, says nothing of actions.
type actorCriticPlayer struct {
	*naturalGradient // its policy; its value network does not learn
	model            *modelPlayer
	learner          nn.ActorCritic
	critics          nn.Critics
	began            bool // an iteration was played

	logAlpha    float64 // logarithm of the price of entropy
	low, high   float64 // range of what a decision earns; NaN: not known yet
	norm        float64 // running norm of the policy's gradient; 0: not known yet
	half        []float64
	actor, coin adam // optimisers of the policy and of the price, at rest when an iteration begins
	report      criticSums
}

func newActorCriticPlayer(c Config, backend nn.Backend, model *modelPlayer) (_ *actorCriticPlayer, err error) {
	learner, ok := backend.(nn.ActorCritic)
	if !ok || learner.Critical() != nil {
		return nil, Problem{"policy.player", fmt.Sprintf("%s needs critics and the derivatives of model paths, which backend %s does not compute: choose another backend", PlayerActorCritic, backend.Name())}
	}
	if err := nn.CheckDifferentiable(model.task); err != nil && !c.Model.LearnReward {
		return nil, Problem{"policy.player", fmt.Sprintf("%s: %v: set model.learn_reward to true", PlayerActorCritic, err)}
	}
	p := &actorCriticPlayer{model: model, learner: learner, logAlpha: math.Log(c.ActorCritic.Alpha), low: math.NaN(), high: math.NaN()}
	low, high := model.task.ActionBox()
	for k := range low {
		p.half = append(p.half, (high[k]-low[k])/2)
	}
	if p.naturalGradient, err = newNaturalGradient(c, backend, model); err != nil {
		return nil, err
	}
	shape := nn.CriticShape{Critics: c.ActorCritic.Critics, Observation: p.policy.Shape().Observation, Action: len(low), Hidden: c.ActorCritic.Hidden}
	if p.critics, err = learner.NewCritics(shape, shape.Init(c.Seed)); err == nil {
		err = p.scaleCritics(nil)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("critics: %w", err), p.Close())
	}
	return p, nil
}

// scaleCritics lets the critics see observations as the policy does, and actions in halves of the box around its middle, and puts
// their optimiser at rest. After a change of the normaliser their first layers are rewritten; nil: they are not.
func (p *actorCriticPlayer) scaleCritics(change *rescaling) error {
	state, err := p.critics.Save()
	if err != nil {
		return err
	}
	shape := p.critics.Shape()
	arrays, counters, err := shape.Layout().Read(state)
	if err != nil {
		return err
	}
	parameters, slow, shift, scale := arrays[0], arrays[1], arrays[4], arrays[5]
	if change != nil {
		layer, size := shape.MLP().Layers()[0], shape.MLP().Parameters()
		for first := 0; first < len(parameters); first += size {
			change.weights(parameters[first:first+size], layer, 1)
			change.weights(slow[first:first+size], layer, 1)
		}
	}
	clear(arrays[2])
	clear(arrays[3])
	clear(counters)
	low, _ := p.model.task.ActionBox()
	copy(shift, p.shift)
	copy(scale, p.scale)
	for k, half := range p.half {
		shift[shape.Observation+k], scale[shape.Observation+k] = float32(low[k]+half), float32(half)
	}
	return p.critics.Load(state)
}

// settle also lets the critics see what the policy sees.
func (p *actorCriticPlayer) settle(observations *tensor.Dense) error {
	return cmp.Or(p.naturalGradient.settle(observations), p.scaleCritics(nil))
}

// acting is the averaged policy where that collects, else the latest one.
func (p *actorCriticPlayer) acting() (Policy, error) {
	if p.config.ActorCritic.Collect == collectAverage {
		return p.reporting()
	}
	return p.gaussian(), nil
}

// Close frees the networks.
func (p *actorCriticPlayer) Close() error {
	err := p.naturalGradient.Close()
	if p.critics != nil {
		err = errors.Join(err, p.critics.Close())
	}
	return err
}

// improve makes the updates of an iteration, those of the critics alone first.
func (p *actorCriticPlayer) improve(ctx context.Context, t turn) error {
	p.sums, p.report = newPolicySums(), criticSums{}
	first := !p.began
	p.began = true
	p.floor = p.config.floor(p.config.late(t))
	if err := p.rest(t); err != nil {
		return err
	}
	p.depart()
	critics, both := p.config.updates(first)
	t.meter.advance(func(now *Progress) { now.PolicySteps = both }) // fewer in the first iteration that begins with another run's critics
	m := &actorCriticMove{actorCriticPlayer: p, turn: t, last: critics + both - 1, gradient: make([]float64, len(p.theta))}
	for k := range critics + both {
		if err := ctx.Err(); err != nil {
			return err
		}
		if k%p.config.ActorCritic.Refill == 0 {
			if err := m.spread(); err != nil {
				return err
			}
		}
		if err := m.update(k, k >= critics); err != nil {
			return err
		}
		if k >= critics {
			t.meter.advance(func(p *Progress) { p.PolicyStep++ })
		}
	}
	return p.predict(t)
}

// rest puts all optimisers at rest, and scales observations by the data so far where the configuration asks for that.
func (p *actorCriticPlayer) rest(t turn) error {
	p.actor, p.coin = newAdam(len(p.theta)), newAdam(1)
	change, err := p.rescalePolicy(t)
	if err == nil && change != nil && p.config.Value.Normalise {
		err = p.rescaleValue(&p.value, change)
	}
	if err != nil {
		return err
	}
	return p.scaleCritics(change)
}

// predict records the return that the model promises of the policy that collects.
func (p *actorCriticPlayer) predict(t turn) error {
	return p.collecting(func() error { return p.predictReturn(t) })
}

// rollOut plays the policy that collects.
func (p *actorCriticPlayer) rollOut(m *modelPlayer, starts nn.Starts) (paths nn.Paths, report nn.ScoreReport, err error) {
	err = p.collecting(func() (err error) {
		paths, report, err = p.naturalGradient.rollOut(m, starts)
		return err
	})
	return paths, report, err
}

// collecting does something while the policy is the one that collects, the averaged one or the latest.
func (p *actorCriticPlayer) collecting(do func() error) error {
	if p.config.ActorCritic.Collect != collectAverage || p.config.Policy.Average == 0 {
		return do()
	}
	if err := p.policy.SetParameters(p.average); err != nil {
		return err
	}
	return errors.Join(do(), p.policy.SetParameters(p.theta))
}
