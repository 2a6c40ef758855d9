package algo

import (
	"slices"
	"testing"

	"github.com/palmal-rl/palmal/nn"
)

// numbered is an episode whose first observation entry counts up from start, so that every row
// shows where it came from.
func numbered(start, decisions int) episode {
	e := episode{samples: decisions}
	for i := range decisions + 1 {
		e.observations = append(e.observations, float32(start+i), -1)
	}
	for i := range decisions {
		e.actions = append(e.actions, float32(start+i)/2)
		e.rewards = append(e.rewards, float32(start+i)*10)
	}
	return e
}

func TestReplayNeverJoinsTwoEpisodes(t *testing.T) {
	r := newReplay(2, 1, 0)
	r.add(numbered(0, 3))
	r.add(numbered(100, 2))
	data := r.transitions(learned{reward: true})
	obs, next := data.Observations.Data().([]float32), data.Next.Data().([]float32)
	reward := data.Rewards.Data().([]float32)
	if data.Rows() != 5 {
		t.Fatalf("%d rows, want 5", data.Rows())
	}
	for i := range 5 {
		if next[2*i] != obs[2*i]+1 {
			t.Errorf("row %d goes from %g to %g", i, obs[2*i], next[2*i])
		}
		if reward[i] != obs[2*i]*10 {
			t.Errorf("row %d from %g has the reward %g", i, obs[2*i], reward[i])
		}
	}
}

func TestReplayDiscardsOldestWholeEpisodes(t *testing.T) {
	r := newReplay(2, 1, 10)
	for i := range 4 {
		r.add(numbered(100*i, 4))
	}
	if len(r.episodes) != 2 || r.samples != 8 || r.decisions != 8 {
		t.Errorf("%d episodes of %d samples, %d decisions; want 2 of 8", len(r.episodes), r.samples, r.decisions)
	}
	if first := r.episodes[0].observations[0]; first != 200 {
		t.Errorf("the oldest episode starts at %g, want 200", first)
	}
	r.add(numbered(900, 50))
	if len(r.episodes) != 1 || r.samples != 50 {
		t.Errorf("an episode longer than the buffer must stay alone: %d episodes, %d samples", len(r.episodes), r.samples)
	}
}

// A decision with an action repeat is several environment steps, which are what the capacity counts.
func TestReplayCapacityCountsEnvironmentSteps(t *testing.T) {
	r := newReplay(2, 1, 20)
	for i := range 4 {
		e := numbered(100*i, 4)
		e.samples = 8
		r.add(e)
	}
	if len(r.episodes) != 2 || r.samples != 16 || r.decisions != 8 {
		t.Errorf("%d episodes of %d samples, %d decisions; want 2 of 16, 8", len(r.episodes), r.samples, r.decisions)
	}
}

func TestReplayFreshRowsAreTheNewest(t *testing.T) {
	r := newReplay(2, 1, 0)
	r.add(numbered(0, 3))
	r.fresh = 0
	r.add(numbered(50, 2))
	r.add(numbered(70, 1))
	obs := r.freshTransitions(learned{}).Observations.Data().([]float32)
	if !slices.Equal(obs, []float32{50, -1, 51, -1, 70, -1}) {
		t.Errorf("fresh observations %v", obs)
	}
}

func TestReplayStateKnowsItsTime(t *testing.T) {
	r := newReplay(2, 1, 0)
	r.add(numbered(0, 3))
	r.add(numbered(100, 2))
	for i, want := range []struct {
		obs  float32
		time int
	}{{0, 0}, {1, 1}, {2, 2}, {100, 0}, {101, 1}} {
		obs, time := r.state(i)
		if obs[0] != want.obs || time != want.time {
			t.Errorf("state %d: %g at %d, want %g at %d", i, obs[0], time, want.obs, want.time)
		}
	}
}

func TestReplaySurvivesSaveAndLoad(t *testing.T) {
	r := newReplay(2, 1, 100)
	r.add(numbered(0, 3))
	r.add(numbered(100, 2))
	r.fresh = 1
	loaded := newReplay(2, 1, 100)
	if err := loaded.load(r.save(), 2, 1); err != nil {
		t.Fatal(err)
	}
	if loaded.samples != r.samples || loaded.decisions != r.decisions || loaded.fresh != 1 || loaded.capacity != 100 {
		t.Errorf("loaded %+v", loaded)
	}
	for i := range r.episodes {
		a, b := r.episodes[i], loaded.episodes[i]
		if !slices.Equal(a.observations, b.observations) || !slices.Equal(a.actions, b.actions) ||
			!slices.Equal(a.rewards, b.rewards) || a.samples != b.samples {
			t.Errorf("episode %d differs", i)
		}
	}
	if err := loaded.load(r.save(), 3, 1); err == nil {
		t.Error("a table of 2 episodes was loaded as 3")
	}
}

// The last step of a terminated episode is marked, before and after the buffer was saved.
func TestTerminationsAreKept(t *testing.T) {
	r := newReplay(1, 1, 0)
	r.ends = true
	for _, terminated := range []bool{false, true} {
		r.add(episode{observations: []float32{1, 2, 3}, actions: []float32{4, 5}, rewards: []float32{6, 7}, samples: 2, terminated: terminated})
	}
	loaded := newReplay(1, 1, 0)
	loaded.ends = true
	if err := loaded.load(r.save(), 2, 2); err != nil {
		t.Fatal(err)
	}
	for name, one := range map[string]*replay{"saved": &r, "loaded": &loaded} {
		if got := nn.RowMajor(one.transitions(learned{end: true}).Ended); !slices.Equal(got, []float32{0, 0, 0, 1}) {
			t.Errorf("%s: ended %v", name, got)
		}
	}
}
