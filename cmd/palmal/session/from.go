package session

import (
	"fmt"

	"github.com/palmal-rl/palmal/algo"
	"github.com/palmal-rl/palmal/cmd/palmal/internal/usage"
	"github.com/palmal-rl/palmal/cmd/palmal/run"
)

// TakeNetworks reads the networks of the run that a configuration begins from, of its newest checkpoint. It warns of
// a value network that is left out.
func TakeNetworks(config *run.Config, warn func(text string)) error {
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
	if was, is := other.Repeat, config.Repeat; is != was {
		return usage.Mistakef("from: the model of %s foresees decisions of action_repeat %d, here it is %d; set action_repeat=%[2]d, or begin with its data alone (--take data)", config.From, was, is)
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
	if key, was, is := otherValue(other, *config); key != "" {
		warn(fmt.Sprintf("the value network starts from scratch: %s is %s in %s and %s here", key, was, config.From, is))
		delete(snapshot.Groups, algo.GroupValue)
		delete(snapshot.Groups, algo.GroupSlow)
	}
	config.SetNetworks(snapshot)
	return nil
}

// otherValue names a key by which the value networks of two runs differ in size, or in what their numbers mean.
func otherValue(before, now run.Config) (key, was, is string) {
	values, others := now.Values(), before.Values()
	for _, key := range []string{"value.hidden", "value.normalise", "value.clip", "value.time_scale", "value.reward_scale"} {
		if values[key] != others[key] {
			return key, others[key], values[key]
		}
	}
	return "", "", ""
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
