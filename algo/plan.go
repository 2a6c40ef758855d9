package algo

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"

	"gorgonia.org/tensor"

	"github.com/palmal-rl/palmal/nn"
)

// planPlayer is a policy player that plans in the learned model at every decision. Plans start from the
// mean action of a policy that natural gradient improves, or from zero (paper, algorithm 2, line 3: "RL,
// MPC, planning").
type planPlayer struct {
	config Config
	model  *modelPlayer
	around *naturalGradient // nil: plans about zero
}

func newPlanPlayer(c Config, backend nn.Backend, model *modelPlayer) (*planPlayer, error) {
	p := &planPlayer{config: c, model: model}
	if c.Plan.Around == aroundZero {
		return p, nil
	}
	var err error
	p.around, err = newNaturalGradient(c, backend, model)
	return p, err
}

func (p *planPlayer) settle(observations *tensor.Dense) error {
	if p.around == nil {
		return nil
	}
	return p.around.settle(observations)
}

// improve improves the policy from which plans start.
func (p *planPlayer) improve(ctx context.Context, t turn) error {
	if p.around == nil {
		return nil
	}
	return p.around.improve(ctx, t)
}

// acting plans about the latest policy.
func (p *planPlayer) acting() (Policy, error) {
	if p.around == nil {
		return p.about(nil)
	}
	latest := p.around.gaussian()
	return p.about(&latest)
}

// reporting plans about the averaged policy, where there is one.
func (p *planPlayer) reporting() (Policy, error) {
	if p.around == nil {
		return p.about(nil)
	}
	averaged, err := p.around.reporting()
	if err != nil {
		return nil, err
	}
	policy := averaged.(GaussianPolicy)
	return p.about(&policy)
}

// about plans in the present model, which must not be fitted meanwhile, about a policy or, for nil, about zero. Before the
// first fit the policy acts without plans, or noise about zero does.
func (p *planPlayer) about(policy *GaussianPolicy) (Policy, error) {
	planning := newPlanningPolicy(p.config, p.model.task, p.model.backend, p.model.ensemble, p.model.limit)
	switch {
	case policy == nil && !p.model.fitted:
		return newNoise(p.config, p.model.task), nil
	case policy == nil:
		return planning, nil
	}
	planning.around = policy
	if !p.model.fitted {
		return *policy, nil
	}
	if !p.config.Plan.Value {
		return planning, nil
	}
	state, err := p.around.value.Save()
	if err != nil {
		return nil, err
	}
	err = planning.setCritic(p.around.value.Shape(), state)
	return planning, err
}

func (p *planPlayer) describe(r *Record) {
	if p.around != nil {
		p.around.describe(r)
		return
	}
	none := Number(math.NaN())
	r.Policy = PolicyRecord{ModelReturn: none, Terminated: none, Gain: none, KL: none, Entropy: none, CGResidual: none, CGSteps: none,
		Cosine: none, Explained: none}
	r.Value = ValueRecord{Before: none, After: none}
}

func (p *planPlayer) save() (map[string]nn.State, error) {
	if p.around == nil {
		return nil, nil
	}
	return p.around.save()
}

func (p *planPlayer) load(groups map[string]nn.State) error {
	if p.around == nil {
		return nil
	}
	return p.around.load(groups)
}

func (p *planPlayer) Close() error {
	if p.around == nil {
		return nil
	}
	return p.around.Close()
}

// PlanningPolicy plans at every decision in an ensemble.
type PlanningPolicy struct {
	config   Config
	task     nn.Task
	backend  nn.Backend
	ensemble nn.Ensemble
	limit    int // decisions of an episode

	around *GaussianPolicy // nil: zero
	value  nn.ValueShape
	critic []float32 // parameters of the value network; nil: none

	turns *sync.Mutex // lets actors call the backend one at a time
}

func newPlanningPolicy(c Config, task nn.Task, backend nn.Backend, ensemble nn.Ensemble, limit int) PlanningPolicy {
	return PlanningPolicy{config: c, task: task, backend: backend, ensemble: ensemble, limit: limit, turns: &sync.Mutex{}}
}

// setCritic values the ends of plans by the value network of a saved state.
func (p *PlanningPolicy) setCritic(shape nn.ValueShape, state nn.State) error {
	parameters, err := state.Float32s(nn.StateParameters, shape.MLP().Parameters())
	p.value, p.critic = shape, append([]float32(nil), parameters...)
	return err
}

// Mean acts by the plan, without noise.
func (p PlanningPolicy) Mean() (func() ActFunc, error) {
	return p.actors(nn.Key{Seed: p.config.Seed, Stream: nn.StreamPlan}, false)
}

// Explore adds noise of the plan's remaining standard deviation.
func (p PlanningPolicy) Explore(key nn.Key) (func() ActFunc, error) { return p.actors(key, true) }

func (p PlanningPolicy) actors(key nn.Key, explore bool) (func() ActFunc, error) {
	if _, err := newPlanner(p, key, explore); err != nil {
		return nil, err
	}
	return func() ActFunc {
		planner, _ := newPlanner(p, key, explore) // checked above
		return planner.act
	}, nil
}

// noisePolicy explores by Gaussian noise about zero.
type noisePolicy struct {
	sigma []float32 // [A]
}

func newNoise(c Config, task nn.Task) noisePolicy {
	low, high := task.ActionBox()
	sigma := make([]float32, len(low))
	for j := range sigma {
		sigma[j] = float32(c.Plan.Noise * (high[j] - low[j]) / 2)
	}
	return noisePolicy{sigma}
}

// Mean acts with zero.
func (n noisePolicy) Mean() (func() ActFunc, error) {
	return func() ActFunc { return func(_ uint64, _ int, _, action []float32) { clear(action) } }, nil
}

// Explore draws every action at (key, t, episode).
func (n noisePolicy) Explore(key nn.Key) (func() ActFunc, error) {
	blocks := nn.NormalBlocks(len(n.sigma))
	return func() ActFunc {
		return func(episode uint64, t int, _, action []float32) {
			for j := range action {
				z := key.Normals(uint64(t), uint32(episode)*uint32(blocks)+uint32(j/4))
				action[j] = n.sigma[j] * z[j%4]
			}
		}
	}, nil
}

// Planning is the configuration of a run as plans take it that its policy acts by, whatever player improved it: with the discount of the
// end, and without V where none was trained.
func (c Config) Planning() Config {
	c.NPG.Early = 0
	c.Plan.Value = c.Plan.Value && c.Policy.Player != PlayerActorCritic
	return c
}

// OpenPolicy opens the policy of a snapshot's groups, for episodes of limit decisions. A policy that
// plans opens the ensemble on a backend, which open gives; Close of the returned closer frees it.
func OpenPolicy(c Config, task nn.Task, limit int, groups map[string]nn.State, open func() (nn.Backend, error)) (_ Policy, closer func() error, err error) {
	shapes := ShapesOf(c, task)
	nothing := func() error { return nil }
	var gaussian *GaussianPolicy
	if c.Policy.Player != PlayerPlan || c.Plan.Around == aroundPolicy {
		policy, err := gaussianFromState(shapes.Policy, groups[c.policyGroup()])
		if err != nil || c.Policy.Player != PlayerPlan {
			return policy, nothing, err
		}
		gaussian = &policy
	}
	if problem := c.checkPlan(); problem != nil {
		return nil, nothing, problem
	}
	backend, err := open()
	if err != nil {
		return nil, nothing, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, backend.Close())
		}
	}()
	ensemble, err := backend.NewEnsemble(shapes.Model, shapes.Model.Init(0))
	if err != nil {
		return nil, nothing, fmt.Errorf("model: %w", err)
	}
	closer = func() error { return errors.Join(ensemble.Close(), backend.Close()) }
	if err := ensemble.Load(groups[GroupModel]); err != nil {
		return nil, nothing, errors.Join(fmt.Errorf("model: %w", err), ensemble.Close())
	}
	planning := newPlanningPolicy(c, c.trained(task), backend, ensemble, limit) // the run evaluates it so
	planning.around = gaussian
	if gaussian != nil && c.Plan.Value {
		if c.Value.Finite {
			shapes.Value.Limit = limit
		}
		if c.Value.Normalise {
			shapes.Value.Shift, shapes.Value.Scale = gaussian.Shift, gaussian.Scale
		}
		if err := planning.setCritic(shapes.Value, groups[GroupValue]); err != nil {
			return nil, nothing, errors.Join(fmt.Errorf("value network: %w", err), ensemble.Close())
		}
	}
	return planning, closer, nil
}

// policyGroup is the group of the policy that a run hands on, or that its plans start from.
func (c Config) policyGroup() string {
	if c.Policy.Average > 0 {
		return GroupAverage
	}
	return GroupPolicy
}

// ActingGroups lists the groups of a snapshot that [OpenPolicy] needs.
func (c Config) ActingGroups() []string {
	switch {
	case c.Policy.Player != PlayerPlan:
		return []string{c.policyGroup()}
	case c.Plan.Around == aroundZero:
		return []string{GroupModel}
	case !c.Plan.Value:
		return []string{c.policyGroup(), GroupModel}
	}
	return []string{c.policyGroup(), GroupModel, GroupValue}
}

// checkPlan refuses to plan by rewards that the ensemble would have to predict.
func (c Config) checkPlan() error {
	if c.Policy.Player == PlayerPlan && c.Model.LearnReward {
		return Problem{"policy.player", fmt.Sprintf("%s needs a task whose reward can be computed: set model.learn_reward to false", PlayerPlan)}
	}
	return nil
}
