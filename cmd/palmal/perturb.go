package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/palmal-rl/palmal/algo"
	"github.com/palmal-rl/palmal/cmd/palmal/internal/usage"
	"github.com/palmal-rl/palmal/cmd/palmal/run"
	"github.com/palmal-rl/palmal/physics"
	"github.com/palmal-rl/palmal/physics/mujoco"
)

// changingGame is a game that replaces its world when the configuration says so.
type changingGame struct {
	*algo.Game
	setup    *setup
	config   run.Config
	schedule []run.Perturbation
}

// newChangingGame wraps the game of a setup as one whose world changes.
func newChangingGame(config run.Config, s *setup) (*changingGame, error) {
	schedule, err := config.Schedule()
	return &changingGame{Game: s.game, setup: s, config: config, schedule: schedule}, err
}

// Outside reports whether a robot plays the episodes.
func (g *changingGame) Outside() bool { return g.config.World != "" }

// Iterate makes the changes that are due and runs one iteration.
func (g *changingGame) Iterate(ctx context.Context) (algo.Record, error) {
	for g.Changes() < len(g.schedule) && g.schedule[g.Changes()].Samples <= g.Samples() {
		if err := g.change(g.schedule[g.Changes()]); err != nil {
			return algo.Record{}, err
		}
	}
	return g.Game.Iterate(ctx)
}

// change opens the next world and closes the present one.
func (g *changingGame) change(p run.Perturbation) error {
	world, err := openWorld(g.config, g.Changes()+1)
	if err != nil {
		return err
	}
	same, err := g.setup.world.SameStarts(world)
	if err == nil {
		err = g.ChangeWorld(world, p.What(), !same)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("perturbation %s: %w", p, err), world.Close())
	}
	before := g.setup.world
	g.setup.world = world
	return before.Close()
}

// openWorld opens the world of a configuration after a number of its perturbations. What it refuses is a
// mistake of the user's.
func openWorld(config run.Config, changes int) (*physics.World, error) {
	return openWorldFor(config, changes, false)
}

// openWorldFor opens it to draw pictures, too.
func openWorldFor(config run.Config, changes int, pictures bool) (*physics.World, error) {
	options, err := worldOptions(config, changes)
	if err != nil {
		return nil, err
	}
	t, err := config.LoadTask()
	if err != nil {
		return nil, err
	}
	options.Pictures = pictures
	world, err := physics.Open(t, options)
	return world, refuseUncounted(config, refuseWorld(err))
}

// worldOptions are the options of that world.
func worldOptions(config run.Config, changes int) (physics.Options, error) {
	options := physics.Options{Workers: config.Run.Workers, ActionRepeat: config.Repeat, Parameters: config.Parameters, Diagnostics: os.Stderr}
	schedule, err := config.Schedule()
	if err == nil && changes > len(schedule) {
		err = fmt.Errorf("the world had changed %d times by then, but the configuration has %d perturbations", changes, len(schedule))
	}
	if err != nil {
		return options, &usage.Error{Code: usage.Mistake, Err: err}
	}
	t, err := config.LoadTask()
	if err != nil {
		return options, err
	}
	for _, p := range schedule[:changes] {
		if options, err = physics.Perturbed(t, options, p.Changes...); err != nil {
			return options, refuseWorld(err)
		}
	}
	return options, nil
}

// refuseWorld blames the user for a world that cannot be opened.
func refuseWorld(err error) error {
	if errors.Is(err, physics.ErrEnvironment) {
		return &usage.Error{Code: usage.World, Err: err}
	}
	if errors.Is(err, mujoco.ErrMissing) {
		return usage.Mistakef("%w; %s need no library", err, analyticTasks())
	}
	if err != nil {
		return &usage.Error{Code: usage.Mistake, Err: err}
	}
	return nil
}

// checkPerturbations tries every change that a run will make to its world, and warns of those that it
// will not reach.
func (p *program) checkPerturbations(config run.Config) error {
	schedule, err := config.Schedule()
	if err != nil || len(schedule) == 0 {
		return err
	}
	for _, change := range schedule {
		if change.Samples >= config.Samples {
			p.warn("the run ends at %d samples, before perturbation %s", config.Samples, change)
		}
	}
	_, err = worldOptions(config, len(schedule))
	return err
}
