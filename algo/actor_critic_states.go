package algo

import (
	"errors"
	"math"
	"slices"

	"github.com/palmal-rl/palmal/nn"
)

// stateBuffer holds states of model paths, those of the last few rollouts.
type stateBuffer struct {
	width  int
	states [][]float32 // [rollouts] of [n,O]
	counts []int
}

// add adds the states in which the decisions of paths were made, and drops the oldest rollouts beyond the number that is kept.
func (b *stateBuffer) add(paths *nn.PathColumns, kept int) {
	observations := nn.RowMajor(paths.Observations)
	perPath := len(observations) / len(paths.Lengths)
	b.width = paths.Observations.Shape()[2]
	var states []float32
	if len(b.states) >= kept {
		states = b.states[0][:0]
		b.states, b.counts = b.states[1:], b.counts[1:]
	}
	for i, length := range paths.Lengths {
		states = append(states, observations[i*perPath:i*perPath+length*b.width]...)
	}
	b.states, b.counts = append(b.states, states), append(b.counts, len(states)/b.width)
}

// draw picks n states, with replacement, at time 0: nothing cuts the paths that start there.
func (b *stateBuffer) draw(n int, key nn.Key, rollout uint64) nn.Starts {
	total := 0
	for _, count := range b.counts {
		total += count
	}
	chosen := make([]float32, 0, n*b.width)
	for i := range n {
		k, part := key.Intn(rollout, uint32(i), total), 0
		for k >= b.counts[part] {
			k -= b.counts[part]
			part++
		}
		chosen = append(chosen, b.states[part][k*b.width:(k+1)*b.width]...)
	}
	return nn.Starts{Observations: nn.Matrix(chosen, n, b.width), Times: make([]float32, n)}
}

// spread plays longer paths from real states, keeps the states that they reach, and follows the range of returns.
func (m *actorCriticMove) spread() (err error) {
	model, a := m.actorCriticPlayer.model, m.config.ActorCritic
	options := model.nextRollout(a.SpreadHorizon, m.config.Pathwise.draw())
	return m.stage(StageRollout, func() (err error) {
		starts := newChains(m.config, m.data, model.limit, a.SpreadStarts, options.Index).starts()
		clear(starts.Times)
		paths, report, err := model.play(m.policy, starts, model.task, options, model.scoring(0))
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, paths.Close()) }()
		m.sums.pathSteps += report.Steps
		columns, err := paths.Download()
		if err != nil {
			return err
		}
		m.buffer.add(columns, a.Kept)
		m.followRange(columns)
		return nil
	})
}

// outlying is the share of the decisions on either side that the range of returns leaves out.
const outlying = 0.01

// leastRange keeps the range from being empty.
const leastRange = 1e-6

// followRange moves the range of what a decision earns towards that of some paths. The range of returns is what the decisions
// would be worth if they went on for ever, and holds 0, the value of an end.
func (p *actorCriticPlayer) followRange(paths *nn.PathColumns) {
	rewards := nn.RowMajor(paths.Rewards)
	perPath := len(rewards) / len(paths.Lengths)
	var all []float32
	for i, length := range paths.Lengths {
		all = append(all, rewards[i*perPath:i*perPath+length]...)
	}
	slices.Sort(all)
	rest := int(outlying * float64(len(all)))
	low, high := min(0, float64(all[rest])+p.bonus()), max(0, float64(all[len(all)-1-rest])+p.bonus())
	if !(high-low > leastRange) {
		high += leastRange
	}
	if math.IsNaN(p.low) {
		p.low, p.high = low, high
		return
	}
	share := 1 - math.Pow(1-p.config.ActorCritic.RangeRate, float64(p.config.ActorCritic.Refill))
	p.low += share * (low - p.low)
	p.high += share * (high - p.high)
}
