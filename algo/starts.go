package algo

import (
	"math"

	"github.com/palmal-rl/palmal/nn"
)

// initialStates are the first observations of all real episodes since the last change of the world
// that drew them from elsewhere, [n,O].
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

// drawStarts picks the states that model paths start from: initial states, and by the configured
// fraction intermediate states of the replay buffer (paper, section 3, remark 3: a wide initial
// distribution). An intermediate state keeps its time in the episode; it is of an episode whose initial
// state is still one.
func (g *Game) drawStarts() nn.Starts {
	c := g.config.NPG
	key := nn.Key{Seed: g.config.Seed, Stream: nn.StreamStarts}
	starts := g.initial.draw(c.StartsPerMember, key, g.rollouts)
	chosen := starts.Observations.Data().([]float32)
	stale := g.replay.decisionsBefore(g.initial.count())
	intermediate := int(math.Round(c.BufferStarts * float64(c.StartsPerMember)))
	for i := range intermediate {
		row := c.StartsPerMember - 1 - i
		// Lanes behind those of the initial states, so that the two draws share no number.
		k := key.Intn(g.rollouts, uint32(c.StartsPerMember+i), g.replay.decisions-stale)
		obs, time := g.replay.state(stale + k)
		copy(chosen[row*g.initial.width:(row+1)*g.initial.width], obs)
		starts.Times[row] = float32(time)
	}
	return starts
}
