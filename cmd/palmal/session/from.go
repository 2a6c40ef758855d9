package session

import (
	"fmt"

	"github.com/palmal-rl/palmal/algo"
	"github.com/palmal-rl/palmal/cmd/palmal/internal/usage"
	"github.com/palmal-rl/palmal/cmd/palmal/run"
)

// TakeNetworks reads the networks of the run that a configuration begins from, of its newest checkpoint.
func TakeNetworks(config *run.Config) error {
	if config.From == "" {
		return nil
	}
	d, other, err := run.Open(config.From)
	if err != nil {
		return usage.Mistakef("from: %w", err)
	}
	if is, was := config.TaskName(), other.TaskName(); is != was {
		return usage.Mistakef("from: %s learned task %s, this is %s", config.From, was, is)
	}
	newest, err := choose(d, "")
	if err == nil && newest == 0 {
		err = usage.Mistakef("from: %s has no checkpoint yet", config.From)
	}
	if err != nil {
		return err
	}
	_, snapshot, err := d.Read(newest)
	if err != nil {
		return fmt.Errorf("from: %s: %w", config.From, err)
	}
	config.SetNetworks(snapshot)
	return nil
}

// Adopt gives a game that begins the networks that its configuration names. Those of other sizes are refused.
func Adopt(game *algo.Game, config run.Config) error {
	s, found, err := config.Networks()
	if err == nil && found {
		if err = game.Adopt(s.Groups); err != nil {
			err = usage.Mistakef("from: %s has other networks than this run would have: %w; its own sizes are in %s/config.yaml (--config takes them)",
				config.From, err, config.From)
		}
	}
	return err
}
