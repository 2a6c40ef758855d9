package algo_test

import (
	"context"
	"fmt"
	"math"
	"reflect"
	"slices"
	"testing"

	"github.com/palmal-rl/palmal/algo"
	"github.com/palmal-rl/palmal/nn"
	"github.com/palmal-rl/palmal/nn/nntest"
	"github.com/palmal-rl/palmal/physics"
)

// clerk notes what the game asks of its backend.
type clerk struct {
	nn.Backend
	starts   []nn.Starts
	rollouts []nn.RolloutOptions
	scores   []nn.ScoreOptions
	critics  []nn.AdvantageOptions
	fits     []nn.FitOptions
	values   []nn.ValueFitOptions
	strides  []int
	reports  []nn.ScoreReport
	unseen   []int // rows of each loss on data that no model was fitted to
	value    nn.ValueShape
}

func (c *clerk) NewValue(shape nn.ValueShape, parameters []float32) (nn.Value, error) {
	c.value = shape
	return c.Backend.NewValue(shape, parameters)
}

func (c *clerk) ModelLoss(m nn.Ensemble, data nn.Transitions) ([]float64, error) {
	c.unseen = append(c.unseen, data.Rows())
	return c.Backend.ModelLoss(m, data)
}

func (c *clerk) Fit(m nn.Ensemble, data nn.Transitions, o nn.FitOptions) (nn.FitReport, error) {
	c.fits = append(c.fits, o)
	return c.Backend.Fit(m, data, o)
}

func (c *clerk) Rollout(p nn.Policy, m nn.Ensemble, task nn.Task, starts nn.Starts, o nn.RolloutOptions) (nn.Paths, error) {
	c.starts, c.rollouts = append(c.starts, starts), append(c.rollouts, o)
	return c.Backend.Rollout(p, m, task, starts, o)
}

func (c *clerk) Score(paths nn.Paths, task nn.Task, o nn.ScoreOptions) (nn.ScoreReport, error) {
	c.scores = append(c.scores, o)
	report, err := c.Backend.Score(paths, task, o)
	c.reports = append(c.reports, report)
	return report, err
}

func (c *clerk) Advantages(paths nn.Paths, v nn.Value, o nn.AdvantageOptions) error {
	c.critics = append(c.critics, o)
	return c.Backend.Advantages(paths, v, o)
}

func (c *clerk) FisherVector(product, v []float64, paths nn.Paths, p nn.Policy, stride int) error {
	c.strides = append(c.strides, stride)
	return c.Backend.FisherVector(product, v, paths, p, stride)
}

func (c *clerk) FitValue(v nn.Value, paths nn.Paths, o nn.ValueFitOptions) (nn.ValueReport, error) {
	c.values = append(c.values, o)
	return c.Backend.FitValue(v, paths, o)
}

// unusual is a configuration no number of which is a default.
func unusual(t *testing.T) algo.Config {
	c := tiny(t, algo.PAL)
	c.Repeat, c.Seed = 2, 9
	c.Model.MinSteps, c.Model.MaxSteps, c.Model.LearningRate, c.Model.WeightDecay = 7, 50, 2e-3, 3e-4
	c.Model.Anneal = 0.4
	c.Model.Scaling, c.Model.Shift, c.Model.Loss = "mad", true, "raw"
	c.Value.Epochs, c.Value.Batch, c.Value.MinSteps, c.Value.LearningRate, c.Value.WeightDecay = 1, 16, 40, 4e-3, 5e-4
	c.NPG.Gamma, c.NPG.Lambda, c.NPG.Clamp, c.NPG.Horizon, c.NPG.FisherStride = 0.9, 0.8, 60, 11, 3
	c.Value.Clip, c.Value.TimeScale, c.Value.Finite = 2, 70, true
	c.NPG.MinPathLength, c.Diagnostics = 1, 0
	return c
}

// Every key of the configuration that is a backend's to obey reaches it, and nothing else.
func TestBackendIsToldWhatTheConfigurationSays(t *testing.T) {
	c := unusual(t)
	k := &clerk{Backend: nntest.Reference()}
	g := newGame(t, c, k, 1)
	if _, err := g.Iterate(context.Background()); err != nil {
		t.Fatal(err)
	}
	adam := nn.DefaultAdam()
	adam.Rate, adam.Decay = 2e-3, 3e-4
	same(t, "fit", k.fits, nn.FitOptions{Epochs: 2, Batch: 16, MinSteps: 7, MaxSteps: 50, Adam: adam, Anneal: 0.4,
		Scaling: nn.MeanAbsoluteDeviation, RawLoss: true, Seed: 9})
	for i := range k.rollouts {
		if k.rollouts[i].Index != uint64(i) {
			t.Errorf("rollout %d has the number %d", i, k.rollouts[i].Index)
		}
		k.rollouts[i].Index = 0
	}
	same(t, "rollout", k.rollouts, nn.RolloutOptions{Horizon: 11, TimeLimit: 100, Clamp: 60, Terminate: true, Seed: 9})
	same(t, "score", k.scores, nn.ScoreOptions{RewardScale: 2, MinLength: 1, Members: 2})
	same(t, "advantages", k.critics, nn.AdvantageOptions{Gamma: 0.9, Lambda: 0.8, Whiten: true})
	same(t, "stride of the Fisher matrix", k.strides, 3)
	if v := k.value; v.Clip != 2 || v.TimeScale != 70 || v.Limit != 100 {
		t.Errorf("value network that clips at %g with a time scale of %g and ends at %d, want 2, 70 and 100", v.Clip, v.TimeScale, v.Limit)
	}
	adam.Rate, adam.Decay = 4e-3, 5e-4
	for i, o := range k.values {
		rows := k.reports[i].Steps
		perEpoch := (rows + 15) / 16
		want := nn.ValueFitOptions{Epochs: (40 + perEpoch - 1) / perEpoch, Batch: 16, Adam: adam, Seed: 9}
		if o != want || want.Epochs < 2 {
			t.Errorf("value fit %d to %d steps by %+v, want %+v", i, rows, o, want)
		}
	}
}

// The other side of the keys that name a choice.
func TestBackendIsToldTheOtherChoices(t *testing.T) {
	c := unusual(t)
	c.Model.Scaling, c.Model.Shift, c.Model.Loss, c.Model.LearnReward = "std", false, "normalised", true
	c.Value.Bootstrap, c.NPG.Horizon = false, 500
	k := &clerk{Backend: nntest.Reference()}
	g := newGame(t, c, k, 1)
	if _, err := g.Iterate(context.Background()); err != nil {
		t.Fatal(err)
	}
	if o := k.fits[0]; !o.NoShift || o.RawLoss || o.Scaling != nn.StandardDeviation {
		t.Errorf("fit by %+v", o)
	}
	if o := k.rollouts[0]; o.Horizon != 100 {
		t.Errorf("rollouts of %d decisions, an episode has 100", o.Horizon)
	}
	// What a model learns is the reward of a decision already.
	same(t, "score", k.scores, nn.ScoreOptions{RewardScale: 1, MinLength: 1, Learned: true, Members: 2})
	if !k.critics[0].CutToZero {
		t.Error("returns of cut paths are bootstrapped although value.bootstrap is off")
	}
}

// Paths that are too short to learn from are in no mean of a policy step; the return that the model
// predicts counts them, as the world counts short episodes.
func TestDroppedPathsAreInNoMean(t *testing.T) {
	c := tiny(t, algo.PAL)
	c.NPG.MinPathLength, c.NPG.Horizon, c.NPG.StartsPerMember, c.Model.Epochs = 20, 100, 20, 50
	k := &clerk{Backend: nntest.Reference()}
	g := newGame(t, c, k, 1)
	record, err := g.Iterate(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	last, total, kept := k.reports[c.NPG.Steps-1], 0.0, 0
	for i, length := range last.Lengths {
		if length > 0 {
			total += last.Returns[i]
			kept++
		}
	}
	if kept == 0 || kept == len(last.Lengths) {
		t.Fatalf("%d of %d paths are kept: the test shows nothing", kept, len(last.Lengths))
	}
	if record.Policy.Paths != kept || !(math.Abs(float64(record.Policy.ModelReturn)-total/float64(kept)) <= 1e-9) {
		t.Errorf("%d paths of mean return %g, want %d of %g", record.Policy.Paths, record.Policy.ModelReturn, kept, total/float64(kept))
	}
	if prediction := k.scores[len(k.scores)-1]; prediction.MinLength != 0 {
		t.Errorf("the prediction drops paths shorter than %d", prediction.MinLength)
	}
}

func same[T any](t *testing.T, what string, got []T, want T) {
	t.Helper()
	if len(got) == 0 {
		t.Errorf("no %s", what)
	}
	for i := range got {
		if !reflect.DeepEqual(got[i], want) {
			t.Errorf("%s %d: %+v, want %+v", what, i, got[i], want)
		}
	}
}

// witness remembers the episodes of a world.
type witness struct {
	algo.World
	episodes [][]float32 // observations [T+1,O]
}

func (w *witness) Sample(ctx context.Context, seed, first uint64, newActor func() algo.ActFunc, keep algo.KeepFunc) error {
	return w.World.Sample(ctx, seed, first, newActor, func(e algo.Episode) bool {
		w.episodes = append(w.episodes, slices.Clone(e.Observations))
		return keep(e)
	})
}

// Model paths start from real states, which keep their time: the configured fraction from anywhere in
// the recent episodes, the others where episodes began.
func TestModelPathsStartFromRealStates(t *testing.T) {
	c := tiny(t, algo.PAL)
	c.NPG.StartsPerMember, c.NPG.BufferStarts, c.Diagnostics = 20, 0.7, 0
	c.Evaluation.Every, c.Evaluation.StopAt = 0, math.Inf(1)
	world, err := physics.Open(builtin(t, "cartpole"), physics.Options{Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer world.Close()
	k, w := &clerk{Backend: nntest.Reference()}, &witness{World: world}
	g, err := algo.New(c, k, w, world.Task(), algo.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	if _, err := g.Iterate(context.Background()); err != nil {
		t.Fatal(err)
	}
	const width = 4
	late := 0
	for _, starts := range k.starts {
		obs := starts.Observations.Data().([]float32)
		for i, time := range starts.Times {
			state := obs[i*width : (i+1)*width]
			if !slices.ContainsFunc(w.episodes, func(e []float32) bool {
				at := int(time) * width
				return at+width <= len(e) && slices.Equal(e[at:at+width], state)
			}) {
				t.Errorf("start %d at time %g is in no episode: %v", i, time, state)
			}
			if i < 6 && time != 0 {
				t.Errorf("start %d of 6 initial ones has the time %g", i, time)
			}
			if time > 0 {
				late++
			}
		}
	}
	// The odd one of 28 intermediate states is the first of its episode.
	if len(k.starts) != 2 || late < 20 {
		t.Errorf("%d rollouts with %d starts inside an episode, want 2 with about 28", len(k.starts), late)
	}
	var first []string
	for _, e := range w.episodes {
		first = append(first, fmt.Sprint(e[:width]))
	}
	slices.Sort(first)
	if n := len(slices.Compact(slices.Clone(first))); n != len(first) {
		t.Errorf("%d episodes begin in %d states: some were drawn again", len(first), n)
	}
	if slices.Equal(k.starts[0].Observations.Data().([]float32), k.starts[1].Observations.Data().([]float32)) {
		t.Error("two rollouts have the same starts")
	}
}
