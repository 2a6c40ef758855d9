package algo

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/palmal-rl/palmal/nn"
)

// Snapshot is everything that a run needs to continue exactly: random numbers are pure functions of the
// counters in it.
type Snapshot struct {
	Iteration, Samples, Episodes int
	Trained                      int // environment steps that produced the policy, without those sampled after it
	Changes                      int // changes of the world so far: a game that continues from here needs the changed one
	Groups                       map[string]nn.State
}

// Groups of a snapshot.
const (
	GroupModel   = "model"
	GroupPolicy  = "policy"
	GroupValue   = "value"
	GroupAverage = "average"    // the averaged policy
	GroupSlow    = "slow-value" // the pathwise player's slow copy of the value network
	GroupCritics = "critics"    // the actor-critic player's critics
	GroupReplay  = "replay"
	GroupGame    = "game"
	initialArray = "initial_states" // [n,O] in GroupGame
	worldArray   = "world"          // int64 [3] in GroupGame: changes of the world, n, dropped episodes
	// residualArray is [O] in GroupGame, where model.noise is used and a residual has been measured.
	residualArray = "surprise"
)

// Check refuses a snapshot whose counts contradict the counters of the game in it.
func (s Snapshot) Check() error {
	state := s.Groups[GroupGame]
	c, err := readCounters(state)
	if err != nil {
		return fmt.Errorf("game: %w", err)
	}
	known := []int64{0}
	if holds(state, worldArray) { // snapshots of older programs know of no change
		if known, err = state.Counters(worldArray, 3); err != nil {
			return fmt.Errorf("game: %w", err)
		}
	}
	said := [...]int{s.Iteration, s.Samples, s.Episodes, s.Changes}
	kept := [...]int64{c.iteration, c.samples, c.episodes, known[0]}
	for i, what := range [...]string{"iteration", "samples", "episodes", "changes of the world"} {
		if int64(said[i]) != kept[i] {
			return fmt.Errorf("%s is %d, the game had %d", what, said[i], kept[i])
		}
	}
	return nil
}

// Save takes a snapshot between two iterations.
func (g *Game) Save() (Snapshot, error) {
	s := Snapshot{Iteration: g.iteration, Samples: g.samples, Episodes: int(g.episodes), Trained: g.trained, Changes: g.changes, Groups: map[string]nn.State{}}
	policy, err := g.policy.save()
	if err != nil {
		return Snapshot{}, err
	}
	model, err := saveNetworks(g.model.networks())
	if err != nil {
		return Snapshot{}, err
	}
	maps.Copy(s.Groups, policy)
	maps.Copy(s.Groups, model)
	if replay := g.data.replay.save(); replay != nil {
		s.Groups[GroupReplay] = replay
	}
	s.Groups[GroupGame] = g.saveGame()
	return s, nil
}

// saveGame saves what neither player holds, and the model player's counters.
func (g *Game) saveGame() nn.State {
	state := nn.State{{Name: nn.StateCounters, Value: nn.Integers(g.counters().values())},
		{Name: worldArray, Value: nn.Integers([]int64{int64(g.changes), int64(g.data.initial.count()), int64(g.dropped)})}}
	if n := len(g.data.initial.states); n > 0 {
		state = append(state, nn.Array{Name: initialArray,
			Value: nn.Matrix(append([]float32(nil), g.data.initial.states...), n/g.data.initial.width, g.data.initial.width)})
	}
	state = g.data.recorded.saveTo(state)
	if s := g.model.residual; s != nil {
		state = append(state, nn.Array{Name: residualArray, Value: nn.Matrix(slices.Clone(s), len(s))})
	}
	if g.limits != nil {
		state = append(state, nn.Array{Name: ledgerArray, Value: nn.Integers(g.ledger.save())})
	}
	if g.price != nil {
		state = append(state, nn.Array{Name: priceArray, Value: nn.Integers(g.price.save())})
	}
	return state
}

// counters are the numbers of a game on which its random draws and its end depend.
type counters struct{ iteration, samples, episodes, rollouts, fitted, held, fresh, reached int64 }

// inOrder lists them in the order of a snapshot.
func (c *counters) inOrder() []*int64 {
	return []*int64{&c.iteration, &c.samples, &c.episodes, &c.rollouts, &c.fitted, &c.held, &c.fresh, &c.reached}
}

func (c counters) values() []int64 {
	var values []int64
	for _, at := range c.inOrder() {
		values = append(values, *at)
	}
	return values
}

// readCounters reads them from a snapshot.
func readCounters(state nn.State) (counters, error) {
	var c counters
	values, err := state.Counters(nn.StateCounters, len(c.inOrder()))
	for i, x := range values {
		*c.inOrder()[i] = x
	}
	return c, err
}

// counters are those of the game now.
func (g *Game) counters() counters {
	fitted := int64(0)
	if g.model.fitted {
		fitted = 1
	}
	return counters{iteration: int64(g.iteration), samples: int64(g.samples), episodes: int64(g.episodes),
		rollouts: int64(g.model.rollouts), fitted: fitted, held: int64(len(g.data.replay.episodes)),
		fresh: int64(g.data.replay.fresh), reached: int64(g.reached)}
}

// Restore restores the game of a snapshot. Configuration, shapes and changes of the world must be the
// same; the backend may be another.
func (g *Game) Restore(s Snapshot) error {
	if err := loadNetworks(g.model.networks(), s.Groups); err != nil {
		return err
	}
	c, err := readCounters(s.Groups[GroupGame])
	if err != nil {
		return fmt.Errorf("restore game: %w", err)
	}
	if err := g.data.restore(s, c); err != nil {
		return err
	}
	g.iteration, g.samples, g.episodes, g.reached = int(c.iteration), int(c.samples), uint64(c.episodes), int(c.reached)
	g.trained = s.Trained
	g.model.rollouts, g.model.fitted = uint64(c.rollouts), c.fitted == 1
	if err := cmp.Or(g.restoreWorld(s.Groups[GroupGame]), g.restoreResidual(s.Groups[GroupGame]), g.restoreLedger(s.Groups[GroupGame])); err != nil {
		return fmt.Errorf("restore game: %w", err)
	}
	own, err := g.policy.save()
	if err != nil {
		return err
	}
	if own[GroupValue] != nil && s.Groups[GroupValue] == nil {
		return fmt.Errorf("restore %s: there is none", GroupValue)
	}
	return g.policy.load(s.Groups)
}

// restoreWorld restores what the game knows about its world. Snapshots of older programs hold every
// initial state and no change.
func (g *Game) restoreWorld(state nn.State) error {
	known := []int64{0, int64(g.episodes), 0}
	if holds(state, worldArray) {
		var err error
		if known, err = state.Counters(worldArray, len(known)); err != nil {
			return err
		}
	}
	g.changes, g.dropped, g.data.initial.states = int(known[0]), int(known[2]), nil
	if known[1] == 0 {
		return nil
	}
	starts, err := state.Float32s(initialArray, int(known[1]), g.data.initial.width)
	g.data.initial.states = append(g.data.initial.states, starts...)
	return err
}

// restoreResidual restores the model's residual, where it is known.
func (g *Game) restoreResidual(state nn.State) error {
	g.model.residual = nil
	if !holds(state, residualArray) {
		return nil
	}
	squares, err := state.Float32s(residualArray, g.data.initial.width)
	g.model.residual = slices.Clone(squares)
	return err
}

// restoreLedger restores the promises, where the task names limits.
func (g *Game) restoreLedger(state nn.State) error {
	if g.limits == nil {
		return nil
	}
	return errors.Join(g.ledger.load(state), g.price.load(state))
}

func holds(state nn.State, name string) bool {
	return slices.ContainsFunc(state, func(a nn.Array) bool { return a.Name == name })
}
