package algo_test

import (
	"context"
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/palmal-rl/palmal/algo"
	"github.com/palmal-rl/palmal/nn"
	"github.com/palmal-rl/palmal/nn/cpu"
	"github.com/palmal-rl/palmal/nn/nntest"
)

// actorCritic is a configuration of the player for a world of some hundred samples.
func actorCritic(t *testing.T, task string) algo.Config {
	t.Helper()
	one := builtin(t, task)
	c, err := algo.Preset(algo.PresetActorCritic, algo.PAL, one.Horizon, one.Presets)
	if err != nil {
		t.Fatal(err)
	}
	c.InitialSamples, c.SamplesPerIteration, c.Samples = 500, 250, 2000
	c.Model.Members, c.Model.Hidden, c.Model.MinSteps, c.Model.MaxSteps, c.Model.Batch, c.Model.FirstFit = 3, []int{32, 32}, 200, 200, 64, 2
	c.Policy.Hidden, c.ActorCritic.Hidden, c.Value.Hidden = []int{32}, []int{32, 32}, []int{4}
	c.NPG.Horizon, c.NPG.Gamma = 50, 0.95
	c.ActorCritic.Rows, c.ActorCritic.SpreadStarts, c.ActorCritic.SpreadHorizon = 32, 32, 10
	c.ActorCritic.LearningRate, c.ActorCritic.Slow = 0.003, 0.02
	c.Evaluation.Episodes, c.Diagnostics = 10, 2
	return c
}

// Two iterations bring the mass near its goal: at rest the return is -38 on average, and noise alone drifts away.
func TestActorCriticMovesTheMass(t *testing.T) {
	c := actorCritic(t, "pointmass")
	g := newGameIn(t, openWorld(t, "pointmass", c, 1), c, cpuBackend(t))
	var last algo.Record
	for range 3 {
		var err error
		if last, err = g.Iterate(context.Background()); err != nil {
			t.Fatal(err)
		}
		t.Logf("%+v %+v %+v %v", last.Evaluation.Return, *last.Critic, last.Policy.Std, last.Timing.Iteration)
	}
	if got := float64(last.Evaluation.Return); !(got >= -14) {
		t.Errorf("return %g after %d samples, want -14", got, last.Evaluation.Samples)
	}
}

// A game with critics resumes to the same records.
func TestActorCriticGameIsRestored(t *testing.T) {
	c := briefActorCritic(t)
	backend := cpuBackend(t)
	whole, resumed := newGameIn(t, openWorld(t, "pointmass", c, 2), c, backend), newGameIn(t, openWorld(t, "pointmass", c, 1), c, backend)
	checkRestored(t, whole, resumed, 2)
}

func briefActorCritic(t *testing.T) algo.Config {
	c := actorCritic(t, "pointmass")
	c.InitialSamples, c.SamplesPerIteration, c.Model.MaxSteps, c.Model.MinSteps = 100, 50, 20, 20
	c.ActorCritic.CriticFirst, c.ActorCritic.CriticUpdates = 5, 2
	c.Evaluation.Episodes = 2
	return c
}

func TestActorCriticNamesTheBackendWithoutCritics(t *testing.T) {
	c := actorCritic(t, "pointmass")
	world := openWorld(t, "pointmass", c, 1)
	g, err := algo.New(c, plodder{nntest.Reference()}, world, world.Task(), algo.Options{})
	if err == nil {
		g.Close()
	}
	if err == nil || !strings.Contains(err.Error(), "plodder") {
		t.Errorf("error %v, want one that names the backend and the player", err)
	}
}

// The player continues from networks of another player, whose run has no critics, and another player from its.
func TestActorCriticContinuesFromAnotherPlayer(t *testing.T) {
	c := briefActorCritic(t)
	c.NPG.StartsPerMember, c.NPG.Steps = 4, 1
	other := c
	other.Policy.Player, other.Policy.Average = algo.PlayerNPG, 0
	backend := cpuBackend(t)
	for _, pair := range [][2]algo.Config{{other, c}, {c, other}} {
		first := newGameIn(t, openWorld(t, "pointmass", pair[0], 1), pair[0], backend)
		iterateOnce(t, first)
		snapshot, err := first.Save()
		if err != nil {
			t.Fatal(err)
		}
		g := newGameIn(t, openWorld(t, "pointmass", pair[1], 1), pair[1], backend)
		if err := g.Adopt(snapshot.Groups); err != nil {
			t.Fatal(err)
		}
		r := iterateOnce(t, g)
		if has := r.Critic != nil; has != (pair[1].Policy.Player == algo.PlayerActorCritic) {
			t.Errorf("%s: critics in the record: %v", pair[1].Policy.Player, has)
		}
		if r.Critic != nil && r.Critic.Updates != 105 {
			t.Errorf("%d updates, want 5 of new critics alone and 100: the first iteration's", r.Critic.Updates)
		}
	}
}

// What a run reports of its critics is in units of the task, whatever the scale of the rewards that they learn from.
func TestCriticsAreRecordedInUnitsOfTheTask(t *testing.T) {
	record := func(scale float64) algo.CriticRecord {
		c := briefActorCritic(t)
		c.Value.RewardScale = scale
		c.ActorCritic.Alpha *= scale
		return *iterateOnce(t, newGameIn(t, openWorld(t, "pointmass", c, 1), c, cpuBackend(t))).Critic
	}
	plain, half := record(1), record(0.5)
	for name, pair := range map[string][2]algo.Number{"target": {plain.Target, half.Target}, "value": {plain.Value, half.Value},
		"alpha": {plain.Alpha, half.Alpha}, "low": {plain.Low, half.Low}} {
		// A half and its inverse are exact; the epsilon of Adam is no reward, and moves the policy by some 1e-6 of its steps.
		if !(math.Abs(float64(pair[0]-pair[1])) <= 1e-3*math.Abs(float64(pair[0]))) || pair[0] == 0 {
			t.Errorf("%s is %g, and %g where rewards are halved", name, pair[0], pair[1])
		}
	}
}

// Any number of workers gives the same record.
func TestActorCriticDoesNotDependOnWorkers(t *testing.T) {
	c := briefActorCritic(t)
	c.ActorCritic.Rows = 70 // more than one task
	var records []algo.Record
	for _, workers := range []int{1, 3} {
		backend, err := cpu.New(cpu.Options{Workers: workers})
		if err != nil {
			t.Fatal(err)
		}
		g := newGameIn(t, openWorld(t, "pointmass", c, 1), c, backend)
		r := iterateOnce(t, g)
		r.Timing = algo.Timing{}
		records = append(records, r)
		t.Cleanup(func() { backend.Close() })
	}
	one, _ := json.Marshal(records[0])
	three, _ := json.Marshal(records[1])
	if string(one) != string(three) {
		t.Errorf("one worker: %s\nthree: %s", one, three)
	}
}

// Where observations are scaled by the data so far, neither the policy nor the critics change by it.
func TestRescaledCriticsKeepTheirValues(t *testing.T) {
	values := map[bool]float64{}
	for _, renormalise := range []bool{false, true} {
		c := briefActorCritic(t)
		c.Pathwise.Renormalise = renormalise
		c.ActorCritic.Ratio, c.ActorCritic.LearningRate, c.ActorCritic.First = 0.02, 1e-9, 1 // nothing moves but what is rewritten
		g := newGameIn(t, openWorld(t, "pointmass", c, 1), c, cpuBackend(t))
		snapshot, err := g.Save()
		if err != nil {
			t.Fatal(err)
		}
		wide := snapshot.Groups[algo.GroupCritics] // critics that tell states apart
		for _, array := range wide {
			if array.Name == nn.StateParameters || array.Name == nn.StateSlow {
				for i, numbers := 0, nn.RowMajor(array.Value); i < len(numbers); i++ {
					numbers[i] += 0.3 * float32(i%7-3)
				}
			}
		}
		if err := g.Adopt(snapshot.Groups); err != nil {
			t.Fatal(err)
		}
		values[renormalise] = float64(iterateOnce(t, g).Critic.Value)
	}
	if !(math.Abs(values[true]-values[false]) <= 1e-5*math.Abs(values[false])) { // some roundings of float32
		t.Errorf("values %v with and without rescaling", values)
	}
}
