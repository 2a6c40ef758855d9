package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/palmal-rl/palmal/algo"
	"github.com/palmal-rl/palmal/cmd/palmal/internal/usage"
	"github.com/palmal-rl/palmal/cmd/palmal/run"
	"github.com/palmal-rl/palmal/physics"
	"github.com/palmal-rl/palmal/physics/remote"
)

// openPlaying opens the world in which a run plays: one that is simulated here, or a robot's.
func (p *program) openPlaying(config run.Config, changes int, store physics.Store) (*physics.World, error) {
	if config.World == "" {
		return openWorld(config, changes)
	}
	t, err := config.LoadTask()
	if err != nil {
		return nil, err
	}
	world, err := physics.Open(t, physics.Options{Parameters: config.Parameters,
		Outside: &physics.OutsideOptions{Address: config.World, Store: store, Diagnostics: os.Stderr, Say: p.tell}})
	return world, refuseWorld(err)
}

// lockInbox keeps other runs from the inbox of a run, if it has one, until unlock.
func (p *program) lockInbox(config run.Config) (unlock func() error, err error) {
	path, ok := strings.CutPrefix(config.World, remote.InboxAddress)
	if !ok {
		return func() error { return nil }, nil
	}
	return run.LockInbox(path, func(text string) { p.warn("%s", text) })
}

// tell says what a run waits for.
func (p *program) tell(text string) {
	if p.json {
		p.printJSON(map[string]any{"event": "world", "text": text})
		return
	}
	p.warn("%s", usage.Printable(text)) // names of files come from outside
}

// handed is a robot's world, which is told of each policy before that acts.
type handed struct {
	*physics.World
	config run.Config
}

// asPlayed is the world as the game sees it.
func asPlayed(world *physics.World, config run.Config) algo.World {
	if config.World == "" {
		return world
	}
	return handed{world, config}
}

// Hand leaves the policy in the inbox, if the world is one, and says how much is wanted of it.
func (h handed) Hand(out algo.Handout) error {
	h.Expect(out.Number, out.Samples, out.Mean)
	if !h.Leaves() {
		return nil
	}
	number := out.Number
	gaussian, ok := out.Policy.(algo.GaussianPolicy)
	if !ok {
		return fmt.Errorf("policy.player %s: only a policy that is one network can be left in an inbox, want %s", h.config.Policy.Player, algo.PlayerNPG)
	}
	files, err := run.PolicyFiles(gaussian, h.Task(), number)
	if err != nil {
		return err
	}
	for ending, text := range files {
		if err := h.Leave(physics.PolicyFile(number)+ending, text); err != nil {
			return err
		}
	}
	return nil
}

// pausing keeps the signals that pause a robot from those that end a run, until end is called.
func (p *program) pausing(signals <-chan os.Signal, world *physics.World) (others <-chan os.Signal, end func()) {
	passed, over := make(chan os.Signal, 2), make(chan struct{})
	go func() {
		for {
			select {
			case s := <-signals:
				if !pauses(s) {
					passed <- s
				} else if world.Pause() {
					p.tell("pausing before the next episode; the same signal again continues")
				} else {
					p.tell("continuing")
				}
			case <-over:
				return
			}
		}
	}()
	return passed, func() { close(over) }
}

// refuseUncounted refuses a verb that would play episodes that no run counts.
func refuseUncounted(config run.Config, err error) error {
	if errors.Is(err, physics.ErrOutside) && config.World != "" {
		return usage.Mistakef("%w: what a robot plays counts as samples, and only palmal train and resume count", err)
	}
	return err
}
