package algo

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/palmal-rl/palmal/nn"
)

// Snapshot is everything that a run needs to go on exactly where it was: random numbers are pure
// functions of the counters in it.
type Snapshot struct {
	Iteration, Samples, Episodes int
	Changes                      int // of the world so far: a game that goes on from here needs the changed one
	Groups                       map[string]nn.State
}

// Groups of a snapshot.
const (
	GroupModel   = "model"
	GroupPolicy  = "policy"
	GroupValue   = "value"
	GroupReplay  = "replay"
	GroupGame    = "game"
	initialArray = "initial_states" // [n,O] in GroupGame
	worldArray   = "world"          // int64 [3] in GroupGame: changes of the world, n, dropped episodes
	// surpriseArray is [O] in GroupGame, where model.noise is used and something has been foreseen.
	surpriseArray = "surprise"
)

// Check refuses a snapshot whose counts are not those that the game in it kept.
func (s Snapshot) Check() error {
	state := s.Groups[GroupGame]
	counters, err := state.Counters(nn.StateCounters, 8)
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
	kept := [...]int64{counters[0], counters[1], counters[2], known[0]}
	for i, what := range [...]string{"iteration", "samples", "episodes", "changes of the world"} {
		if int64(said[i]) != kept[i] {
			return fmt.Errorf("%s is %d, the game had %d", what, said[i], kept[i])
		}
	}
	return nil
}

// Save takes a snapshot between two iterations.
func (g *Game) Save() (Snapshot, error) {
	s := Snapshot{Iteration: g.iteration, Samples: g.samples, Episodes: int(g.episodes), Changes: g.changes, Groups: map[string]nn.State{}}
	for name, network := range g.networks() {
		state, err := network.Save()
		if err != nil {
			return Snapshot{}, fmt.Errorf("save %s: %w", name, err)
		}
		s.Groups[name] = state
	}
	if replay := g.replay.save(); replay != nil {
		s.Groups[GroupReplay] = replay
	}
	fitted := int64(0)
	if g.fitted {
		fitted = 1
	}
	state := nn.State{{Name: nn.StateCounters, Value: nn.Integers([]int64{
		int64(g.iteration), int64(g.samples), int64(g.episodes), int64(g.rollouts), fitted,
		int64(len(g.replay.episodes)), int64(g.replay.fresh), int64(g.reached)})},
		{Name: worldArray, Value: nn.Integers([]int64{int64(g.changes), int64(g.initial.count()), int64(g.dropped)})}}
	if n := len(g.initial.states); n > 0 {
		state = append(state, nn.Array{Name: initialArray,
			Value: nn.Matrix(append([]float32(nil), g.initial.states...), n/g.initial.width, g.initial.width)})
	}
	if g.surprise != nil {
		state = append(state, nn.Array{Name: surpriseArray, Value: nn.Matrix(slices.Clone(g.surprise), len(g.surprise))})
	}
	s.Groups[GroupGame] = state
	return s, nil
}

// Restore puts the game where the snapshot was taken. The configuration and the shapes must be the
// same, and the world must have seen the same changes; the backend may be another.
func (g *Game) Restore(s Snapshot) error {
	for name, network := range g.networks() {
		if err := network.Load(s.Groups[name]); err != nil {
			return fmt.Errorf("restore %s: %w", name, err)
		}
	}
	counters, err := s.Groups[GroupGame].Counters(nn.StateCounters, 8)
	if err != nil {
		return fmt.Errorf("restore game: %w", err)
	}
	if err := g.replay.load(s.Groups[GroupReplay], int(counters[5]), int(counters[6])); err != nil {
		return fmt.Errorf("restore replay: %w", err)
	}
	g.iteration, g.samples = int(counters[0]), int(counters[1])
	g.episodes, g.rollouts, g.fitted = uint64(counters[2]), uint64(counters[3]), counters[4] == 1
	g.reached = int(counters[7])
	if err := cmp.Or(g.restoreWorld(s.Groups[GroupGame]), g.restoreSurprise(s.Groups[GroupGame])); err != nil {
		return fmt.Errorf("restore game: %w", err)
	}
	policy, err := PolicyFromState(g.policy.Shape(), s.Groups[GroupPolicy])
	if err != nil {
		return fmt.Errorf("restore policy: %w", err)
	}
	g.theta = append([]float32(nil), policy.Parameters...)
	g.shift = append([]float32(nil), policy.Shift...)
	g.scale = append([]float32(nil), policy.Scale...)
	return nil
}

// restoreWorld takes up what the game knows of its world. Snapshots of older programs hold every
// initial state and know of no change.
func (g *Game) restoreWorld(state nn.State) error {
	known := []int64{0, int64(g.episodes), 0}
	if holds(state, worldArray) {
		var err error
		if known, err = state.Counters(worldArray, len(known)); err != nil {
			return err
		}
	}
	g.changes, g.dropped, g.initial.states = int(known[0]), int(known[2]), nil
	if known[1] == 0 {
		return nil
	}
	starts, err := state.Float32s(initialArray, int(known[1]), g.initial.width)
	g.initial.states = append(g.initial.states, starts...)
	return err
}

// restoreSurprise takes up the model's error, where it is known.
func (g *Game) restoreSurprise(state nn.State) error {
	g.surprise = nil
	if !holds(state, surpriseArray) {
		return nil
	}
	squares, err := state.Float32s(surpriseArray, g.initial.width)
	g.surprise = slices.Clone(squares)
	return err
}

func holds(state nn.State, name string) bool {
	return slices.ContainsFunc(state, func(a nn.Array) bool { return a.Name == name })
}

func (g *Game) networks() map[string]nn.Network {
	return map[string]nn.Network{GroupModel: g.model, GroupPolicy: g.policy, GroupValue: g.value}
}
