package algo

import (
	"fmt"

	"gorgonia.org/tensor"

	"github.com/palmal-rl/palmal/nn"
)

// episode is one episode of real experience with T decisions.
type episode struct {
	observations []float32 // [T+1,O]
	actions      []float32 // [T,A]
	rewards      []float32 // [T] sum of the terms
	samples      int       // environment steps
	terminated   bool      // the last step ended it
	images       []episode // under the task's symmetries, see mirrors
}

// decisions is T.
func (e episode) decisions() int { return len(e.rewards) }

// replay is the replay buffer: whole episodes, oldest first. PAL keeps the recent ones only, MAL all.
type replay struct {
	observation, action int // O, A
	capacity            int // environment steps; 0: no limit
	episodes            []episode
	samples             int  // environment steps held
	decisions           int  // transitions held
	fresh               int  // newest episodes, to which no model was fitted yet
	ends                bool // whether a state keeps which episodes terminated
	limit               int  // decisions after which time begins again, as in recorded episodes that outlast the task's; 0: none
	mirrors             *mirrors
}

func newReplay(observation, action, capacity int) replay {
	return replay{observation: observation, action: action, capacity: capacity}
}

// add appends an episode and discards the oldest while the buffer is over its capacity. The newest
// stays, however long it is.
func (r *replay) add(e episode) {
	e.images = r.mirrors.imagesOf(e)
	r.episodes = append(r.episodes, e)
	r.samples += e.samples
	r.decisions += e.decisions()
	r.fresh++
	for r.capacity > 0 && r.samples > r.capacity && len(r.episodes) > 1 {
		r.samples -= r.episodes[0].samples
		r.decisions -= r.episodes[0].decisions()
		r.episodes[0] = episode{}
		r.episodes = r.episodes[1:]
	}
	r.fresh = min(r.fresh, len(r.episodes))
}

// transitions lays all transitions out as columns.
func (r *replay) transitions(of learned) nn.Transitions {
	return r.columns(r.episodes, false, of)
}

// learned says what else than observations a model learns.
type learned struct{ reward, end bool }

// learned is what the model of a configuration learns.
func (c Config) learned() learned { return learned{c.Model.LearnReward, c.Model.LearnEnd} }

// freshTransitions lays out those to which no model was fitted yet.
func (r *replay) freshTransitions(of learned) nn.Transitions {
	return r.columns(r.episodes[len(r.episodes)-r.fresh:], false, of)
}

// columns lays out the transitions of episodes, each followed by its images where they are wanted.
func (r *replay) columns(episodes []episode, images bool, of learned) nn.Transitions {
	n := 0
	for _, e := range episodes {
		if n += e.decisions(); images {
			n += e.decisions() * len(e.images)
		}
	}
	obs, next := make([]float32, 0, n*r.observation), make([]float32, 0, n*r.observation)
	act := make([]float32, 0, n*r.action)
	reward, ended := make([]float32, 0, n), make([]float32, 0, n)
	for _, e := range episodes {
		all := []episode{e}
		if images {
			all = append(all, e.images...)
		}
		for t := range e.decisions() {
			for _, one := range all {
				obs = append(obs, one.observations[t*r.observation:(t+1)*r.observation]...)
				next = append(next, one.observations[(t+1)*r.observation:(t+2)*r.observation]...)
				act = append(act, one.actions[t*r.action:(t+1)*r.action]...)
				if reward, ended = append(reward, one.rewards[t]), append(ended, 0); one.terminated && t == one.decisions()-1 {
					ended[len(ended)-1] = 1
				}
			}
		}
	}
	columns := nn.Transitions{Observations: nn.Matrix(obs, n, r.observation),
		Actions: nn.Matrix(act, n, r.action), Next: nn.Matrix(next, n, r.observation)}
	if of.reward {
		columns.Rewards = nn.Matrix(reward, n)
	}
	if of.end {
		columns.Ended = nn.Matrix(ended, n)
	}
	return columns
}

// earned is the mean reward of an environment step of the newest episodes that have this many; NaN where there are none.
func (r *replay) earned(samples int) float64 {
	sum, n := 0.0, 0
	for i := len(r.episodes) - 1; i >= 0 && n < samples; i-- {
		for _, reward := range r.episodes[i].rewards {
			sum += float64(reward)
		}
		n += r.episodes[i].samples
	}
	return sum / float64(n)
}

// state finds decision i of the buffer, counted from the oldest: the observation before it [O] and
// its time in the episode.
func (r *replay) state(i int) ([]float32, int) {
	for _, e := range r.episodes {
		if i < e.decisions() {
			time := i
			if r.limit > 0 {
				time %= r.limit // no path starts after the end of an episode
			}
			return e.observations[i*r.observation : (i+1)*r.observation], time
		}
		i -= e.decisions()
	}
	return nil, 0
}

// decisionsBefore counts the decisions of all episodes except the newest ones, of which there are newest.
func (r *replay) decisionsBefore(newest int) int {
	n := 0
	for _, e := range r.episodes[:max(0, len(r.episodes)-newest)] {
		n += e.decisions()
	}
	return n
}

// Names of the arrays in a replay's state.
const (
	replayObservations = "observations" // [Σ(T+1),O]
	replayActions      = "actions"      // [ΣT,A]
	replayRewards      = "rewards"      // [ΣT]
	replayEpisodes     = "episodes"     // int64 [episodes,2]: decisions, environment steps
	replayTerminated   = "terminated"   // int64 [episodes]: 1 where the last step ended it; see Config.keepsEnds
)

// save lays the buffer out as arrays; none if it is empty.
func (r *replay) save() nn.State {
	if len(r.episodes) == 0 {
		return nil
	}
	var obs, act, reward []float32
	var table, ends []int64
	for _, e := range r.episodes {
		obs = append(obs, e.observations...)
		act = append(act, e.actions...)
		reward = append(reward, e.rewards...)
		table = append(table, int64(e.decisions()), int64(e.samples))
		if ends = append(ends, 0); e.terminated {
			ends[len(ends)-1] = 1
		}
	}
	state := nn.State{
		{Name: replayObservations, Value: nn.Matrix(obs, len(obs)/r.observation, r.observation)},
		{Name: replayActions, Value: nn.Matrix(act, len(act)/r.action, r.action)},
		{Name: replayRewards, Value: nn.Matrix(reward, len(reward))},
		{Name: replayEpisodes, Value: tensor.New(tensor.WithShape(len(table)/2, 2), tensor.WithBacking(table))},
	}
	if r.ends {
		state = append(state, nn.Array{Name: replayTerminated, Value: tensor.New(tensor.WithShape(len(ends)), tensor.WithBacking(ends))})
	}
	return state
}

// endings reads which episodes terminated.
func (r *replay) endings(state nn.State, episodes int) ([]int64, error) {
	if !r.ends {
		return make([]int64, episodes), nil
	}
	ends, err := state.Find(replayTerminated, tensor.Int64, episodes)
	if err != nil {
		return nil, err
	}
	return ends.Data().([]int64), nil
}

// load replaces the buffer with a saved one.
func (r *replay) load(state nn.State, episodes, fresh int) error {
	loaded := newReplay(r.observation, r.action, 0)
	loaded.ends, loaded.mirrors = r.ends, r.mirrors
	if episodes == 0 {
		loaded.capacity = r.capacity
		*r = loaded
		return nil
	}
	table, err := state.Find(replayEpisodes, tensor.Int64, episodes, 2)
	if err != nil {
		return err
	}
	rows := table.Data().([]int64)
	total := 0
	for i := range episodes {
		total += int(rows[2*i])
	}
	obs, err := state.Float32s(replayObservations, total+episodes, r.observation)
	if err != nil {
		return err
	}
	act, err := state.Float32s(replayActions, total, r.action)
	if err != nil {
		return err
	}
	reward, err := state.Float32s(replayRewards, total)
	if err != nil {
		return err
	}
	ends, err := r.endings(state, episodes)
	if err != nil {
		return err
	}
	for i := range episodes {
		n := int(rows[2*i])
		if n < 1 || n > len(reward) {
			return fmt.Errorf("episode %d: %d decisions", i, n)
		}
		loaded.add(episode{observations: obs[:(n+1)*r.observation], actions: act[:n*r.action],
			rewards: reward[:n], samples: int(rows[2*i+1]), terminated: ends[i] != 0})
		obs, act, reward = obs[(n+1)*r.observation:], act[n*r.action:], reward[n:]
	}
	loaded.capacity, loaded.fresh = r.capacity, fresh
	*r = loaded
	return nil
}
