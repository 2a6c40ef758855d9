package algo_test

import (
	"context"
	"math"
	"reflect"
	"testing"

	"github.com/palmal-rl/palmal/algo"
	"github.com/palmal-rl/palmal/nn"
	"github.com/palmal-rl/palmal/nn/nntest"
	"github.com/palmal-rl/palmal/physics"
)

// judged is a world in which evaluations go as a script says: well or not.
type judged struct {
	algo.World
	training uint64 // seed of the episodes that are no evaluation
	begun    bool
	script   []bool
}

func (w *judged) Sample(ctx context.Context, seed, first uint64, newActor func() algo.ActFunc, keep algo.KeepFunc) error {
	if !w.begun {
		w.training, w.begun = seed, true
	}
	spoil := false
	if seed != w.training {
		spoil, w.script = !w.script[0], w.script[1:]
	}
	return w.World.Sample(ctx, seed, first, newActor, func(e algo.Episode) bool {
		if spoil {
			clear(e.Rewards)
		}
		return keep(e)
	})
}

// One good evaluation may be luck: two in a row end a run, even with an interruption between them.
func TestRunsEndAfterTwoGoodEvaluationsInARow(t *testing.T) {
	c := tiny(t, algo.PAL)
	c.Evaluation.StopAt, c.Samples = 1, 1_000_000
	world, err := physics.Open(builtin(t, "cartpole"), physics.Options{Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer world.Close()
	script := []bool{true, false, true, true}
	play := &judged{World: world, script: script}
	begin := func() *algo.Game {
		g, err := algo.New(c, nntest.Reference(), play, world.Task(), algo.Options{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { g.Close() })
		return g
	}
	g := begin()
	for i := range script {
		if i == 3 {
			snapshot, err := g.Save()
			if err != nil {
				t.Fatal(err)
			}
			g = begin()
			if err := g.Restore(snapshot); err != nil {
				t.Fatal(err)
			}
		}
		if g.Done() {
			t.Fatalf("done after %d evaluations of %v", i, script)
		}
		if _, err := g.Iterate(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	if !g.Done() {
		t.Errorf("not done after %v", script)
	}
}

// What a model has been fitted to says nothing about generalisation.
func TestGeneralisationIsMeasuredOnNewDataOnly(t *testing.T) {
	c := tiny(t, algo.PAL)
	c.Buffer = 0
	k := &clerk{Backend: nntest.Reference()}
	g := newGame(t, c, k, 1)
	samples := []int{0}
	for range 3 {
		record, err := g.Iterate(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		samples = append(samples, record.Samples)
	}
	// The third fit measures its loss on what was collected after the second one: in the second iteration.
	if len(k.unseen) != 2 || k.unseen[1] != samples[2]-samples[1] {
		t.Errorf("losses on %v new rows; samples after each iteration %v", k.unseen, samples)
	}
}

// N counts environment steps, not decisions of several.
func TestIterationsCollectEnvironmentSteps(t *testing.T) {
	c := tiny(t, algo.PAL)
	c.Repeat, c.InitialSamples, c.SamplesPerIteration, c.Buffer = 2, 500, 500, 700
	k := &scribe{Backend: nntest.Reference()}
	g := newGame(t, c, k, 1)
	record, err := g.Iterate(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	const episode = 200 // the most; each of the two times may take one more than it needs
	if record.Samples < 1000 || record.Samples >= 1000+2*episode {
		t.Errorf("%d samples for 500 and 500", record.Samples)
	}
	if k.moves[0] < "M250" || k.moves[0] >= "M350" {
		t.Errorf("500 steps and up to an episode more make %s rows of two steps", k.moves[0])
	}
}

// Prediction and realisation are returns of the same decisions, of which cartpole pays 1 each.
func TestPredictedAndRealisedReturnsAreOfTheSameDecisions(t *testing.T) {
	c := tiny(t, algo.PAL)
	c.NPG.Horizon = 8 // no pole has fallen by then
	g := newGame(t, c, nntest.Reference(), 1)
	record, err := g.Iterate(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if record.Model.Realised != 8 || record.Model.Predicted != 8 || !(record.Sampled.Return > 8) {
		t.Errorf("realised %g, predicted %g of 8 decisions, %g of all", record.Model.Realised, record.Model.Predicted, record.Sampled.Return)
	}
}

// The first iteration's rate counts the initial data, whose time it has too.
func TestRateCountsAllThatWasSampled(t *testing.T) {
	g := newGame(t, tiny(t, algo.PAL), nntest.Reference(), 1)
	before := 0
	for range 2 {
		record, err := g.Iterate(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		want := float64(record.Samples-before) / record.Timing.Stages[string(algo.StageWorld)]
		if !(math.Abs(record.Timing.SamplesPerSecond-want) <= 1e-9*want) {
			t.Errorf("iteration %d: %g samples per second, want %g", record.Iteration, record.Timing.SamplesPerSecond, want)
		}
		before = record.Samples
	}
}

// Measuring the gradient tells something and changes nothing else.
func TestMeasuringTheGradientChangesNothing(t *testing.T) {
	iterate := func(measure bool) (algo.Record, algo.Snapshot) {
		c := tiny(t, algo.PAL)
		c.Measure = measure
		return oneIteration(t, c)
	}
	plain, before := iterate(false)
	measured, after := iterate(true)
	if !math.IsNaN(float64(plain.Policy.Cosine)) || !(math.Abs(float64(measured.Policy.Cosine)) <= 1) || !(measured.Policy.Explained > 0) {
		t.Errorf("cosine %g without and %g with the measurement, explained %g", plain.Policy.Cosine, measured.Policy.Cosine, measured.Policy.Explained)
	}
	if !reflect.DeepEqual(before.Groups, after.Groups) {
		t.Error("the snapshots differ")
	}
}

// Predicting the return tells something and changes nothing else.
func TestPredictingTheReturnChangesNothing(t *testing.T) {
	brief := pathwise(t, "pointmass")
	brief.InitialSamples, brief.Model.MinSteps, brief.Model.MaxSteps, brief.NPG.Steps, brief.Pathwise.ValueRolls = 100, 10, 10, 2, 1
	for name, c := range map[string]algo.Config{"npg": tinyOn(t, algo.PAL, "pointmass", 50), "pathwise": brief, "actor-critic": briefActorCritic(t)} {
		var groups []map[string]nn.State
		for _, starts := range []int{0, 3} {
			c.Diagnostics = starts
			g := newGameIn(t, openWorld(t, "pointmass", c, 1), c, cpuBackend(t))
			if r := iterateOnce(t, g); math.IsNaN(float64(r.Model.Predicted)) != (starts == 0) {
				t.Errorf("%s: predicted return %g from %d starts", name, r.Model.Predicted, starts)
			}
			snapshot, err := g.Save()
			if err != nil {
				t.Fatal(err)
			}
			groups = append(groups, snapshot.Groups)
		}
		if !reflect.DeepEqual(groups[0], groups[1]) {
			t.Errorf("%s: the snapshots differ", name)
		}
	}
}
