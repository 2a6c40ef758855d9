package algo

import (
	"context"
	"fmt"

	"github.com/palmal-rl/palmal/nn"
)

// EvaluateOptions say how to judge a policy.
type EvaluateOptions struct {
	Episodes   int
	Seed       uint64 // seed of the initial states, and of the noise if stochastic
	Stochastic bool   // act with the policy's noise instead of the mean action

	Record func(Episode) // is called with every episode that counts; nil for nothing
}

// Actors returns what Evaluate acts with: a maker of actors, one for each worker, and the seed of the
// world's initial states. Episodes count from 0.
func (o EvaluateOptions) Actors(policy Policy) (newActor func() ActFunc, seed uint64, err error) {
	if o.Stochastic {
		newActor, err = policy.Explore(nn.Key{Seed: o.Seed, Stream: nn.StreamEvaluationNoise})
	} else {
		newActor, err = policy.Mean()
	}
	return newActor, resetSeed(o.Seed, nn.StreamEvaluation), err
}

// Evaluate runs whole episodes in the world. They do not count as samples.
func Evaluate(ctx context.Context, world World, task nn.Task, policy Policy, o EvaluateOptions) (Evaluation, error) {
	if o.Episodes < 1 {
		return Evaluation{}, fmt.Errorf("evaluation of %d episodes: needs at least one", o.Episodes)
	}
	newActor, seed, err := o.Actors(policy)
	if err != nil {
		return Evaluation{}, err
	}
	sampled := newStatistics(task)
	err = world.Sample(ctx, seed, 0, newActor,
		func(e Episode) bool {
			sampled.add(e, world.Horizon())
			if o.Record != nil {
				o.Record(e)
			}
			return len(sampled.returns) < o.Episodes
		})
	if ctx.Err() != nil {
		return Evaluation{}, ctx.Err()
	}
	if err != nil {
		return Evaluation{}, fmt.Errorf("%w: %w", ErrWorld, err)
	}
	return sampled.evaluation(0), nil
}

// evaluate evaluates the policy that the player reports.
func (g *Game) evaluate(ctx context.Context) (Evaluation, error) {
	policy, err := g.policy.reporting()
	if err != nil {
		return Evaluation{}, err
	}
	e := g.config.Evaluation
	return Evaluate(ctx, g.world, g.task, policy, EvaluateOptions{Episodes: e.Episodes, Seed: e.Seed})
}

// judge evaluates the policy in the iterations whose turn it is.
func (g *Game) judge(ctx context.Context) error {
	e := g.config.Evaluation
	if _, outside := g.world.(Handed); outside || e.Every == 0 || g.iteration%e.Every != 0 {
		return nil // see judgeByEpisodes
	}
	return g.stage(StageEvaluate, func() error {
		result, err := g.evaluate(ctx)
		result.Samples = g.trained
		g.enterEvaluation(result)
		return err
	})
}

// enterEvaluation records an evaluation of the present policy.
func (g *Game) enterEvaluation(result Evaluation) {
	g.record.Evaluation = &result
	g.reached++
	if !(float64(result.Return) >= g.config.Evaluation.StopAt) {
		g.reached = 0
	}
}
