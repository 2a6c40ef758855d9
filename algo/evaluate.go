package algo

import (
	"context"
	"fmt"

	"gorgonia.org/tensor"

	"github.com/palmal-rl/palmal/nn"
)

// PolicySnapshot is a policy as it acts in the world: enough to evaluate it without a backend.
type PolicySnapshot struct {
	Shape        nn.PolicyShape
	Parameters   []float32 // θ [P]
	Shift, Scale []float32 // normaliser [O]
}

// PolicyFromState reads a policy from its saved state.
func PolicyFromState(shape nn.PolicyShape, state nn.State) (PolicySnapshot, error) {
	policy := PolicySnapshot{Shape: shape}
	var err error
	if policy.Parameters, err = state.Float32s(nn.StateParameters, shape.Parameters()); err != nil {
		return policy, err
	}
	if policy.Shift, err = state.Float32s(nn.StateInShift, shape.Observation); err != nil {
		return policy, err
	}
	policy.Scale, err = state.Float32s(nn.StateInScale, shape.Observation)
	return policy, err
}

// snapshotPolicy copies the present policy.
func (g *Game) snapshotPolicy() PolicySnapshot {
	return PolicySnapshot{Shape: g.policy.Shape(), Parameters: append([]float32(nil), g.theta...),
		Shift: append([]float32(nil), g.shift...), Scale: append([]float32(nil), g.scale...)}
}

// actors returns a maker of actors, one per worker, that act by write.
func (p PolicySnapshot) actors(write func(a *nn.Actor, episode uint64, t int, obs, action []float32)) (func() ActFunc, error) {
	if _, err := nn.NewActor(p.Shape, p.Parameters, p.Shift, p.Scale); err != nil {
		return nil, err
	}
	return func() ActFunc {
		actor, _ := nn.NewActor(p.Shape, p.Parameters, p.Shift, p.Scale) // checked above
		return func(episode uint64, t int, obs, action []float32) { write(actor, episode, t, obs, action) }
	}, nil
}

// sampler acts with the policy's noise, which (key, t, episode) names.
func (p PolicySnapshot) sampler(key nn.Key) (func() ActFunc, error) {
	blocks := uint32(nn.NormalBlocks(p.Shape.Action))
	return p.actors(func(a *nn.Actor, episode uint64, t int, obs, action []float32) {
		a.Sample(obs, action, key, uint64(t), uint32(episode)*blocks)
	})
}

// mean acts with the mean action.
func (p PolicySnapshot) mean() (func() ActFunc, error) {
	return p.actors(func(a *nn.Actor, _ uint64, _ int, obs, action []float32) { a.Mean(obs, action) })
}

// EvaluateOptions say how to judge a policy.
type EvaluateOptions struct {
	Episodes   int
	Seed       uint64 // of the initial states, and of the noise if stochastic
	Stochastic bool   // act with the policy's noise instead of the mean action
}

// Evaluated returns what Evaluate plays with: a maker of actors, one per worker, and the seed that the
// world draws its initial states from. Its episodes count from 0.
func (p PolicySnapshot) Evaluated(o EvaluateOptions) (newActor func() ActFunc, seed uint64, err error) {
	if o.Stochastic {
		newActor, err = p.sampler(nn.Key{Seed: o.Seed, Stream: nn.StreamEvaluationNoise})
	} else {
		newActor, err = p.mean()
	}
	return newActor, resetSeed(o.Seed, nn.StreamEvaluation), err
}

// Evaluate plays whole episodes in the world. They do not count as samples.
func Evaluate(ctx context.Context, world World, task nn.Task, policy PolicySnapshot, o EvaluateOptions) (Evaluation, error) {
	if o.Episodes < 1 {
		return Evaluation{}, fmt.Errorf("evaluation of %d episodes: needs at least one", o.Episodes)
	}
	newActor, seed, err := policy.Evaluated(o)
	if err != nil {
		return Evaluation{}, err
	}
	tally := newTally(task)
	err = world.Play(ctx, seed, 0, newActor,
		func(observations, _, rewards *tensor.Dense, samples int, _ bool, success float64) bool {
			tally.add(observations, rewards.Data().([]float64), samples, success, world.Horizon())
			return len(tally.returns) < o.Episodes
		})
	if ctx.Err() != nil {
		return Evaluation{}, ctx.Err()
	}
	if err != nil {
		return Evaluation{}, fmt.Errorf("%w: %w", ErrWorld, err)
	}
	return tally.evaluation(0), nil
}

// judge evaluates the policy in the iterations that ask for it.
func (g *Game) judge(ctx context.Context) error {
	e := g.config.Evaluation
	if e.Every == 0 || g.iteration%e.Every != 0 {
		return nil
	}
	return g.stage(StageEvaluate, func() error {
		result, err := Evaluate(ctx, g.world, g.task, g.snapshotPolicy(), EvaluateOptions{Episodes: e.Episodes, Seed: e.Seed})
		result.Samples = g.trained
		g.record.Evaluation = &result
		g.reached++
		if !(float64(result.Return) >= e.StopAt) {
			g.reached = 0
		}
		return err
	})
}
