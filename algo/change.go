package algo

import (
	"context"
	"fmt"
)

// Perturbation records a change of the world before an iteration.
type Perturbation struct {
	Samples int      `json:"samples"` // environment steps at which the world changed
	Changes []string `json:"changes"` // descriptions by the caller that changed the world
	// Evaluation is that of the previous iteration's policy in the changed world: how far it fell.
	Evaluation *Evaluation `json:"evaluation,omitempty"`
}

// ChangeWorld replaces the world by another one of the same task, between two iterations. Networks and
// data stay. freshStarts discards the start states recorded in the old world, initial and intermediate,
// because the new one may not contain them; the next iteration collects new ones first. change describes
// the change, for the log.
//
// The old world stays open; the caller closes it.
func (g *Game) ChangeWorld(world World, change string, freshStarts bool) error {
	if world.ActionRepeat() != g.world.ActionRepeat() || world.Horizon() != g.world.Horizon() {
		return fmt.Errorf("change of the world, %s: action repeat %d and horizon %d become %d and %d", change,
			g.world.ActionRepeat(), g.world.Horizon(), world.ActionRepeat(), world.Horizon())
	}
	g.world = world
	g.changes++
	g.reached = 0 // evaluations in the old world no longer count
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

// recordChange records that the world changed since the last iteration, evaluates the present policy
// in it, and collects data if no start state of it is known.
func (g *Game) recordChange(ctx context.Context) error {
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
