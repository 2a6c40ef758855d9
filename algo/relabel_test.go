package algo

import (
	"math"
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

// relabelledGame is a game on pointmass with these episodes, whose world changed before the last n of them.
func relabelledGame(t *testing.T, share float64, n int, episodes ...episode) *Game {
	t.Helper()
	pointmass, err := tasks.Get("pointmass")
	if err != nil {
		t.Fatal(err)
	}
	g := &Game{config: Config{Seed: 1, Repeat: 1, Relabel: share}, task: pointmass, data: newExperience(6, 2, 0)}
	for i, e := range episodes {
		g.data.replay.add(e)
		if i >= len(episodes)-n {
			g.data.initial.add(e.observations)
		}
	}
	return g
}

// aims counts by x the goals that a number of episodes pursue; the world's own goals count under 0.
func aims(p *relabelling, episodes int) map[float64]int {
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

// Two of four goals were missed: each is pursued by half of the relabelled share of the episodes. The
// standard deviation of a count of 10,000·0.3 is 46.
func TestMissedGoalsArePractised(t *testing.T) {
	far := []episode{flight(0.5, 0.5), flight(1, 0.5), flight(-1, -1), flight(-0.5, 0)}
	count := aims(relabelledGame(t, 0.6, 4, far...).newRelabelling(), 10_000)
	if len(count) != 3 {
		t.Fatalf("goals %v, want 1, -0.5 and the world's", count)
	}
	for x, want := range map[float64]int{0: 4000, 1: 3000, -0.5: 3000} {
		if d := count[x] - want; d < -230 || d > 230 {
			t.Errorf("goal %g: %d of 10,000 episodes, want about %d", x, count[x], want)
		}
	}
	if count := aims(relabelledGame(t, 0, 4, far...).newRelabelling(), 1000); count[0] != 1000 {
		t.Errorf("share 0: goals %v", count)
	}
	if count := aims(relabelledGame(t, 1, 4, far[0], far[2]).newRelabelling(), 1000); count[0] != 1000 {
		t.Errorf("nothing was missed: goals %v", count)
	}
	if count := aims(relabelledGame(t, 1, 1, far...).newRelabelling(), 1000); count[-0.5] != 1000 {
		t.Errorf("goals %v, want that of the episode since the world changed", count)
	}
}

// Missed goals are forgotten after relabelMemory episodes.
func TestOldMissesAreNotPractised(t *testing.T) {
	episodes := []episode{flight(1, 0)}
	for range relabelMemory {
		episodes = append(episodes, flight(0.5, 0.5))
	}
	if p := relabelledGame(t, 1, len(episodes), episodes[:relabelMemory]...).newRelabelling(); len(p.missed) != 1 {
		t.Errorf("%d missed goals, want 1", len(p.missed))
	}
	if p := relabelledGame(t, 1, len(episodes), episodes...).newRelabelling(); len(p.missed) != 0 {
		t.Errorf("%d missed goals, want none", len(p.missed))
	}
}

// The policy sees the relabelled goal and everything else unchanged; the world's own observation does
// not change.
func TestPolicySeesThePractisedGoal(t *testing.T) {
	p := relabelledGame(t, 1, 1, flight(1, 0)).newRelabelling()
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

// A relabelled episode is stored under the goal it pursued: its reward terms are the task's, times the
// steps of a decision, and it succeeds where that goal was reached.
func TestPractisedEpisodeCountsForItsGoal(t *testing.T) {
	g := relabelledGame(t, 1, 1, flight(1, 0))
	g.config.Repeat = 2
	p := g.newRelabelling()
	world := []float32{0, 0, 0, 0, -1, -1, 1, 0, 0.5, 0, -1, -1}
	real := Episode{Observations: world, Actions: []float32{0.5, -0.5}}
	played := p.relabel(real, p.goal(0))
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
	if missed := p.relabel(real, []float64{0, 0, 0, 0, 0.5, 0}).Success; played.Success != 1 || missed != 0 {
		t.Errorf("success %g at the goal and %g elsewhere", played.Success, missed)
	}
}

func TestOnlyGoalsCanBePractised(t *testing.T) {
	for name, refused := range map[string]bool{"cartpole": true, "pointmass": false} {
		known, err := tasks.Get(name)
		if err != nil {
			t.Fatal(err)
		}
		err = Config{Relabel: 0.1}.checkRelabelling(known)
		if (err != nil) != refused || refused && !strings.Contains(err.Error(), "relabel: task cartpole has no goals") {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

// An episode of pointmass that terminated has failed, wherever it ended. The task has no formula of a termination, as one whose
// model learns that.
func TestALearnedEndIsAMissedGoal(t *testing.T) {
	fallen := flight(1, 1)
	fallen.terminated = true
	g := relabelledGame(t, 1, 2, flight(0.5, 0.5), fallen)
	g.config.Model.LearnEnd = true
	p := g.newRelabelling()
	if len(p.missed) != 1 || p.missed[0][4] != 1 {
		t.Fatalf("missed goals %v, want that of the episode that terminated", p.missed)
	}
	at := Episode{Observations: fallen.observations, Actions: fallen.actions}
	if reached := p.relabel(at, p.missed[0]).Success; reached != 1 {
		t.Errorf("success %g at the goal", reached)
	}
	if at.Terminated = true; p.relabel(at, p.missed[0]).Success != 0 {
		t.Error("an episode that terminated has succeeded")
	}
}

// bounded is a task whose world ends episodes for what their observations do not show.
type bounded struct{ goalTask }

func (bounded) EndsUnseen() bool { return true }

// An end that no observation shows is one under every goal, and a resumed game knows it of the episodes in its buffer.
func TestAnUnseenEndIsAMissedGoal(t *testing.T) {
	ended := flight(1, 1)
	ended.terminated = true
	g := relabelledGame(t, 1, 2, flight(0.5, 0.5), ended)
	g.task = bounded{g.task.(goalTask)}
	g.data.replay.ends = g.config.keepsEnds(g.task)
	saved := g.data.replay.save()
	if err := g.data.replay.load(saved, 2, 0); err != nil {
		t.Fatal(err)
	}
	p := g.newRelabelling()
	if len(p.missed) != 1 || p.missed[0][4] != 1 {
		t.Fatalf("missed goals %v, want that of the episode that ended unseen", p.missed)
	}
	at := Episode{Observations: ended.observations, Actions: ended.actions, Terminated: true}
	if again := p.relabel(at, p.missed[0]); again.Success != 0 || !again.Terminated {
		t.Errorf("relabelled, the episode has success %g and terminated: %v", again.Success, again.Terminated)
	}
}

// A task whose episodes end near their goals ends a relabelled one near the goal that it pursued, and near no other.
type docking struct{ bounded }

func (docking) Terminated(obs []float64) bool { return math.Hypot(obs[0]-obs[4], obs[1]-obs[5]) < 0.1 }

func TestARelabelledEpisodeEndsByItsGoal(t *testing.T) {
	g := relabelledGame(t, 1, 1, flight(1, 0))
	g.task = docking{bounded{g.task.(goalTask)}}
	p := g.newRelabelling()
	docked := flight(0.5, 0.5)
	for goal, want := range map[float64]bool{0.5: true, -1: false} {
		e := Episode{Observations: docked.observations, Actions: docked.actions, Terminated: true}
		if got := p.relabel(e, []float64{0, 0, 0, 0, goal, 0}); got.Terminated != want {
			t.Errorf("goal %g: terminated %v, want %v", goal, got.Terminated, want)
		}
	}
}

// unjudged is a task that does not say which episodes succeed.
type unjudged struct{ goalTask }

func (unjudged) HasSuccess() bool { return false }

// Without a success no goal is known to be missed, so that nothing would be relabelled.
func TestGoalsThatNobodyJudgesAreRefused(t *testing.T) {
	known, err := tasks.Get("pointmass")
	if err != nil {
		t.Fatal(err)
	}
	if err := (Config{Relabel: 0.1}).checkRelabelling(unjudged{known}); err == nil || !strings.Contains(err.Error(), "write success in its task file") {
		t.Errorf("error %v", err)
	}
	if err := (Config{}).checkRelabelling(unjudged{known}); err != nil {
		t.Errorf("without relabelling: %v", err)
	}
}

// An episode that takes the place of one that broke down pursues the goal under which it is kept.
func TestSubstitutesPursueTheGoalOfTheirEpisode(t *testing.T) {
	p := relabelledGame(t, 0.5, 4, flight(0.5, 0.5), flight(1, 0.5), flight(-1, -1), flight(-0.5, 0)).newRelabelling()
	for episode := range uint64(200) {
		for times := range uint64(3) {
			if kept, pursued := p.goal(episode), p.goal(episode+times<<28); !slices.Equal(kept, pursued) {
				t.Fatalf("episode %d is kept under the goal %v, its substitute %d pursues %v", episode, kept, times, pursued)
			}
		}
	}
}
