package algo

import (
	"math"

	"github.com/palmal-rl/palmal/nn"
)

// initialStates are the first observations of all real episodes since the last change of the world
// that drew them from elsewhere, [n,O].
type initialStates struct {
	width    int // O
	states   []float32
	promised []float64 // [n] mean return of the last model paths from each, -Inf if there were none
}

func (s *initialStates) add(obs []float32) {
	s.states = append(s.states, obs[:s.width]...)
	s.promised = append(s.promised, math.Inf(-1))
}

func (s *initialStates) count() int { return len(s.states) / s.width }

// draw picks n of them with replacement; rollout numbers the draw.
func (s *initialStates) draw(n int, key nn.Key, rollout uint64) nn.Starts {
	return s.starts(s.picks(0, n, key, rollout))
}

// picks are n numbers of states, drawn with replacement by lanes from first on.
func (s *initialStates) picks(first, n int, key nn.Key, rollout uint64) []int {
	picks := make([]int, n)
	for i := range picks {
		picks[i] = key.Intn(rollout, uint32(first+i), s.count())
	}
	return picks
}

// starts are the picked states, at the beginning of their episodes.
func (s *initialStates) starts(picks []int) nn.Starts {
	chosen := make([]float32, 0, len(picks)*s.width)
	for _, k := range picks {
		chosen = append(chosen, s.states[k*s.width:(k+1)*s.width]...)
	}
	return nn.Starts{Observations: nn.Matrix(chosen, len(picks), s.width), Times: make([]float32, len(picks))}
}

// learn notes what the model promised from the picked states: returns [E·starts], of which those from
// picks come first in every member.
func (s *initialStates) learn(picks []int, returns []float64, starts int) {
	members := len(returns) / starts
	for i, k := range picks {
		s.promised[k] = 0
		for e := range members {
			s.promised[k] += returns[e*starts+i] / float64(members)
		}
	}
}

// drawStarts picks the states that model paths start from: initial states, and by the configured
// fraction intermediate states of the replay buffer (paper, section 3, remark 3: a wide initial
// distribution). An intermediate state keeps its time in the episode; it is of an episode whose initial
// state is still one. Initial states come first; picks are their numbers.
func (g *Game) drawStarts() (starts nn.Starts, picks []int) {
	c := g.config.NPG
	key := nn.Key{Seed: g.config.Seed, Stream: nn.StreamStarts}
	picks = g.initial.picks(0, c.StartsPerMember, key, g.rollouts)
	if c.HardStarts {
		g.preferHard(picks, key)
	}
	starts = g.initial.starts(picks)
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
	if c.OtherGoals {
		g.exchangeGoals(chosen[(c.StartsPerMember-intermediate)*g.initial.width:], key)
	}
	return starts, picks[:c.StartsPerMember-intermediate]
}

// preferHard draws every initial state a second time and takes of the two the one from which the model
// promised less: where the policy does well already, there is less to learn.
func (g *Game) preferHard(picks []int, key nn.Key) {
	// Lanes behind those of the first draw, of intermediate states and of their goals.
	for i, k := range g.initial.picks(3*len(picks), len(picks), key, g.rollouts) {
		if g.initial.promised[k] < g.initial.promised[picks[i]] {
			picks[i] = k
		}
	}
}

// goals is a task whose episodes pursue goals, and that knows what a state looks like to an episode
// with another one.
type goals interface {
	HasGoal() bool
	Retarget(obs, goal []float64)
}

// exchangeGoals gives every state of states [n,O] the goal of an initial state drawn at random: what
// a goal is worth can be learned from any state, whatever the episode that led there was after.
func (g *Game) exchangeGoals(states []float32, key nn.Key) {
	width := g.initial.width
	obs, goal := make([]float64, width), make([]float64, width)
	for i := range len(states) / width {
		// Lanes behind those of the starts.
		k := key.Intn(g.rollouts, uint32(2*g.config.NPG.StartsPerMember+i), g.initial.count())
		widenRow(obs, states, i)
		widenRow(goal, g.initial.states, k)
		g.task.(goals).Retarget(obs, goal)
		for j, x := range obs {
			states[i*width+j] = float32(x)
		}
	}
}
