package algo_test

import (
	"context"
	"sync"
	"testing"

	"github.com/palmal-rl/palmal/algo"
	"github.com/palmal-rl/palmal/nn/nntest"
	"github.com/palmal-rl/palmal/physics/tasks"
)

// An iteration reports its progress: every minibatch and every policy step, and never less than before.
// What it does is what was planned, where episodes last to their limits.
func TestProgressReachesWhatWasPlanned(t *testing.T) {
	for _, algorithm := range algo.Algorithms() {
		for _, longest := range []int{0, 20} { // 60 initial steps are two episodes of 50, or three of 20
			checkPlan(t, algorithm, longest, false)
		}
		checkPlan(t, algorithm, 0, true) // eight times the rows
	}
}

// A run whose episodes last to their limits has as many iterations as planned: episodes are whole, however few samples an
// iteration asks for.
func TestPlannedIterationsAreThoseOfWholeEpisodes(t *testing.T) {
	for _, algorithm := range algo.Algorithms() {
		for _, one := range []struct{ samples, initial, each, longest, want, most int }{
			{600, 60, 10, 0, 10, 54}, // 100 samples, then 50 an iteration
			{600, 60, 10, 20, 27, 54},
			{600, 60, 70, 0, 5, 8},
			{90, 60, 10, 0, 1, 3}, // the initial samples are enough
		} {
			c := tinyOn(t, algorithm, "pointmass", 50)
			c.Samples, c.InitialSamples, c.SamplesPerIteration, c.TrainingHorizon = one.samples, one.initial, one.each, one.longest
			c.Evaluation.Every = 0
			world := openWorld(t, "pointmass", c, 1)
			work := c.Work(world.Task(), 50, 0)
			g := newGameOf(t, world, world.Task(), c, nntest.Reference())
			for played := false; !played || !g.Done(); played = true {
				iterateOnce(t, g)
			}
			if g.Iteration() != work.Iterations || work.Iterations != one.want || work.Most != one.most {
				t.Errorf("%s, %+v: %d iterations played, planned %d, at most %d", algorithm, one, g.Iteration(), work.Iterations, work.Most)
			}
		}
	}
}

func checkPlan(t *testing.T, algorithm algo.Algorithm, longest int, symmetries bool) {
	t.Helper()
	c := tinyOn(t, algorithm, "pointmass", 50)
	c.TrainingHorizon, c.Model.Symmetries = longest, symmetries
	point, err := tasks.Get("pointmass")
	if err != nil {
		t.Fatal(err)
	}
	work := c.Work(point, point.Horizon, 0)
	var mu sync.Mutex
	var last algo.Progress
	backend := nntest.Reference()
	g, err := algo.New(c, backend, openWorld(t, "pointmass", c, 1), point, algo.Options{OnProgress: func(p algo.Progress) {
		mu.Lock()
		defer mu.Unlock()
		if p.Fit < last.Fit || p.PolicyStep < last.PolicyStep {
			t.Errorf("%s: %+v after %+v", algorithm, p, last)
		}
		last = p
	}})
	if err != nil {
		t.Fatal(err)
	}
	record, err := g.Iterate(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if last.PolicyStep != work.PolicySteps || last.PolicyStep != record.Policy.Steps || last.Fit != work.FitSteps[0] {
		t.Errorf("%s, episodes of %d: %+v at the end of an iteration of %d policy steps, planned %d and %d minibatches", algorithm, longest, last,
			record.Policy.Steps, work.PolicySteps, work.FitSteps[0])
	}
	if n := record.Policy.PathSteps; n != work.PathSteps*work.PolicySteps {
		t.Errorf("%s, episodes of %d: %d model decisions, planned %d", algorithm, longest, n, work.PathSteps*work.PolicySteps)
	}
	if err := g.Close(); err != nil {
		t.Error(err)
	}
}

// The first iteration of actor-critic has more policy steps than others.
func TestProgressCountsTheStepsOfTheFirstIteration(t *testing.T) {
	c := briefActorCritic(t)
	world := openWorld(t, "pointmass", c, 1)
	var mu sync.Mutex
	var last algo.Progress
	g, err := algo.New(c, cpuBackend(t), world, world.Task(), algo.Options{OnProgress: func(p algo.Progress) {
		mu.Lock()
		defer mu.Unlock()
		last = p
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	work := c.Work(world.Task(), world.Task().Horizon, 0)
	for i, want := range []int{work.PolicySteps + work.FirstMore, work.PolicySteps} {
		r := iterateOnce(t, g)
		if r.Policy.Steps != want || last.PolicyStep != want || last.PolicySteps != want {
			t.Errorf("iteration %d: %d policy steps, %+v at the end, planned %d", i+1, r.Policy.Steps, last, want)
		}
		if share := work.Share(i+1, algo.Progress{Fit: work.FitSteps[i], PolicyStep: want - 1}); !(share < 1) {
			t.Errorf("iteration %d is done by %g before its last step", i+1, share)
		}
	}
}

// The first iteration of pathwise practises V longer, as planned: a forecast counts it. A path that begins in the last two of 50
// decisions is cut by the end of the episode, so that up to a tenth may be missing.
func TestTheFirstPracticeIsPlanned(t *testing.T) {
	steps := func(times int) (played, planned int) {
		c := pathwise(t, "pointmass")
		c.Model.MinSteps, c.Model.MaxSteps, c.NPG.Steps, c.Pathwise.ValueFirst, c.Pathwise.ValueHorizon = 1, 1, 1, times, 2
		world := openWorld(t, "pointmass", c, 1)
		r := iterateOnce(t, newGameIn(t, world, c, cpuBackend(t)))
		return r.Policy.PathSteps, c.Work(world.Task(), world.Task().Horizon, 0).FirstPaths
	}
	short, none := steps(1)
	long, planned := steps(5)
	if more := float64(long-short) / float64(planned); none != 0 || planned != 4*12*100*2 || !(more > 0.9 && more <= 1) {
		t.Errorf("the first practice is %d decisions longer, planned %d; %d where it is as long as others", long-short, planned, none)
	}
}

// A trial of actor-critic makes the updates of the critics alone as seldom as a run, which cost far less than those of both.
func TestATrialSharesUpdatesAsARunDoes(t *testing.T) {
	c := briefActorCritic(t)
	c.ActorCritic.CriticUpdates, c.ActorCritic.Ratio, c.SamplesPerIteration = 100, 1, 1000
	trial := c.Trial()
	trial.Model.MinSteps, trial.Model.MaxSteps = 1, 1
	r := iterateOnce(t, newGameIn(t, openWorld(t, "pointmass", trial, 1), trial, cpuBackend(t)))
	if r.Policy.Steps != 40 || r.Critic.Updates != 44 {
		t.Errorf("%d updates of the policy among %d, want 40 among 44, as 1000 among 1100", r.Policy.Steps, r.Critic.Updates)
	}
}

// A trial iteration is a valid one of any preset, and its forecast is in proportion to the run.
func TestForecastsAreInProportion(t *testing.T) {
	for _, name := range tasks.Names() {
		world, err := tasks.Get(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, preset := range algo.Presets() {
			for _, algorithm := range algo.Algorithms() {
				c, err := algo.Preset(preset, algorithm, world.Horizon, world.Presets)
				if err != nil {
					t.Fatal(err)
				}
				if problems := c.Trial().Validate(); len(problems) > 0 {
					t.Errorf("%s, %s, %s: trial: %v", name, preset, algorithm, problems)
				}
				record := algo.Record{Samples: 200, Model: algo.ModelRecord{Steps: 30}, Policy: algo.PolicyRecord{PathSteps: 800},
					Timing: algo.Timing{Stages: map[string]float64{"fit": 0.3, "rollout": 0.1, "cg": 0.1, "value": 0.1, "world": 0.01}}}
				short, err := c.Work(world, world.Horizon, 0).Forecast(record)
				if err != nil {
					t.Fatal(err)
				}
				if c.Policy.Player == algo.PlayerPathwise {
					brief := c
					brief.Pathwise.ValueFirst = 1
					if less, err := brief.Work(world, world.Horizon, 0).Forecast(record); err != nil || !(less.First < short.First && less.Whole < short.Whole) {
						t.Errorf("%s, %s, %s: %+v, with a shorter first practice %+v, error %v", name, preset, algorithm, short, less, err)
					}
				}
				c.NPG.Steps *= 2
				c.ActorCritic.Ratio *= 2 // the actor-critic's steps follow the samples
				long, err := c.Work(world, world.Horizon, 0).Forecast(record)
				if err != nil || !(long.Whole > short.Whole && long.Whole < 2*short.Whole && short.First <= short.Whole && short.First > 0) {
					t.Errorf("%s, %s, %s: %+v, with twice the policy steps %+v, error %v", name, preset, algorithm, short, long, err)
				}
			}
		}
	}
}
