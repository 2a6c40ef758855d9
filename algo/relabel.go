package algo

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/palmal-rl/palmal/nn"
)

// goalTask is a task whose episodes pursue goals. It can relabel an observation with another goal, and
// judge whether an episode reached its own.
type goalTask interface {
	nn.Task
	HasGoal() bool
	// EndsUnseen reports whether an episode may end in a state that its observation does not show.
	EndsUnseen() bool
	// HasSuccess reports whether Judge knows.
	HasSuccess() bool
	// Retarget relabels obs [O] with the goal that the observation goal [O] shows.
	Retarget(obs, goal []float64)
	// Judge is the success of an episode with the observations next [T,O] after its decisions.
	Judge(next []float64, repeat int, terminated bool) float64
}

// relabelMemory is the number of recent episodes whose missed goals may be pursued again.
const relabelMemory = 150

// relabelling is the choice of goals that episodes pursue instead of their own.
//
// Easy goals yield the same data repeatedly, and hard ones yield little: the policy then exploits the
// model's errors near hard goals. The policy may act under any goal, and the transitions that it
// collects are as true.
type relabelling struct {
	task   goalTask // nil: no relabelling
	share  float64  // fraction of episodes that are relabelled
	key    nn.Key
	repeat int
	ends   bool        // not every end shows in the last observation
	missed [][]float64 // first observations [O] of episodes that failed
}

// newRelabelling collects the goals that recent episodes missed.
func (g *Game) newRelabelling() *relabelling {
	p := &relabelling{share: g.config.Relabel, repeat: g.config.Repeat, ends: g.config.keepsEnds(g.task),
		key: nn.Key{Seed: g.config.Seed, Stream: nn.StreamRelabel}}
	if p.share == 0 {
		return p
	}
	p.task = g.task.(goalTask)
	episodes := g.data.replay.episodes
	// The world may no longer draw goals from before its last change.
	recent := min(relabelMemory, len(episodes), g.data.initial.count())
	for _, e := range episodes[len(episodes)-recent:] {
		obs := nn.Widen(make([]float64, len(e.observations)), e.observations)
		if p.judge(obs, p.ends && e.terminated || p.endsAt(obs)) < 1 {
			p.missed = append(p.missed, obs[:g.data.initial.width])
		}
	}
	return p
}

// checkRelabelling refuses to relabel episodes of a task without goals.
func (c Config) checkRelabelling(task nn.Task) error {
	if c.Relabel == 0 {
		return nil
	}
	name, _ := task.Identity()
	name, _, _ = strings.Cut(name, "@") // drops the digest of its files
	known, ok := task.(goalTask)
	if !ok || !known.HasGoal() {
		return Problem{"relabel", fmt.Sprintf("task %s has no goals", name)}
	}
	if !known.HasSuccess() {
		return Problem{"relabel", fmt.Sprintf("task %s has no formula that says which episodes succeed, so that none is known to miss its goal: write success in its task file", name)}
	}
	if reward, _ := learns(task); reward {
		return Problem{"relabel", fmt.Sprintf("the reward of task %s is learned, so that it is not known for other goals: write a formula, or a method in Python", name)}
	}
	return nil
}

// substitute separates the number of an episode from that of one in its place, see [ActFunc].
const substitute = 1 << 28

// goal returns the goal that an episode or one in its place pursues, as the first observation [O] of the episode that had it;
// nil: its own.
func (p *relabelling) goal(episode uint64) []float64 {
	const grain = 1 << 20
	episode %= substitute
	if len(p.missed) == 0 || float64(p.key.Intn(episode, 0, grain)) >= p.share*grain {
		return nil
	}
	return p.missed[p.key.Intn(episode, 1, len(p.missed))]
}

// actors wraps newActor so that its observations show the relabelled goal.
func (p *relabelling) actors(newActor func() ActFunc) func() ActFunc {
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

// retarget relabels observations [n,O] with the goal.
func (p *relabelling) retarget(observations []float32, goal []float64) {
	row := make([]float64, len(goal))
	for i := range len(observations) / len(row) {
		widenRow(row, observations, i)
		p.task.Retarget(row, goal)
		for j, x := range row {
			observations[i*len(row)+j] = float32(x)
		}
	}
}

// keepsEnds reports whether the buffer keeps which episodes terminated, since their last observations do not show it.
func (c Config) keepsEnds(task nn.Task) bool {
	known, ok := task.(goalTask)
	return c.Model.LearnEnd || c.Relabel > 0 && ok && known.EndsUnseen()
}

// relabel returns the episode with observations, rewards, end and success under the goal. Every environment
// step of a decision is rewarded like the last one, as in model paths.
func (p *relabelling) relabel(e Episode, goal []float64) Episode {
	unseen := p.ends && e.Terminated && !p.endsAt(nn.Widen(make([]float64, len(e.Observations)), e.Observations))
	e.Observations = slices.Clone(e.Observations)
	p.retarget(e.Observations, goal)
	obs, act := nn.Widen(make([]float64, len(e.Observations)), e.Observations), nn.Widen(make([]float64, len(e.Actions)), e.Actions)
	width := len(goal)
	decisions := len(obs)/width - 1
	terms := make([]float64, decisions*len(p.task.RewardTerms()))
	if err := nn.RewardRows(p.task, terms, obs[:decisions*width], act, obs[width:]); err != nil {
		for i := range terms { // found by the fit, and the world reports the cause
			terms[i] = math.NaN()
		}
	}
	for i := range terms {
		terms[i] *= float64(p.repeat)
	}
	e.Terminated = unseen || p.endsAt(obs)
	e.Rewards, e.Success = terms, p.judge(obs, e.Terminated)
	return e
}

// endsAt reports whether the last of an episode's observations [T+1,O] shows that it terminated.
func (p *relabelling) endsAt(obs []float64) bool {
	return p.task.Terminated(obs[len(obs)-len(p.task.ObservationKinds()):])
}

// judge returns the success of an episode of observations [T+1,O].
func (p *relabelling) judge(obs []float64, terminated bool) float64 {
	return p.task.Judge(obs[len(p.task.ObservationKinds()):], p.repeat, terminated)
}
