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

// pathwisePlayer is a policy player that differentiates through the model. Its gradient is that of the return of
// short model paths and the value of their last states, by reverse mode through policy, model, reward and value
// (paper, equation 15). Steps are those of naturalGradient: natural, normalised, within bounds on σ.
type pathwisePlayer struct {
	*naturalGradient
	model     *modelPlayer
	slow      nn.Value // follows the value network slowly and gives the targets of its fits
	began     bool     // an iteration was played
	practised bool     // the value network has had its first, longer practice
}

func newPathwisePlayer(c Config, backend nn.Backend, model *modelPlayer) (_ *pathwisePlayer, err error) {
	if _, ok := backend.(nn.Differentiator); !ok {
		return nil, Problem{"policy.player", fmt.Sprintf("%s needs the derivatives of model paths, which backend %s does not compute: choose another backend", PlayerPathwise, backend.Name())}
	}
	if err := nn.CheckDifferentiable(model.task); err != nil && !c.Model.LearnReward {
		return nil, Problem{"policy.player", fmt.Sprintf("%s: %v: set model.learn_reward to true", PlayerPathwise, err)}
	}
	p := &pathwisePlayer{model: model}
	if p.naturalGradient, err = newNaturalGradient(c, backend, model); err != nil {
		return nil, err
	}
	if err := p.copyValue(); err != nil {
		return nil, errors.Join(err, p.Close())
	}
	return p, nil
}

// copyValue makes the slow copy equal to the value network.
func (p *pathwisePlayer) copyValue() (err error) {
	state, err := p.value.Save()
	if err != nil {
		return err
	}
	parameters, err := state.Float32s(nn.StateParameters, p.value.Shape().MLP().Parameters())
	if err != nil {
		return err
	}
	if p.slow != nil {
		err, p.slow = p.slow.Close(), nil
	}
	if err == nil {
		p.slow, err = p.backend.NewValue(p.value.Shape(), parameters)
	}
	if err != nil {
		return fmt.Errorf("slow value network: %w", err)
	}
	return nil
}

// settle also copies the value network, which may have got a normaliser.
func (p *pathwisePlayer) settle(observations *tensor.Dense) error {
	return cmp.Or(p.naturalGradient.settle(observations), p.copyValue())
}

// Close frees the networks.
func (p *pathwisePlayer) Close() error {
	err := p.naturalGradient.Close()
	if p.slow != nil {
		err = errors.Join(err, p.slow.Close())
	}
	return err
}

func (p *pathwisePlayer) save() (map[string]nn.State, error) {
	groups, err := p.naturalGradient.save()
	if err != nil {
		return nil, err
	}
	slow, err := p.slow.Save()
	if err != nil {
		return nil, fmt.Errorf("save %s: %w", GroupSlow, err)
	}
	groups[GroupSlow] = slow
	return groups, nil
}

// load begins the slow copy as the value network where the networks are those of another player.
func (p *pathwisePlayer) load(groups map[string]nn.State) error {
	p.began, p.practised = true, groups[GroupSlow] != nil
	if err := p.naturalGradient.load(groups); err != nil {
		return err
	}
	if err := p.copyValue(); err != nil || groups[GroupSlow] == nil {
		return err
	}
	return loadNetworks(map[string]nn.Network{GroupSlow: p.slow}, groups)
}

// improve fits V to long paths, then makes steps until there are K of them, or until the policy is as far from
// the iteration's first one as it may be.
func (p *pathwisePlayer) improve(ctx context.Context, t turn) (err error) {
	p.begin()
	first := !p.began
	p.began = true
	late := p.config.late(t)
	p.floor = p.config.floor(late)
	if err := p.renormalise(t); err != nil {
		return err
	}
	p.depart()
	if err := t.stage(StageRollout, func() error { return p.model.beware(p.policy, t.data) }); err != nil {
		return err
	}
	if err := p.practiseValue(ctx, t); err != nil {
		return err
	}
	m := &pathwiseMove{pathwisePlayer: p, turn: t, bound: p.config.Pathwise.bound(first, late)}
	m.chains = newChains(p.config, t.data, p.model.limit, p.config.Pathwise.Starts, p.model.rollouts)
	defer func() { err = errors.Join(err, m.close()) }()
	for range p.config.NPG.Steps {
		if err := ctx.Err(); err != nil {
			return err
		}
		done, err := m.step()
		if err != nil {
			return err
		}
		t.meter.advance(func(p *Progress) { p.PolicyStep++ })
		if done {
			break
		}
	}
	p.model.caution.record(&t.record.Policy)
	return p.predictReturn(t)
}

// practiseValue fits V to long paths of the present policy, first to more of them.
func (p *pathwisePlayer) practiseValue(ctx context.Context, t turn) error {
	c := p.config.Pathwise
	rolls := c.ValueRolls
	if !p.practised {
		rolls *= c.ValueFirst
	}
	p.practised = true
	for range rolls {
		if err := ctx.Err(); err != nil {
			return err
		}
		starts := newChains(p.config, t.data, p.model.limit, c.ValueStarts, p.model.rollouts).starts()
		paths, report, _, err := p.roll(t, starts, c.ValueHorizon)
		if err != nil {
			return err
		}
		if err := errors.Join(cmp.Or(p.estimate(t, paths), p.fitValue(t, paths, report.Steps, false)), paths.Close()); err != nil {
			return err
		}
	}
	return nil
}

// roll rolls the policy out in drawn members.
func (p *pathwisePlayer) roll(t turn, starts nn.Starts, horizon int) (paths nn.Paths, report nn.ScoreReport, options nn.RolloutOptions, err error) {
	options = p.model.wary(p.model.nextRollout(horizon, p.config.Pathwise.draw()))
	err = t.stage(StageRollout, func() (err error) {
		paths, report, err = p.model.play(p.policy, starts, p.model.task, options, p.model.charged(p.model.scoring(0)))
		return err
	})
	p.sums.pathSteps += report.Steps
	return paths, report, options, err
}

// estimate computes advantages, and returns of λ as targets, by the slow value network.
func (p *pathwisePlayer) estimate(t turn, paths nn.Paths) error {
	return t.stage(StageAdvantage, func() error {
		return p.backend.Advantages(paths, p.slow, nn.AdvantageOptions{Gamma: t.gamma, Lambda: p.config.NPG.Lambda,
			Whiten: true, LambdaReturns: true})
	})
}

// fitValue fits V to the targets, and lets its slow copy follow. judged says whether the record tells its error.
func (p *pathwisePlayer) fitValue(t turn, paths nn.Paths, rows int, judged bool) error {
	return t.stage(StageValue, func() error {
		options := p.config.valueOptions(rows)
		options.Unjudged = !judged
		fit, err := p.backend.FitValue(p.value, paths, options)
		if err != nil {
			return err
		}
		if judged {
			p.sums.fits++
			p.sums.before += fit.Before
			p.sums.after += fit.After
		}
		return p.follow(1 - math.Pow(1-p.config.Pathwise.Slow, float64(fit.Steps)))
	})
}

// follow moves the slow copy by a share of its distance to V.
func (p *pathwisePlayer) follow(share float64) error {
	fast, err := p.value.Save()
	if err != nil {
		return err
	}
	slow, err := p.slow.Save()
	if err != nil {
		return err
	}
	size := p.value.Shape().MLP().Parameters()
	to, err := fast.Float32s(nn.StateParameters, size)
	if err != nil {
		return err
	}
	at, err := slow.Float32s(nn.StateParameters, size)
	if err != nil {
		return err
	}
	for i := range at {
		at[i] += float32(share * (float64(to[i]) - float64(at[i])))
	}
	return p.slow.Load(slow)
}
