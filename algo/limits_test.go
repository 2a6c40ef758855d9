package algo_test

import (
	"testing"

	"github.com/palmal-rl/palmal/algo"
	"github.com/palmal-rl/palmal/physics/tasks"
)

// An episode breaks a limit once, at whichever decision, the last one included; actions count as the world takes them.
func TestBreaksCountEpisodesThatBreakALimit(t *testing.T) {
	cartpole, err := tasks.Get("cartpole")
	if err != nil {
		t.Fatal(err)
	}
	episode := func(action float32, positions ...float32) algo.Episode {
		e := algo.Episode{}
		for _, x := range positions {
			e.Observations = append(e.Observations, x, 0, 0, 0)
			e.Actions = append(e.Actions, action)
		}
		e.Actions = e.Actions[1:]
		return e
	}
	b := algo.NewBreaks(bounded{cartpole, func(_, act, next []float64) bool { return next[0] > 1 || act[0] > 1 }, 0.2})
	for _, e := range []algo.Episode{
		episode(0, 0, 0, 2),    // the last decision
		episode(0, 0, 2, 2, 2), // several
		episode(0, 2, 0, 0),    // only where it began
		episode(5, 0, 0, 0),    // an action that the box clips to 1
	} {
		b.Add(e)
	}
	if got := b.ByName(); len(got) != 1 || got["limit"] != 2 {
		t.Errorf("counts %v, want 2 episodes", got)
	}
	none := algo.NewBreaks(cartpole)
	none.Add(episode(0, 0, 2))
	if none != nil || none.ByName() != nil {
		t.Errorf("a task without limits counts %v", none.ByName())
	}
}
