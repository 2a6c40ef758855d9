package algo_test

import (
	"context"
	"fmt"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gorgonia.org/tensor"

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
	c.Model.Scaling, c.Model.Shift, c.Model.Loss = "mad", true, "raw"
	c.Value.Epochs, c.Value.Batch, c.Value.MinSteps, c.Value.LearningRate, c.Value.WeightDecay = 1, 16, 40, 4e-3, 5e-4
	c.NPG.Gamma, c.NPG.Lambda, c.NPG.Clamp, c.NPG.Horizon, c.NPG.FisherStride = 0.9, 0.8, 60, 11, 3
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
	same(t, "fit", k.fits, nn.FitOptions{Epochs: 2, Batch: 16, MinSteps: 7, MaxSteps: 50, Adam: adam,
		Scaling: nn.MeanAbsoluteDeviation, RawLoss: true, Seed: 9})
	for i := range k.rollouts {
		if k.rollouts[i].Index != uint64(i) {
			t.Errorf("rollout %d has the number %d", i, k.rollouts[i].Index)
		}
		k.rollouts[i].Index = 0
	}
	same(t, "rollout", k.rollouts, nn.RolloutOptions{Horizon: 11, TimeLimit: 100, Clamp: 60, Terminate: true, Seed: 9})
	same(t, "score", k.scores, nn.ScoreOptions{RewardScale: 2, MinLength: 1})
	same(t, "advantages", k.critics, nn.AdvantageOptions{Gamma: 0.9, Lambda: 0.8, Whiten: true})
	same(t, "stride of the Fisher matrix", k.strides, 3)
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
	same(t, "score", k.scores, nn.ScoreOptions{RewardScale: 1, MinLength: 1, Learned: true})
	if !k.critics[0].CutToZero {
		t.Error("returns of cut paths go on although value.bootstrap is off")
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

func same[T comparable](t *testing.T, what string, got []T, want T) {
	t.Helper()
	if len(got) == 0 {
		t.Errorf("no %s", what)
	}
	for i := range got {
		if got[i] != want {
			t.Errorf("%s %d: %+v, want %+v", what, i, got[i], want)
		}
	}
}

// witness remembers the episodes of a world.
type witness struct {
	algo.World
	episodes [][]float32 // observations [T+1,O]
}

func (w *witness) Play(ctx context.Context, seed, first uint64, newActor func() algo.ActFunc, keep algo.KeepFunc) error {
	return w.World.Play(ctx, seed, first, newActor, func(obs, act, rewards *tensor.Dense, samples int, terminated bool, success float64) bool {
		w.episodes = append(w.episodes, slices.Clone(obs.Data().([]float32)))
		return keep(obs, act, rewards, samples, terminated, success)
	})
}

// Model paths start from real states, which keep their time: the configured fraction from anywhere in
// the recent episodes, the others where episodes began.
func TestModelPathsStartFromRealStates(t *testing.T) {
	c := tiny(t, algo.PAL)
	c.NPG.StartsPerMember, c.NPG.BufferStarts, c.Diagnostics, c.Evaluation.Every = 20, 0.7, 0, 0
	world, err := physics.Open("cartpole", physics.Options{Workers: 1})
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
	// Of 28 intermediate states the odd one is the first of its episode.
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

// surveyor measures policy steps where they end: in Surrogate the parameters are new and the paths
// still those that the step was made from.
type surveyor struct {
	nn.Backend
	damping  float64
	stride   int
	before   []float32
	gradient []float64
	lengths  []float64 // dᵀ(F+λ)d of each step d
	cosines  []float64 // between (F+λ)d and the gradient
}

func (s *surveyor) PolicyGradient(gradient []float64, paths nn.Paths, p nn.Policy) (err error) {
	if err := s.Backend.PolicyGradient(gradient, paths, p); err != nil {
		return err
	}
	s.gradient = slices.Clone(gradient)
	s.before, err = p.Parameters()
	return err
}

func (s *surveyor) Surrogate(paths nn.Paths, p nn.Policy) (gain, kl float64, err error) {
	after, err := p.Parameters()
	if err != nil {
		return 0, 0, err
	}
	step, product := make([]float64, len(after)), make([]float64, len(after))
	for i := range after {
		step[i] = float64(after[i]) - float64(s.before[i])
	}
	if err := p.SetParameters(s.before); err != nil {
		return 0, 0, err
	}
	if err := s.Backend.FisherVector(product, step, paths, p, s.stride); err != nil {
		return 0, 0, err
	}
	floats.AddScaled(product, s.damping, step)
	s.lengths = append(s.lengths, floats.Dot(step, product))
	s.cosines = append(s.cosines, floats.Dot(product, s.gradient)/(floats.Norm(product, 2)*floats.Norm(s.gradient, 2)))
	if err := p.SetParameters(after); err != nil {
		return 0, 0, err
	}
	return s.Backend.Surrogate(paths, p)
}

// Line 13 of subroutine 1: the step is along (F+λ)⁻¹g, uphill, and its length in that metric is √δ.
func TestPolicyStepIsTheNormalisedNaturalGradient(t *testing.T) {
	c := tiny(t, algo.PAL)
	c.NPG.StepSize, c.NPG.CGDamping, c.NPG.FisherStride = 0.03, 0.2, 2
	c.NPG.CGIterations, c.NPG.CGTolerance, c.Policy.MinLogStd, c.Policy.MaxLogStd = 200, 1e-24, -20, 20
	s := &surveyor{Backend: nntest.Reference(), damping: 0.2, stride: 2}
	g := newGame(t, c, s, 1)
	record, err := g.Iterate(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if len(s.lengths) != c.NPG.Steps {
		t.Fatalf("%d steps, want %d", len(s.lengths), c.NPG.Steps)
	}
	for i := range s.lengths {
		// The parameters are rounded to float32: 1e-7 of numbers up to 1 in steps of about 0.1.
		if !(math.Abs(s.lengths[i]-0.03) <= 1e-5) {
			t.Errorf("step %d: squared length %g, want 0.03", i, s.lengths[i])
		}
		if !(s.cosines[i] >= 1-1e-5) {
			t.Errorf("step %d: cosine between (F+λ)d and g is %g", i, s.cosines[i])
		}
	}
	if !(record.Policy.CGResidual <= 1e-9) {
		t.Errorf("residual %g", record.Policy.CGResidual)
	}
}

// The gradient of the entropy is its coefficient for every log σ: a large one outweighs the paths and
// drives σ up, to the ceiling and not above.
func TestEntropyRaisesTheNoiseUpToItsCeiling(t *testing.T) {
	spread := func(entropy, stepSize float64) algo.Number {
		c := tiny(t, algo.PAL)
		c.NPG.Entropy, c.NPG.StepSize, c.Policy.MaxLogStd, c.Policy.MinLogStd = entropy, stepSize, 0.5, -1.5
		g := newGame(t, c, nntest.Reference(), 1)
		record, err := g.Iterate(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		std := record.Policy.Std[0]
		// Of a Gaussian: log σ + ½ log 2πe = log σ + 1.4189385.
		if want := math.Log(float64(std)) + 1.4189385; !(math.Abs(float64(record.Policy.Entropy)-want) <= 1e-6) {
			t.Errorf("entropy %g for σ = %g, want %g", record.Policy.Entropy, std, want)
		}
		return std
	}
	start := algo.Number(math.Exp(-1))
	if std := spread(1000, 0.05); !(std > start*1.2) {
		t.Errorf("σ = %g after two steps for entropy, from %g", std, start)
	}
	if std := spread(1000, 50); !(math.Abs(float64(std)-math.Exp(0.5)) <= 1e-6) {
		t.Errorf("σ = %g after long steps for entropy, the ceiling is %g", std, math.Exp(0.5))
	}
}

// A policy that gains by less noise stops at the floor, be its steps ever so long.
func TestNoiseStaysAboveItsFloor(t *testing.T) {
	reached := false
	for seed := range uint64(4) {
		c := tiny(t, algo.PAL)
		c.Seed, c.NPG.StepSize, c.Policy.MinLogStd, c.Policy.InitialLogStd = seed, 10, -1, -0.9
		g := newGame(t, c, nntest.Reference(), 1)
		record, err := g.Iterate(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		std, floor := float64(record.Policy.Std[0]), math.Exp(-1)
		if !(std >= floor*(1-1e-6)) {
			t.Errorf("seed %d: σ = %g, the floor is %g", seed, std, floor)
		}
		reached = reached || std <= floor*(1+1e-6)
	}
	if !reached {
		t.Error("no seed reaches the floor: the test shows nothing")
	}
}

// Evaluations come when they are due, at the samples that made the policy, and end a run once two of
// them reach the return to stop at.
func TestEvaluationsAreBookedAtTheSamplesThatMadeThePolicy(t *testing.T) {
	c := tiny(t, algo.PAL)
	c.Evaluation.Every, c.Evaluation.StopAt, c.Samples = 2, 0, 1_000_000
	g := newGame(t, c, nntest.Reference(), 1)
	before := 0
	for i := 1; i <= 4; i++ {
		if g.Done() {
			t.Fatalf("done before iteration %d", i)
		}
		record, err := g.Iterate(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if due := i%2 == 0; due != (record.Evaluation != nil) {
			t.Errorf("iteration %d: evaluated: %v", i, record.Evaluation != nil)
		}
		if record.Evaluation != nil && record.Evaluation.Samples != before {
			t.Errorf("iteration %d: evaluation at %d samples, the policy had %d", i, record.Evaluation.Samples, before)
		}
		if i > 1 && record.Sampled.Samples != before {
			t.Errorf("iteration %d: sampled at %d samples, the policy had %d", i, record.Sampled.Samples, before)
		}
		before = record.Samples
	}
	if !g.Done() {
		t.Error("not done after two evaluations that reach the return to stop at")
	}
}

// judged is a world in which evaluations go as a script says: well or not.
type judged struct {
	algo.World
	training uint64 // seed of the episodes that are no evaluation
	begun    bool
	script   []bool
}

func (w *judged) Play(ctx context.Context, seed, first uint64, newActor func() algo.ActFunc, keep algo.KeepFunc) error {
	if !w.begun {
		w.training, w.begun = seed, true
	}
	spoil := false
	if seed != w.training {
		spoil, w.script = !w.script[0], w.script[1:]
	}
	return w.World.Play(ctx, seed, first, newActor, func(obs, act, rewards *tensor.Dense, samples int, terminated bool, success float64) bool {
		if spoil {
			clear(rewards.Data().([]float64))
		}
		return keep(obs, act, rewards, samples, terminated, success)
	})
}

// One good evaluation may be luck: two in a row end a run, even with an interruption between them.
func TestRunsEndAfterTwoGoodEvaluationsInARow(t *testing.T) {
	c := tiny(t, algo.PAL)
	c.Evaluation.StopAt, c.Samples = 1, 1_000_000
	world, err := physics.Open("cartpole", physics.Options{Workers: 1})
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
	// The third model meets what was collected after the second fit: in the second iteration.
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
	const episode = 200 // at most, and each of the two times may take one more than it needs
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
	c.NPG.Horizon = 8 // before any pole has fallen
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
