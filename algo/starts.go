package algo

import (
	"fmt"
	"math"

	"github.com/palmal-rl/palmal/nn"
)

// experience is the data that was collected in the world so far.
type experience struct {
	replay   replay
	initial  initialStates
	recorded recorded
}

func newExperience(observation, action, capacity int) experience {
	return experience{replay: newReplay(observation, action, capacity), initial: initialStates{width: observation}}
}

// experience begins without episodes of the world. data were recorded elsewhere.
func (c Config) experience(task nn.Task, data []Episode) (x experience, err error) {
	low, _ := task.ActionBox()
	x = newExperience(len(task.ObservationKinds()), len(low), c.Buffer)
	x.replay.ends, x.replay.mirrors = c.keepsEnds(task), c.mirrors(task)
	x.recorded, err = newRecorded(c, task, data)
	return x, err
}

// restore restores the episodes of a snapshot, and which recorded data have joined.
func (x *experience) restore(s Snapshot, c counters) error {
	if err := x.replay.load(s.Groups[GroupReplay], int(c.held), int(c.fresh)); err != nil {
		return fmt.Errorf("restore replay: %w", err)
	}
	if err := x.recorded.restore(s.Groups[GroupGame]); err != nil {
		return fmt.Errorf("restore game: %w", err)
	}
	return nil
}

// initialStates are the first observations [n,O] of all real episodes since the world last changed its
// initial states.
type initialStates struct {
	width  int // O
	states []float32
}

func (s *initialStates) add(obs []float32) { s.states = append(s.states, obs[:s.width]...) }

func (s *initialStates) count() int { return len(s.states) / s.width }

// draw picks n of them with replacement; rollout numbers the draw.
func (s *initialStates) draw(n int, key nn.Key, rollout uint64) nn.Starts {
	chosen := make([]float32, 0, n*s.width)
	for i := range n {
		k := key.Intn(rollout, uint32(i), s.count())
		chosen = append(chosen, s.states[k*s.width:(k+1)*s.width]...)
	}
	return nn.Starts{Observations: nn.Matrix(chosen, n, s.width), Times: make([]float32, n)}
}

// starts picks the states from which the paths of a rollout start: initial states, and for the
// configured fraction intermediate states of the replay buffer (paper, section 3, remark 3: a wide
// initial distribution). An intermediate state keeps its time in the episode. Only episodes recorded
// since the world last changed its initial states are used. Another fraction starts in states of recorded data,
// once they have joined.
func (x *experience) starts(c Config, rollout uint64) nn.Starts {
	n := c.NPG.StartsPerMember
	key := nn.Key{Seed: c.Seed, Stream: nn.StreamStarts}
	starts := x.initial.draw(n, key, rollout)
	chosen := nn.RowMajor(starts.Observations)
	fill := func(row int, from *replay, k int) {
		obs, time := from.state(k)
		copy(chosen[row*x.initial.width:(row+1)*x.initial.width], obs)
		starts.Times[row] = float32(time)
	}
	source, stale := &x.replay, x.replay.decisionsBefore(x.initial.count())
	if source.decisions == stale { // nothing was collected: the run learns from recorded data alone so far
		source, stale = &x.recorded.replay, 0
	}
	buffered := int(math.Round(c.NPG.BufferStarts * float64(n)))
	for i := range buffered {
		// Lanes after those of the initial states, so that the two draws share no number.
		fill(n-1-i, source, stale+key.Intn(rollout, uint32(n+i), source.decisions-stale))
	}
	if x.recorded.joined {
		for i := range min(n-buffered, int(math.Round(c.NPG.DataStarts*float64(n)))) { // rounding may want one too many
			fill(n-1-buffered-i, &x.recorded.replay, key.Intn(rollout, uint32(2*n+i), x.recorded.decisions))
		}
	}
	return starts
}
