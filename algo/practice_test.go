package algo

import (
	"slices"
	"strings"
	"testing"

	"github.com/palmal-rl/palmal/physics/tasks"
)

// flight is an episode of pointmass observations (position, velocity, goal) that ends at x.
func flight(goal, x float32) episode {
	return episode{observations: []float32{0, 0, 0, 0, goal, 0, x, 0, 0, 0, goal, 0}, actions: []float32{0, 0},
		rewards: []float32{0}, samples: 1}
}

// drilled is a game on pointmass with these episodes, whose world changed before the last n of them.
func drilled(t *testing.T, share float64, n int, episodes ...episode) *Game {
	t.Helper()
	pointmass, err := tasks.Get("pointmass")
	if err != nil {
		t.Fatal(err)
	}
	g := &Game{config: Config{Seed: 1, Repeat: 1, Practice: share}, task: pointmass, data: newExperience(6, 2, 0)}
	for i, e := range episodes {
		g.data.replay.add(e)
		if i >= len(episodes)-n {
			g.data.initial.add(e.observations)
		}
	}
	return g
}

// aims counts the goals that so many episodes pursue, by x; the world's own under 0.
func aims(p *practice, episodes int) map[float64]int {
	count := map[float64]int{}
	for e := range episodes {
		if goal := p.goal(uint64(e)); goal != nil {
			count[goal[4]]++
		} else {
			count[0]++
		}
	}
	return count
}

// Of four goals two were missed: these are practised, alike, by the share of the episodes. A standard
// deviation of a count of 10,000·0.3 is 46.
func TestMissedGoalsArePractised(t *testing.T) {
	far := []episode{flight(0.5, 0.5), flight(1, 0.5), flight(-1, -1), flight(-0.5, 0)}
	count := aims(drilled(t, 0.6, 4, far...).newPractice(), 10_000)
	if len(count) != 3 {
		t.Fatalf("goals %v, want 1, -0.5 and the world's", count)
	}
	for x, want := range map[float64]int{0: 4000, 1: 3000, -0.5: 3000} {
		if d := count[x] - want; d < -230 || d > 230 {
			t.Errorf("goal %g: %d of 10,000 episodes, want about %d", x, count[x], want)
		}
	}
	if count := aims(drilled(t, 0, 4, far...).newPractice(), 1000); count[0] != 1000 {
		t.Errorf("share 0: goals %v", count)
	}
	if count := aims(drilled(t, 1, 4, far[0], far[2]).newPractice(), 1000); count[0] != 1000 {
		t.Errorf("nothing was missed: goals %v", count)
	}
	if count := aims(drilled(t, 1, 1, far...).newPractice(), 1000); count[-0.5] != 1000 {
		t.Errorf("goals %v, want that of the episode since the world changed", count)
	}
}

// Missed goals are forgotten after so many episodes.
func TestOldMissesAreNotPractised(t *testing.T) {
	episodes := []episode{flight(1, 0)}
	for range practiceMemory {
		episodes = append(episodes, flight(0.5, 0.5))
	}
	if p := drilled(t, 1, len(episodes), episodes[:practiceMemory]...).newPractice(); len(p.missed) != 1 {
		t.Errorf("%d missed goals, want 1", len(p.missed))
	}
	if p := drilled(t, 1, len(episodes), episodes...).newPractice(); len(p.missed) != 0 {
		t.Errorf("%d missed goals, want none", len(p.missed))
	}
}

// The policy sees the goal that it is to pursue, and all else as it is; what the world handed over stays
// as it was.
func TestPolicySeesThePractisedGoal(t *testing.T) {
	p := drilled(t, 1, 1, flight(1, 0)).newPractice()
	var seen []float32
	act := p.actors(func() ActFunc {
		return func(_ uint64, _ int, obs, _ []float32) { seen = slices.Clone(obs) }
	})()
	obs := []float32{0.1, 0.2, 0.3, 0.4, -1, -1}
	act(0, 0, obs, nil)
	if want := []float32{0.1, 0.2, 0.3, 0.4, 1, 0}; !slices.Equal(seen, want) || obs[4] != -1 {
		t.Errorf("the policy saw %v of %v, want %v", seen, obs, want)
	}
}

// An episode that pursued another goal is booked as one with that goal: its reward terms are the task's,
// times the steps of a decision, and it succeeds where that goal was reached.
func TestPractisedEpisodeCountsForItsGoal(t *testing.T) {
	g := drilled(t, 1, 1, flight(1, 0))
	g.config.Repeat = 2
	p := g.newPractice()
	world := []float32{0, 0, 0, 0, -1, -1, 1, 0, 0.5, 0, -1, -1}
	real := Episode{Observations: world, Actions: []float32{0.5, -0.5}}
	played := p.outcome(real, p.goal(0))
	terms := played.Rewards
	if want := []float32{0, 0, 0, 0, 1, 0, 1, 0, 0.5, 0, 1, 0}; !slices.Equal(played.Observations, want) || world[4] != -1 {
		t.Errorf("observations %v, want %v; the world's are %v", played.Observations, want, world)
	}
	want := make([]float64, len(terms))
	p.task.Rewards(want, []float64{0, 0, 0, 0, 1, 0}, []float64{0.5, -0.5}, []float64{1, 0, 0.5, 0, 1, 0})
	for i := range want {
		if !(terms[i] == 2*want[i]) {
			t.Errorf("terms %v, want twice %v", terms, want)
		}
	}
	if missed := p.outcome(real, []float64{0, 0, 0, 0, 0.5, 0}).Success; played.Success != 1 || missed != 0 {
		t.Errorf("success %g at the goal and %g elsewhere", played.Success, missed)
	}
}

func TestOnlyGoalsCanBePractised(t *testing.T) {
	for name, refused := range map[string]bool{"cartpole": true, "pointmass": false} {
		known, err := tasks.Get(name)
		if err != nil {
			t.Fatal(err)
		}
		err = Config{Practice: 0.1}.checkPractice(known)
		if (err != nil) != refused || refused && !strings.Contains(err.Error(), "practice: task cartpole has no goals") {
			t.Errorf("%s: error %v", name, err)
		}
	}
}
