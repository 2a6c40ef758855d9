package algo

import (
	"fmt"
	"slices"

	"github.com/palmal-rl/palmal/nn"
)

// pursuit is a task whose episodes pursue goals. It knows what a state looks like to an episode with
// another goal, and whether an episode reached its own.
type pursuit interface {
	nn.Task
	HasGoal() bool
	// Retarget turns obs [O] into what it is in an episode with the goal that the observation goal [O] shows.
	Retarget(obs, goal []float64)
	// Judge is the success of an episode with the observations next [T,O] after its decisions.
	Judge(next []float64, repeat int, terminated bool) float64
}

// practiceMemory is the number of recent episodes whose goals are practised if they were missed.
const practiceMemory = 150

// practice is the goals that episodes are to pursue instead of their own.
//
// Goals that are reached easily bring the same data again and again, and those that are not, few: a
// policy that is improved in the model then finds what the model does not know about the states near
// them. The policy may pretend to have any goal, and what it meets on the way is as true.
type practice struct {
	task   pursuit // nil: there is none
	share  float64 // of episodes
	key    nn.Key
	repeat int
	missed [][]float64 // first observations [O] of episodes that failed
}

// newPractice collects the goals that were missed of late.
func (g *Game) newPractice() *practice {
	p := &practice{share: g.config.Practice, repeat: g.config.Repeat,
		key: nn.Key{Seed: g.config.Seed, Stream: nn.StreamPractice}}
	if p.share == 0 {
		return p
	}
	p.task = g.task.(pursuit)
	episodes := g.data.replay.episodes
	// Goals of before a change of the world may no longer be drawn.
	recent := min(practiceMemory, len(episodes), g.data.initial.count())
	for _, e := range episodes[len(episodes)-recent:] {
		obs := nn.Widen(make([]float64, len(e.observations)), e.observations)
		if p.judge(obs) < 1 {
			p.missed = append(p.missed, obs[:g.data.initial.width])
		}
	}
	return p
}

// checkPractice refuses to practise what has no goals.
func (c Config) checkPractice(task nn.Task) error {
	if c.Practice == 0 {
		return nil
	}
	if known, ok := task.(pursuit); !ok || !known.HasGoal() {
		name, _ := task.Identity()
		return fmt.Errorf("practice: task %s has no goals", name)
	}
	return nil
}

// goal is the first observation [O] of the episode whose goal the one of that number pursues; nil: it
// pursues its own.
func (p *practice) goal(episode uint64) []float64 {
	const grain = 1 << 20
	if len(p.missed) == 0 || float64(p.key.Intn(episode, 0, grain)) >= p.share*grain {
		return nil
	}
	return p.missed[p.key.Intn(episode, 1, len(p.missed))]
}

// actors makes of actors such as see the goal that the episode is to pursue.
func (p *practice) actors(newActor func() ActFunc) func() ActFunc {
	if len(p.missed) == 0 {
		return newActor
	}
	return func() ActFunc {
		act := newActor()
		var seen []float32
		return func(episode uint64, t int, obs, action []float32) {
			if goal := p.goal(episode); goal != nil {
				seen = append(seen[:0], obs...)
				p.retarget(seen, goal)
				obs = seen
			}
			act(episode, t, obs, action)
		}
	}
}

// retarget rewrites observations [n,O].
func (p *practice) retarget(observations []float32, goal []float64) {
	row := make([]float64, len(goal))
	for i := range len(observations) / len(row) {
		widenRow(row, observations, i)
		p.task.Retarget(row, goal)
		for j, x := range row {
			observations[i*len(row)+j] = float32(x)
		}
	}
}

// outcome is what the episode would have been like with the goal: other observations, rewards and
// success. A reward is that of the last step of a decision, as in model paths.
func (p *practice) outcome(e Episode, goal []float64) Episode {
	e.Observations = slices.Clone(e.Observations)
	p.retarget(e.Observations, goal)
	obs, act := nn.Widen(make([]float64, len(e.Observations)), e.Observations), nn.Widen(make([]float64, len(e.Actions)), e.Actions)
	width := len(goal)
	decisions := len(obs)/width - 1
	terms := make([]float64, decisions*len(p.task.RewardTerms()))
	inputs, rewards := len(act)/decisions, len(terms)/decisions
	for t := range decisions {
		p.task.Rewards(terms[t*rewards:(t+1)*rewards], obs[t*width:(t+1)*width], act[t*inputs:(t+1)*inputs], obs[(t+1)*width:(t+2)*width])
	}
	for i := range terms {
		terms[i] *= float64(p.repeat)
	}
	e.Rewards, e.Success = terms, p.judge(obs)
	return e
}

// judge is the success of an episode of observations [T+1,O].
func (p *practice) judge(obs []float64) float64 {
	width := len(p.task.ObservationKinds())
	return p.task.Judge(obs[width:], p.repeat, p.task.Terminated(obs[len(obs)-width:]))
}
