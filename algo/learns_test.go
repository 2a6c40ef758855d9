package algo

import (
	"strings"
	"testing"
)

// leaving is a task that leaves reward or termination to the model.
type leaving struct {
	modelled
	reward, end bool
}

func (l leaving) Learns() (reward, termination bool) { return l.reward, l.end }

// What a task leaves to the model has to be learned, and the planner needs what can be computed.
func TestWhatATaskLeavesToTheModelIsLearned(t *testing.T) {
	cases := []struct {
		reward, end bool
		change      func(*Config)
		want        string
	}{
		{true, false, func(*Config) {}, "model.learn_reward: is false"},
		{false, true, func(*Config) {}, "model.learn_termination: is false"},
		{true, true, func(c *Config) { c.Model.LearnReward, c.Model.LearnEnd = true, true }, ""},
		{false, false, func(*Config) {}, ""},
		{false, true, func(c *Config) { c.Model.LearnEnd, c.Policy.Player = true, PlayerPlan }, "does not see what ends an episode"},
	}
	for _, one := range cases {
		c := Config{}
		one.change(&c)
		err := c.checkLearned(leaving{modelled{&line{}, nil}, one.reward, one.end})
		if (err == nil) != (one.want == "") || err != nil && !strings.Contains(err.Error(), one.want) {
			t.Errorf("reward %v, end %v: %v, want %q", one.reward, one.end, err, one.want)
		}
	}
}
