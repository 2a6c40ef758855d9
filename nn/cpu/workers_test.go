package cpu

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/palmal-rl/palmal/nn"
)

// record is everything that an iteration computed, as bytes.
type record struct {
	testing.TB
	bytes.Buffer
}

func (r *record) put(numbers any) {
	r.Helper()
	must(r, binary.Write(r, binary.LittleEndian, numbers))
}

func (r *record) state(n nn.Network) {
	r.Helper()
	state, err := n.Save()
	must(r, err)
	for _, array := range state {
		r.put(array.Value.Data())
	}
}

// paths records the columns up to the length of each path; entries beyond it are undefined.
func (r *record) paths(p nn.Paths) {
	r.Helper()
	c, err := p.Download()
	must(r, err)
	n, t := len(c.Lengths), c.Actions.Shape()[1]
	for _, column := range []any{c.Observations.Data(), c.Actions.Data(), c.Means.Data(), c.Rewards.Data(), c.Advantages.Data(), c.Returns.Data()} {
		numbers := column.([]float32)
		for i, length := range c.Lengths {
			path := numbers[i*len(numbers)/n : (i+1)*len(numbers)/n]
			r.put(path[:length*len(path)/(t+1)])
		}
	}
}

// iteration runs one iteration of the game on the given number of workers and records all results.
func iteration(t testing.TB, workers int, s sizes) []byte {
	w, r := newWorld(t, workers, s), &record{TB: t}
	w.task.limit, w.rollout.Terminate = 3, true
	w.fit.Epochs, w.fit.Batch = 2, 33
	w.critic.Batch = 37
	fit, err := w.Fit(w.model, w.data, w.fit)
	must(t, err)
	r.put(fit.Last)
	losses, err := w.ModelLoss(w.model, w.data)
	must(t, err)
	r.put(losses)
	paths := w.sample(t)
	gradient := make([]float64, w.policy.Shape().Parameters())
	product := make([]float64, len(gradient))
	must(t, w.PolicyGradient(gradient, paths, w.policy))
	for range 2 { // the second uses the activations of the first
		must(t, w.FisherVector(product, gradient, paths, w.policy, 3))
		r.put(gradient)
		r.put(product)
	}
	gain, kl, err := w.Surrogate(paths, w.policy)
	must(t, err)
	r.put([]float64{gain, kl})
	report, err := w.FitValue(w.value, paths, w.critic)
	must(t, err)
	r.put([]float64{report.Before, report.After})
	r.paths(paths)
	for _, network := range []nn.Network{w.model, w.policy, w.value} {
		r.state(network)
	}
	must(t, paths.Close())
	r.derivatives(w)
	return r.Bytes()
}

// derivatives records a rollout in drawn members, and its gradient.
func (r *record) derivatives(w *world) {
	r.Helper()
	w.rollout.Draw, w.rollout.Index = nn.DrawStep, 1
	paths := w.sample(r)
	first, second := make([]float64, w.policy.Shape().Parameters()), make([]float64, w.policy.Shape().Parameters())
	must(r, w.PathwiseGradient(first, second, paths, w.policy, w.model, w.value, w.task,
		nn.PathwiseOptions{Gamma: 0.9, Score: nn.ScoreOptions{RewardScale: 1}, Rollout: w.rollout}))
	r.put(first)
	r.put(second)
	r.paths(paths)
	must(r, paths.Close())
}

// careful is small, with gaussian members and all that a fit may do besides.
func careful() sizes {
	s := small()
	s.gaussian, s.care = &nn.Gaussian{Activation: nn.SiLU, LayerNorm: true}, nn.Care{HoldOut: 0.3, Bootstrap: true, LayerDecay: 0.1, Restart: true, Dropout: 0.2}
	return s
}

// TestWorkersDoNotChangeResults also repeats each run, because threads take pieces in another order
// every time.
func TestWorkersDoNotChangeResults(t *testing.T) {
	large := small()
	large.starts, large.horizon, large.policyHidden, large.modelHidden = 150, 12, []int{64, 64}, []int{128, 70}
	smooth, byState := careful(), small()
	byState.gaussian, byState.care = &nn.Gaussian{ByState: true}, nn.Care{HoldOut: 0.2, Beta: 0.5, Dropout: 0.1}
	held := small()
	held.care = nn.Care{HoldOut: 0.3, Bootstrap: true, LayerDecay: 0.1}
	half, split := large, careful()
	half.precision, split.precision = nn.BF16, nn.BF16x3
	tiles, vectors := half, half // both kinds of instructions, in Go where the processor lacks them
	tiles.units, vectors.units = unitsBy("AMX"), unitsBy("AVX512_BF16")
	for name, s := range map[string]sizes{"small": small(), "large": large, "smooth": smooth, "by state": byState, "held out": held, "bf16": half, "bf16x3": split, "bf16 by AMX": tiles, "bf16 by AVX512_BF16": vectors} {
		if raced && name == "bf16 by AVX512_BF16" {
			continue // writes less than AMX: no turned words
		}
		want := iteration(t, 1, s)
		for _, workers := range []int{1, 2, 3, 5, 16} {
			if got := iteration(t, workers, s); !bytes.Equal(got, want) {
				t.Errorf("%s: %d workers compute other bytes than one", name, workers)
			}
		}
	}
}

func abs(x float64) float64 { return max(x, -x) }

// failing fails in some tasks and counts those that ran.
type failing struct{ ran atomic.Int32 }

func (f *failing) run(_ *worker, task int) error {
	f.ran.Add(1)
	if task%3 == 1 {
		return fmt.Errorf("task %d", task)
	}
	return nil
}

func TestFirstFailureIsReported(t *testing.T) {
	b := newBackend(t, 4)
	for range 100 {
		job := &failing{}
		err := b.machine.workers.each(20, job)
		if err == nil || err.Error() != "task 1" || job.ran.Load() != 20 {
			t.Fatalf("error %v after %d tasks, want that of task 1 after 20", err, job.ran.Load())
		}
	}
}

// allocationRuns is large enough for the few calls in which each worker fills its arena to round to 0.
const allocationRuns = 60

// TestSteadyStateDoesNotAllocate compares long with short calls of methods that allocate a report; other
// methods must allocate nothing.
func TestSteadyStateDoesNotAllocate(t *testing.T) {
	half := small()
	half.precision = nn.BF16
	for name, s := range map[string]sizes{"small": small(), "careful": careful(), "bf16": half} {
		t.Run(name, func(t *testing.T) { steadyState(t, newWorld(t, 2, s)) })
	}
}

func steadyState(t *testing.T, w *world) {
	if raced || w.machine.library.plain {
		t.Skip("the race detector and gonum allocate")
	}
	fit := func(steps int) float64 {
		options := w.fit
		options.Batch, options.Epochs, options.MaxSteps = 10, steps, steps
		return testing.AllocsPerRun(allocationRuns, func() {
			_, err := w.Fit(w.model, w.data, options)
			must(t, err)
		})
	}
	if short, long := fit(10), fit(200); !(long <= short) {
		t.Errorf("a fit of 200 steps allocates %g times, of 10 steps %g times", long, short)
	}
	rollout := func(horizon int, draw nn.Draw) float64 {
		options := w.rollout
		options.Draw = draw
		return testing.AllocsPerRun(allocationRuns, func() {
			options.Horizon = horizon
			paths, err := w.Rollout(w.policy, w.model, w.task, w.starts, options)
			must(t, err)
			must(t, paths.Close())
		})
	}
	for _, draw := range []nn.Draw{nn.DrawAll, nn.DrawStep} {
		if short, long := rollout(10, draw), rollout(200, draw); !(long <= short) {
			t.Errorf("a rollout of 200 steps with draw %d allocates %g times, of 10 steps %g times", draw, long, short)
		}
	}
	if short, long := w.derivativeAllocations(t, 5), w.derivativeAllocations(t, 60); !(long <= short) {
		t.Errorf("a gradient through 60 steps allocates %g times, through 5 steps %g times", long, short)
	}
	paths := w.sample(t)
	v := make([]float64, w.policy.Shape().Parameters())
	product := make([]float64, len(v))
	for name, call := range map[string]func() error{
		"gradient":   func() error { return w.PolicyGradient(v, paths, w.policy) },
		"fisher":     func() error { return w.FisherVector(product, v, paths, w.policy, 1) },
		"surrogate":  func() error { _, _, err := w.Surrogate(paths, w.policy); return err },
		"advantages": func() error { return w.Advantages(paths, w.value, w.gae) },
		"value fit":  func() error { _, err := w.FitValue(w.value, paths, w.critic); return err },
	} {
		if n := testing.AllocsPerRun(allocationRuns, func() { must(t, call()) }); n != 0 {
			t.Errorf("%s allocates %g times", name, n)
		}
	}
}

// derivativeAllocations counts those of a gradient through paths of a length.
func (w *world) derivativeAllocations(t testing.TB, horizon int) float64 {
	options := w.rollout
	options.Draw, options.Horizon = nn.DrawStep, horizon
	paths, err := w.Rollout(w.policy, w.model, w.task, w.starts, options)
	must(t, err)
	first, second := make([]float64, w.policy.Shape().Parameters()), make([]float64, w.policy.Shape().Parameters())
	count := testing.AllocsPerRun(allocationRuns, func() {
		must(t, w.PathwiseGradient(first, second, paths, w.policy, w.model, w.value, w.task,
			nn.PathwiseOptions{Gamma: 0.9, Score: nn.ScoreOptions{RewardScale: 1}, Rollout: options}))
	})
	must(t, paths.Close())
	return count
}

func TestSGEMMRateIsPositive(t *testing.T) {
	w := newWorld(t, 2, small())
	rate, err := w.SGEMMRate(w.model.Shape().FitStep(20), 1)
	must(t, err)
	if !(rate > 0) {
		t.Errorf("rate %g", rate)
	}
	if _, err := w.SGEMMRate(nil, 1); err == nil {
		t.Errorf("a rate of no products is given")
	}
}
