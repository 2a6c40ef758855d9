package algo

import (
	"context"
	"fmt"
)

// Perturbation is what a record tells of a world that changed before its iteration.
type Perturbation struct {
	Samples int      `json:"samples"` // environment steps at which the world changed
	Changes []string `json:"changes"` // what changed, in the words of who changed it
	// Evaluation is the policy of the iteration before in the changed world: how far it fell.
	Evaluation *Evaluation `json:"evaluation,omitempty"`
}

// ChangeWorld puts another world of the same task in the place of the present one, between two
// iterations. Networks and data stay. With freshStarts, initial states that were recorded so far
// are not used again, nor are other states of their episodes as starts of model paths, since episodes
// do not begin and go on so any more; the next iteration then begins by collecting new ones. change says in words what changed.
//
// The present world stays open, and is the caller's to close.
func (g *Game) ChangeWorld(world World, change string, freshStarts bool) error {
	if world.ActionRepeat() != g.world.ActionRepeat() || world.Horizon() != g.world.Horizon() {
		return fmt.Errorf("change of the world, %s: action repeat %d and horizon %d become %d and %d", change,
			g.world.ActionRepeat(), g.world.Horizon(), world.ActionRepeat(), world.Horizon())
	}
	g.world = world
	g.changes++
	g.reached = 0 // in another world
	if freshStarts {
		g.data.initial.states = nil
	}
	if g.perturbation == nil {
		g.perturbation = &Perturbation{Samples: g.samples}
	}
	g.perturbation.Changes = append(g.perturbation.Changes, change)
	return nil
}

// Changes is the number of times that the world was changed, also before a restored snapshot.
func (g *Game) Changes() int { return g.changes }

// Dropped is the number of episodes that the world could not play and replaced by others, in
// training and evaluation.
func (g *Game) Dropped() int { return g.dropped }

// meetChange books a world that changed since the last iteration, evaluates the policy in it as it
// is, and collects data if no known state is a start of an episode there.
func (g *Game) meetChange(ctx context.Context) error {
	if g.perturbation == nil {
		return nil
	}
	g.record.Perturbation, g.perturbation = g.perturbation, nil
	if e := g.config.Evaluation; e.Every > 0 {
		if err := g.stage(StageEvaluate, func() error {
			result, err := g.evaluate(ctx)
			result.Samples = g.record.Perturbation.Samples
			g.record.Perturbation.Evaluation = &result
			return err
		}); err != nil {
			return err
		}
	}
	if len(g.data.initial.states) > 0 {
		return nil
	}
	return g.collect(ctx)
}
