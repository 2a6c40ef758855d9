package algo

import (
	"fmt"

	"github.com/palmal-rl/palmal/nn"
)

// Adopt begins a new game with the networks of another one, which has the same task and shapes, instead of initial
// ones: those of both players, with what they scale their inputs by. Where there is no value network, it stays the
// game's own; so do data and counters.
func (g *Game) Adopt(groups map[string]nn.State) error {
	if g.iteration > 0 {
		return fmt.Errorf("adopt networks: the game is in iteration %d already", g.iteration)
	}
	if err := loadNetworks(g.model.networks(), groups); err != nil {
		return fmt.Errorf("adopt networks: %w", err)
	}
	if err := g.policy.load(groups); err != nil {
		return fmt.Errorf("adopt networks: %w", err)
	}
	g.model.fitted, g.adopted = true, true
	return nil
}

// settle lets the policy settle on first observations, unless its networks have settled elsewhere.
func (g *Game) settle(first *replay) error {
	if g.adopted {
		return nil
	}
	return g.policy.settle(first.transitions(learned{}).Observations)
}
