package algo

import (
	"context"
	"fmt"

	"gorgonia.org/tensor"

	"github.com/palmal-rl/palmal/nn"
)

// Policy acts in the world: the part of a policy player that evaluations, films and diagnoses need. It
// does not change while it acts.
type Policy interface {
	// Mean returns a maker of actors, one for each worker, without noise.
	Mean() (func() ActFunc, error)
	// Explore returns a maker of actors that explore; key names the random numbers they draw.
	Explore(key nn.Key) (func() ActFunc, error)
}

// policyPlayer is the policy's side of the game: it acts in the world and improves in the learned model.
// The paper leaves the method open (algorithms 1 and 2, line 3: "RL, MPC, planning").
type policyPlayer interface {
	// settle takes the first observations [n,O] of the world, before the first move.
	settle(observations *tensor.Dense) error
	// improve is the player's move: π_{k+1} from π_k in the model.
	improve(ctx context.Context, t turn) error
	// acting is the policy as it is now.
	acting() (Policy, error)
	// reporting is the policy that is judged, and that a run hands on.
	reporting() (Policy, error)
	// describe adds the player's part to the record at the end of an iteration.
	describe(r *Record)
	// save returns the player's groups of a snapshot; load takes them from one.
	save() (map[string]nn.State, error)
	load(groups map[string]nn.State) error
	Close() error
}

// turn is what a policy player may use in a move.
type turn struct {
	model  *modelPlayer
	data   *experience
	record *Record
	stage  func(name Stage, work func() error) error
	meter  *meter

	samples int     // environment steps of the run before this iteration
	gamma   float64 // γ of this iteration
}

// Policy players.
const (
	PlayerNPG  = "npg"  // model-based natural policy gradient, the paper's
	PlayerPlan = "plan" // planning in the model at every decision
	// PlayerPathwise is natural gradient by the derivative of short model paths and their value.
	PlayerPathwise = "pathwise"
	// PlayerActorCritic is gradient ascent by the derivative of short model paths and of critics, which learn on the same paths.
	PlayerActorCritic = "actor-critic"
)

// Players lists the policy players.
func Players() []string { return []string{PlayerNPG, PlayerPlan, PlayerPathwise, PlayerActorCritic} }

// newPolicyPlayer makes the policy player of a configuration.
func newPolicyPlayer(c Config, backend nn.Backend, model *modelPlayer) (policyPlayer, error) {
	switch c.Policy.Player {
	case PlayerNPG:
		return made(newNaturalGradient(c, backend, model))
	case PlayerPlan:
		return made(newPlanPlayer(c, backend, model))
	case PlayerPathwise:
		return made(newPathwisePlayer(c, backend, model))
	case PlayerActorCritic:
		return made(newActorCriticPlayer(c, backend, model))
	}
	return nil, fmt.Errorf("policy.player %q: want one of %v", c.Policy.Player, Players())
}

// made is no player where there is an error, instead of an interface that holds nil.
func made[P policyPlayer](player P, err error) (policyPlayer, error) {
	if err != nil {
		return nil, err
	}
	return player, nil
}

// saveNetworks saves the networks of some groups of a snapshot.
func saveNetworks(networks map[string]nn.Network) (map[string]nn.State, error) {
	groups := map[string]nn.State{}
	for name, network := range networks {
		state, err := network.Save()
		if err != nil {
			return nil, fmt.Errorf("save %s: %w", name, err)
		}
		groups[name] = state
	}
	return groups, nil
}

// loadNetworks loads the networks of some groups of a snapshot.
func loadNetworks(networks map[string]nn.Network, groups map[string]nn.State) error {
	for name, network := range networks {
		if err := network.Load(groups[name]); err != nil {
			return fmt.Errorf("restore %s: %w", name, err)
		}
	}
	return nil
}
