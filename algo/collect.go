package algo

import (
	"context"
	"fmt"
	"math"
	"slices"

	"gorgonia.org/tensor"

	"github.com/palmal-rl/palmal/nn"
)

// collectInitial gathers N_init samples by the initial policy, which then settles on them.
func (g *Game) collectInitial(ctx context.Context) error {
	if g.config.offline() {
		return g.beginOffline()
	}
	if err := g.gather(ctx, g.config.InitialSamples); err != nil {
		return err
	}
	return g.policy.settle(g.data.replay.transitions(false).Observations)
}

// collect gathers N samples by the present policy.
func (g *Game) collect(ctx context.Context) error {
	if g.config.offline() {
		g.skipCollection()
		return nil
	}
	return g.gather(ctx, g.config.SamplesPerIteration)
}

// gather samples whole episodes with the stochastic policy until they hold at least n environment
// steps, adds them to the replay buffer and records their returns. No noise but the policy's own is
// added (paper, appendix B). Relabelled episodes are stored and scored under the goal they pursued. Two
// things still use the world's goal: the pool of initial states, and the return compared with the
// model's prediction.
func (g *Game) gather(ctx context.Context, n int) error {
	tally := newTally(g.task)
	horizon := min(g.config.NPG.Horizon, g.world.Horizon())
	relabelled := g.newRelabelling()
	err := g.stage(StageWorld, func() error {
		policy, err := g.policy.acting()
		if err != nil {
			return err
		}
		newActor, err := policy.Explore(nn.Key{Seed: g.config.Seed, Stream: nn.StreamWorld})
		if err != nil {
			return err
		}
		return g.world.Play(ctx, resetSeed(g.config.Seed, nn.StreamReset), g.episodes, relabelled.actors(newActor),
			func(e Episode) bool {
				partial := horizon
				g.data.initial.add(e.Observations)
				if goal := relabelled.goal(g.episodes); goal != nil {
					e = relabelled.relabel(e, goal)
					partial = 0
				}
				tally.add(e, partial)
				g.keep(e, tally.perDecision(e.Rewards))
				return tally.samples < n
			})
	})
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		return fmt.Errorf("%w: %w", ErrWorld, err)
	}
	g.record.Sampled = tally.evaluation(g.samples - tally.samples)
	g.record.Model.Realised = Number(mean(tally.partial))
	g.record.RewardTerms = tally.termMeans()
	return nil
}

// keep adds one episode to the replay buffer.
func (g *Game) keep(e Episode, rewards []float32) {
	g.data.replay.add(episode{observations: slices.Clone(e.Observations), actions: slices.Clone(e.Actions), rewards: rewards, samples: e.Samples})
	g.episodes++
	g.samples += e.Samples
}

// resetSeed gives the world's draws a seed of their own for each use.
func resetSeed(seed uint64, stream nn.Stream) uint64 {
	block := nn.Key{Seed: seed, Stream: stream}.Block(0, 0)
	return uint64(block[0])<<32 | uint64(block[1])
}

// columnMoments measures mean and standard deviation of each column of x [n,O]. A constant column
// gets scale 1.
func columnMoments(x *tensor.Dense) (shift, scale []float32) {
	rows, width := x.Shape()[0], x.Shape()[1]
	data := nn.RowMajor(x)
	shift, scale = make([]float32, width), make([]float32, width)
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
		shift[j], scale[j] = float32(centre), float32(math.Sqrt(squares/float64(rows)))
		if scale[j] < nn.ScaleFloor {
			scale[j] = 1
		}
	}
	return shift, scale
}
