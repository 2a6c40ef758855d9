package algo

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"gorgonia.org/tensor"

	"github.com/palmal-rl/palmal/nn"
)

// recorded are episodes of the task that were recorded elsewhere. They are true whoever acted, so that the model
// player learns from them as from its own data: at once where it aggregates all data, as in MAL; where it keeps
// recent data only, as in PAL, once the present model's loss on them is not out of line with its loss on fresh
// data, since they may come from another world.
type recorded struct {
	replay
	joined bool
}

// DataRecord says how recorded data stand with the model.
type DataRecord struct {
	Rows   int    `json:"rows"`   // recorded transitions
	Loss   Number `json:"loss"`   // the model's loss on them before they joined; null where it was not asked
	Joined bool   `json:"joined"` // the model was fitted to them
}

// newRecorded checks recorded episodes and lays them out. Rewards are computed where none were recorded.
func newRecorded(c Config, task nn.Task, episodes []Episode) (recorded, error) {
	low, _ := task.ActionBox()
	r := recorded{replay: newReplay(len(task.ObservationKinds()), len(low), 0)}
	r.mirrors = c.mirrors(task)
	for i, e := range episodes {
		n := len(e.Actions) / r.action
		if n < 1 || len(e.Observations) != (n+1)*r.observation || len(e.Actions) != n*r.action {
			return r, fmt.Errorf("recorded episode %d: %d observation and %d action numbers, want (T+1)·%d and T·%d", i, len(e.Observations), len(e.Actions), r.observation, r.action)
		}
		if e.Rewards == nil {
			e.Rewards = scored(c, task, e, n)
		}
		rewards := newStatistics(task).perDecision(e.Rewards)
		for _, x := range rewards {
			if c.Model.LearnReward && x-x != 0 {
				return r, fmt.Errorf("recorded episode %d holds no rewards, which the model has to learn", i)
			}
		}
		r.add(episode{observations: e.Observations, actions: e.Actions, rewards: rewards, samples: e.Samples, terminated: e.Terminated})
	}
	return r, nil
}

// scored computes the rewards [T,R] of a recorded episode, each environment step of a decision as the last one.
func scored(c Config, task nn.Task, e Episode, decisions int) []float64 {
	obs, act := nn.Widen(make([]float64, len(e.Observations)), e.Observations), nn.Widen(make([]float64, len(e.Actions)), e.Actions)
	width, inputs, terms := len(obs)/(decisions+1), len(act)/decisions, len(task.RewardTerms())
	rewards := make([]float64, decisions*terms)
	for t := range decisions {
		task.Rewards(rewards[t*terms:(t+1)*terms], obs[t*width:(t+1)*width], act[t*inputs:(t+1)*inputs], obs[(t+1)*width:(t+2)*width])
	}
	for i := range rewards {
		rewards[i] *= float64(c.Repeat)
		if c.Model.LearnReward {
			rewards[i] = math.NaN() // what the task's functions say is not what was rewarded
		}
	}
	return rewards
}

// errNoData refuses to learn from nothing.
var errNoData = errors.New("samples is 0, which is learning from recorded data alone, and there are none")

// offline reports whether a run collects no data of its own.
func (c Config) offline() bool { return c.Samples == 0 }

// Recorded is the number of recorded decisions that the game learns from.
func (g *Game) Recorded() int { return g.data.recorded.decisions }

// beginOffline takes what the first collection gives from recorded data: initial states, and the observations
// on which the policy settles, unless it has.
func (g *Game) beginOffline() error {
	for _, e := range g.data.recorded.episodes {
		g.data.initial.add(e.observations)
	}
	if g.config.Policy.Clone > 0 {
		return nil
	}
	return g.settle(&g.data.recorded.replay)
}

// skipCollection records that an iteration sampled nothing.
func (g *Game) skipCollection() {
	none := Number(math.NaN())
	g.record.Sampled = Evaluation{Return: none, CILow: none, CIHigh: none, Std: none, Min: none, Max: none, Length: none, Success: none}
}

// joined are the episodes that are learned from: recorded ones first, once they have joined.
func (x *experience) joined() []episode {
	if !x.recorded.joined {
		return x.replay.episodes
	}
	return slices.Concat(x.recorded.episodes, x.replay.episodes)
}

// fitted lays out all data to which the model is fitted, with their images.
func (x *experience) fitted(of learned) nn.Transitions { return x.replay.columns(x.joined(), true, of) }

// observations are those of the same data, [n,O], without images.
func (x *experience) observations() *tensor.Dense {
	return x.replay.columns(x.joined(), false, learned{}).Observations
}

// admit decides whether recorded data join those that the model is fitted to.
func (m *modelPlayer) admit(x *experience, r *ModelRecord) error {
	d := &x.recorded
	if d.decisions == 0 {
		return nil
	}
	r.Data = &DataRecord{Rows: d.decisions, Loss: Number(math.NaN())}
	switch {
	case d.joined:
	case x.replay.capacity == 0 || len(x.replay.episodes) == 0:
		d.joined = true
	case m.fitted && r.LossFresh == r.LossFresh:
		losses, err := m.backend.ModelLoss(m.ensemble, d.transitions(m.config.learned()))
		if errors.Is(err, nn.ErrDiverged) { // further out of line than numbers reach
			return nil
		}
		if err != nil {
			return err
		}
		r.Data.Loss = Number(mean(losses))
		d.joined = float64(r.Data.Loss) <= m.config.DataTolerance*float64(r.LossFresh)
	}
	r.Data.Joined = d.joined
	return nil
}

// recordedArray is int64 [2] in GroupGame, where there are recorded data: decisions, joined.
const recordedArray = "recorded"

// save adds the state of recorded data, which do not change themselves.
func (d *recorded) saveTo(state nn.State) nn.State {
	if d.decisions == 0 {
		return state
	}
	joined := int64(0)
	if d.joined {
		joined = 1
	}
	return append(state, nn.Array{Name: recordedArray, Value: nn.Integers([]int64{int64(d.decisions), joined})})
}

// restore restores it, and refuses other data than the game had.
func (d *recorded) restore(state nn.State) error {
	known := []int64{0, 0}
	if holds(state, recordedArray) {
		var err error
		if known, err = state.Counters(recordedArray, len(known)); err != nil {
			return err
		}
	}
	if int64(d.decisions) != known[0] {
		return fmt.Errorf("%d recorded decisions, the game had %d", d.decisions, known[0])
	}
	d.joined = known[1] == 1
	return nil
}

// EpisodesOf returns the episodes that a snapshot's buffer holds, rewards as sums [T,1] of their terms. They end
// as the task says of their last state.
func EpisodesOf(c Config, task nn.Task, s Snapshot) ([]Episode, error) {
	shapes := ShapesOf(c, task)
	buffer := newReplay(shapes.Policy.Observation, shapes.Policy.Action, 0)
	buffer.ends = c.keepsEnds(task)
	known, err := readCounters(s.Groups[GroupGame])
	if err == nil {
		err = buffer.load(s.Groups[GroupReplay], int(known.held), 0)
	}
	if err != nil {
		return nil, fmt.Errorf("buffer: %w", err)
	}
	var all []Episode
	for _, e := range buffer.episodes {
		last := e.observations[len(e.observations)-buffer.observation:]
		all = append(all, Episode{Observations: e.observations, Actions: e.actions, Samples: e.samples, Success: math.NaN(),
			Rewards: nn.Widen(make([]float64, len(e.rewards)), e.rewards), Terminated: e.terminated || task.Terminated(nn.Widen(make([]float64, len(last)), last))})
	}
	return all, nil
}
