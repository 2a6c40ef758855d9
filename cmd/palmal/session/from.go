package session

import (
	"fmt"
	"slices"

	"github.com/palmal-rl/palmal/algo"
	"github.com/palmal-rl/palmal/cmd/palmal/internal/usage"
	"github.com/palmal-rl/palmal/cmd/palmal/run"
	"github.com/palmal-rl/palmal/nn"
)

// TakeNetworks reads the networks of the run that a configuration begins from, of its newest checkpoint. It warns of
// those that are left out.
func TakeNetworks(config *run.Config, warn func(text string)) error {
	if config.From == "" {
		return nil
	}
	d, other, err := run.Open(config.From)
	if err != nil {
		return usage.Mistakef("from: %w", err)
	}
	if err := sameMeaning(*config, other); err != nil {
		return err
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
	ofCritics, ofValue, silent := warn, warn, func(string) {} // what either player does not use is not missed
	if config.Policy.Player != algo.PlayerActorCritic {
		ofCritics = silent
	}
	if config.Policy.Player == algo.PlayerActorCritic || other.Policy.Player == algo.PlayerActorCritic {
		ofValue = silent
	}
	leaveOut(snapshot.Groups, "weights of the value network", other, *config, ofValue,
		[]string{algo.GroupValue, algo.GroupSlow}, "value.hidden", "value.normalise", "value.clip", "value.time_scale", "value.reward_scale")
	leaveOut(snapshot.Groups, "the critics", other, *config, ofCritics,
		[]string{algo.GroupCritics}, "value.reward_scale", "npg.gamma") // their range of returns has both
	config.SetNetworks(snapshot)
	return nil
}

// sameMeaning refuses a run of another task, and one whose model foresees something else.
func sameMeaning(config, other run.Config) error {
	if is, was := config.TaskName(), other.TaskName(); is != was {
		return usage.Mistakef("from: %s learned task %s, this is %s", config.From, was, is)
	}
	if was, is := other.Repeat, config.Repeat; is != was {
		return usage.Mistakef("from: the model of %s foresees decisions of action_repeat %d, here it is %d; set action_repeat=%[2]d, or begin with its data alone (--take data)", config.From, was, is)
	}
	return sameMembers(config, other)
}

// sameMembers refuses a model that may have the sizes of this run's, but whose numbers mean something else.
func sameMembers(config, other run.Config) error {
	t, err := config.LoadTask()
	if err != nil {
		return err
	}
	is, was := algo.ShapesOf(config.Config, t).Model, algo.ShapesOf(other.Config, t).Model
	var keys []string
	if is.Gaussian != nil && was.Gaussian != nil { // others have neither key
		keys = append(keys, "model.activation", "model.layer_norm")
	}
	if !slices.Equal(is.Kinds, was.Kinds) {
		keys = append(keys, "model.raw_angles")
	}
	now, before := config.Values(), other.Values()
	for _, key := range keys {
		if now[key] != before[key] {
			return usage.Mistakef("from: the model of %s has %s %s, here it is %s; set %[2]s=%[3]s, or begin with its data alone (--take data)",
				config.From, key, before[key], now[key])
		}
	}
	return nil
}

// leaveOut deletes groups of a snapshot if a key differs by which their sizes, or what their numbers mean, differ.
func leaveOut(state map[string]nn.State, name string, before, now run.Config, warn func(text string), groups []string, keys ...string) {
	if state[groups[0]] == nil {
		return
	}
	is, was := now.Values(), before.Values()
	for _, key := range keys {
		if is[key] != was[key] {
			warn(fmt.Sprintf("from: %s of %s are not taken over: %s is %s there and %s here", name, now.From, key, was[key], is[key]))
			for _, group := range groups {
				delete(state, group)
			}
			return
		}
	}
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
