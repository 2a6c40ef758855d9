package algo

import (
	"context"
	"fmt"
	"math"
	"slices"

	"gorgonia.org/tensor"

	"github.com/palmal-rl/palmal/nn"
)

// collectInitial gathers N_init samples by the initial policy, which then settles on them, unless it imitates
// recorded data and has settled on those.
func (g *Game) collectInitial(ctx context.Context) error {
	if err := g.clone(ctx); err != nil {
		return err
	}
	if g.config.offline() {
		return g.beginOffline()
	}
	if err := g.gather(ctx, 0, g.config.InitialSamples); err != nil || g.config.Policy.Clone > 0 {
		return err
	}
	return g.settle(&g.data.replay)
}

// collect gathers N samples by the present policy.
func (g *Game) collect(ctx context.Context) error {
	if g.config.offline() {
		g.skipCollection()
		return nil
	}
	before := g.samples
	if err := g.judgeByEpisodes(ctx); err != nil {
		return err
	}
	return g.gather(ctx, g.record.Iteration, max(1, g.config.SamplesPerIteration-(g.samples-before)))
}

// hand tells a world outside this program of the policy that acts next. The returned function says how many of its
// actions came too late.
func (g *Game) hand(number int, policy Policy, samples int) (missed func() uint64, err error) {
	world, outside := g.world.(Handed)
	if !outside {
		return func() uint64 { return 0 }, nil
	}
	before := world.Missed()
	return func() uint64 { return world.Missed() - before }, world.Hand(Handout{Number: number, Policy: policy, Samples: samples})
}

// judgeByEpisodes judges the mean action in a world outside this program, in the iterations whose turn it is: by
// episodes that count as samples and are learned from. Breaks of limits in them count, but are not what was promised
// of the policy with its noise.
func (g *Game) judgeByEpisodes(ctx context.Context) error {
	e := g.config.Evaluation
	world, outside := g.world.(Handed)
	if !outside || e.Every == 0 || g.record.Iteration%e.Every != 0 {
		return nil
	}
	judged, promise := newStatistics(g.task), g.promise
	g.promise = nil
	err := g.stage(StageWorld, func() error {
		policy, err := g.policy.reporting()
		if err != nil {
			return err
		}
		newActor, err := policy.Mean()
		if err != nil {
			return err
		}
		before := world.Missed()
		defer func() { g.record.Missed += int(world.Missed() - before) }()
		if err := world.Hand(Handout{g.record.Iteration, policy, e.Episodes * world.Horizon(), true}); err != nil {
			return err
		}
		return world.Sample(ctx, resetSeed(g.config.Seed, nn.StreamReset), g.episodes, newActor, func(ep Episode) bool {
			g.data.initial.add(ep.Observations)
			g.judgeEpisode(ep, world.Horizon())
			judged.add(ep, 0)
			g.keep(ep, judged.perDecision(ep.Rewards))
			return len(judged.returns) < e.Episodes
		})
	})
	g.promise = promise
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		return fmt.Errorf("%w: %w", ErrWorld, err)
	}
	g.enterEvaluation(judged.evaluation(g.trained))
	return nil
}

// gather samples whole episodes of policy number with the stochastic policy until they hold at least n environment
// steps, adds them to the replay buffer and records their returns. No noise but the policy's own is
// added (paper, appendix B). Relabelled episodes are stored and scored under the goal they pursued. Two
// things still use the world's goal: the pool of initial states, and the return compared with the
// model's prediction.
func (g *Game) gather(ctx context.Context, number, n int) error {
	sampled := newStatistics(g.task)
	horizon := min(g.config.NPG.Horizon, g.config.trainingDecisions(g.world.Horizon()))
	relabelled := g.newRelabelling()
	fallen := 0
	err := g.stage(StageWorld, func() error {
		policy, err := g.policy.acting()
		if err != nil {
			return err
		}
		newActor, err := policy.Explore(nn.Key{Seed: g.config.Seed, Stream: nn.StreamWorld})
		if err != nil {
			return err
		}
		missed, err := g.hand(number, policy, n)
		if err != nil {
			return err
		}
		defer func() { g.record.Missed += int(missed()) }()
		return g.playTraining(ctx, resetSeed(g.config.Seed, nn.StreamReset), g.episodes, relabelled.actors(newActor),
			func(e Episode) bool {
				partial := horizon
				g.data.initial.add(e.Observations)
				g.judgeEpisode(e, horizon)
				if goal := relabelled.goal(g.episodes); goal != nil {
					e = relabelled.relabel(e, goal)
					partial = 0
				}
				sampled.add(e, partial)
				if e.Fallen {
					fallen++
				}
				g.keep(e, sampled.perDecision(e.Rewards))
				return sampled.samples < n
			})
	})
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		return fmt.Errorf("%w: %w", ErrWorld, err)
	}
	g.record.Sampled = sampled.evaluation(g.trained)
	g.record.Model.Realised = Number(mean(sampled.partial))
	g.record.Model.OverPromised = exceeds(float64(g.record.Model.Predicted), sampled.partial)
	g.record.RewardTerms = sampled.termMeans()
	g.settlePromise()
	if g.config.falls(g.task) {
		share := Number(float64(fallen) / float64(len(sampled.returns)))
		g.record.Fallen = &share
	}
	return nil
}

// keep adds one episode to the replay buffer.
func (g *Game) keep(e Episode, rewards []float32) {
	g.data.replay.add(episode{observations: slices.Clone(e.Observations), actions: slices.Clone(e.Actions), rewards: rewards, samples: e.Samples, terminated: e.Terminated})
	g.episodes++
	g.samples += e.Samples
}

// resetSeed gives the world's draws a seed of their own for each use.
func resetSeed(seed uint64, stream nn.Stream) uint64 {
	block := nn.Key{Seed: seed, Stream: stream}.Block(0, 0)
	return uint64(block[0])<<32 | uint64(block[1])
}

// columnMoments measures mean and variance of each column of x [n,O].
func columnMoments(x *tensor.Dense) (means, variances []float64) {
	rows, width := x.Shape()[0], x.Shape()[1]
	data := nn.RowMajor(x)
	means, variances = make([]float64, width), make([]float64, width)
	for j := range width {
		sum, squares := 0.0, 0.0
		for i := range rows {
			sum += float64(data[i*width+j])
		}
		centre := sum / float64(rows)
		for i := range rows {
			d := float64(data[i*width+j]) - centre
			squares += d * d
		}
		means[j], variances[j] = centre, squares/float64(rows)
	}
	return means, variances
}

// normaliserOf shifts by means and scales by standard deviations. A constant entry gets scale 1.
func normaliserOf(means, variances []float64) (shift, scale []float32) {
	shift, scale = make([]float32, len(means)), make([]float32, len(means))
	for j := range means {
		shift[j], scale[j] = float32(means[j]), float32(math.Sqrt(variances[j]))
		if scale[j] < nn.ScaleFloor {
			scale[j] = 1
		}
	}
	return shift, scale
}
