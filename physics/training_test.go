package physics

import (
	"context"
	"slices"
	"testing"
)

// An episode of training is the beginning of the episode that Sample plays.
func TestAnEpisodeOfTrainingIsTheBeginningOfAnEpisode(t *testing.T) {
	w := open(t, "cartpole", Options{Workers: 2, ActionRepeat: 2})
	play := func(sample func(keep func(Episode) bool) error) (played []Episode) {
		t.Helper()
		err := sample(func(e Episode) bool {
			played = append(played, e)
			return len(played) < 8
		})
		if err != nil {
			t.Fatal(err)
		}
		return played
	}
	actors := uniform(w.Task())
	sample := func(keep func(Episode) bool) error { return w.Sample(context.Background(), 3, 5, actors, keep) }
	whole, ended := play(sample), 0 // an episode of cartpole succeeds unless it is terminated
	for _, decisions := range []int{1, 9, w.Horizon()} {
		training := func(keep func(Episode) bool) error {
			return w.SampleTraining(context.Background(), 3, 5, false, decisions, actors, keep)
		}
		for i, e := range play(training) {
			n := min(decisions, len(whole[i].Actions))
			if len(e.Actions) != n || !slices.Equal(e.Actions, whole[i].Actions[:n]) || !slices.Equal(e.Observations, whole[i].Observations[:4*(n+1)]) ||
				!slices.Equal(e.Rewards, whole[i].Rewards[:len(e.Rewards)]) {
				t.Errorf("%d decisions, episode %d: not the beginning of the whole one", decisions, i)
			}
			if cut := n < len(whole[i].Actions); e.Fallen || e.Terminated != (whole[i].Terminated && !cut) || (e.Success == 1) == e.Terminated {
				t.Errorf("%d decisions, episode %d, %d of %d decisions: terminated %v, fallen %v, success %g", decisions, i, n, len(whole[i].Actions), e.Terminated, e.Fallen, e.Success)
			} else if cut {
				ended++
			}
		}
	}
	if ended < 8 { // those of one decision at least
		t.Errorf("%d episodes ended early", ended)
	}
	if again := play(sample); !slices.EqualFunc(again, whole, func(a, b Episode) bool { return slices.Equal(a.Observations, b.Observations) }) {
		t.Error("Sample plays other episodes after episodes of training")
	}
}
