package algo

import (
	"math"
	"sync"

	"github.com/palmal-rl/palmal/nn"
)

// Work counts the work of a run whose episodes and model paths last to their limits; it is less where
// they end earlier.
type Work struct {
	Iterations  int
	Most        int   // iterations, where every episode ends after its first step
	FitSteps    []int // minibatches, by iteration
	PolicySteps int   // policy steps of one iteration
	FirstMore   int   // policy steps that the first iteration has more
	PathSteps   int   // model decisions in one policy step
	FirstPaths  int   // model decisions that the value network's first practice has more, see PathwiseConfig.ValueFirst
	ValueRows   int   // rows of the value network's fit in one policy step, all epochs together
	Samples     int   // environment steps in one iteration, its evaluation included

	// These are FLOPs of the matrix products of a minibatch and of a policy step, to weigh one against the other.
	FitFLOPs, PolicyFLOPs float64
}

// policySteps is the number of policy steps of an iteration, the first or another; 0 for a player without a policy to improve.
func (c Config) policySteps(first bool) int {
	if c.Policy.Player == PlayerPlan && c.Plan.Around == aroundZero {
		return 0
	}
	if c.Policy.Player == PlayerActorCritic {
		_, both := c.updates(first)
		return both
	}
	return c.NPG.Steps
}

// pathSteps is the number of model decisions in one policy step, in episodes of some decisions. What the pathwise
// player and the actor-critic one play besides is shared among their steps.
func (c Config) pathSteps(members, decisions int) int {
	if p := c.Pathwise; c.Policy.Player == PlayerPathwise {
		return p.Starts*min(p.Horizon, decisions) + p.practice(decisions)/c.NPG.Steps
	}
	if a := c.ActorCritic; c.Policy.Player == PlayerActorCritic {
		critics, both := c.updates(false)
		spread := (critics + both + a.Refill - 1) / a.Refill * a.SpreadStarts * min(a.SpreadHorizon, decisions)
		return ((critics+both)*a.Rows*min(a.Horizon, decisions) + spread) / both
	}
	return members * c.NPG.StartsPerMember * min(c.NPG.Horizon, decisions)
}

// practice is the number of model decisions of V's practice in an iteration, in episodes of some decisions.
func (p PathwiseConfig) practice(decisions int) int {
	return p.ValueRolls * p.ValueStarts * min(p.ValueHorizon, decisions)
}

// wholeEpisodes is the number of environment steps of the whole episodes that hold at least some samples.
func wholeEpisodes(samples, length int) int { return (samples + length - 1) / length * length }

// iterations counts those of a run whose episodes all have a length, in environment steps; one is always played.
func (c Config) iterations(length int) int {
	if c.offline() {
		return c.OfflineIterations
	}
	rest := max(0, c.Samples-wholeEpisodes(c.InitialSamples, length))
	each := wholeEpisodes(max(1, c.SamplesPerIteration), length)
	return max(1, (rest+each-1)/each)
}

// mostCounted iterations are counted one by one; later ones count like the last of these.
const mostCounted = 100_000

// Work counts the work of a run of the configuration in episodes of a horizon, environment steps. Every fit counts the
// recorded decisions, though a fit of recent data may wait for them.
func (c Config) Work(task nn.Task, horizon, recorded int) Work {
	decisions := max(1, horizon/max(1, c.Repeat))
	longest := c.trainingSteps(horizon)
	initial, each := wholeEpisodes(c.InitialSamples, longest), wholeEpisodes(max(1, c.SamplesPerIteration), longest)
	if c.offline() {
		initial, each = 0, 0
	}
	w := Work{Iterations: c.iterations(longest), Most: c.iterations(1), PolicySteps: c.policySteps(false)}
	w.FirstMore = c.policySteps(true) - w.PolicySteps
	shapes := ShapesOf(c, task)
	w.PathSteps = c.pathSteps(shapes.Model.Members, decisions)
	if c.Policy.Player == PlayerPathwise {
		w.FirstPaths = (c.Pathwise.ValueFirst - 1) * c.Pathwise.practice(decisions)
	}
	if c.Policy.Player != PlayerActorCritic {
		w.ValueRows = w.PathSteps * c.valueOptions(w.PathSteps).Epochs
	}
	w.Samples = each
	if c.Evaluation.Every > 0 {
		w.Samples += c.Evaluation.Episodes * horizon / c.Evaluation.Every
	}
	fit := func(held int, first bool) int {
		if c.Buffer > 0 {
			held = min(held, max(c.Buffer, horizon))
		}
		return c.fitOptions(first).Steps(max(1, recorded+held/max(1, c.Repeat)) * (1 + c.Images(task)))
	}
	for k := range min(w.Iterations, mostCounted) {
		held := initial + k*each
		if c.Algorithm == MAL {
			held += each // collected before the fit
		}
		steps := fit(held, k == 0 && c.Algorithm == PAL)
		if k == 0 && c.Algorithm != PAL {
			steps += fit(initial, true) // the fit before the loop
		}
		w.FitSteps = append(w.FitSteps, steps)
	}
	w.FitFLOPs = shapes.Model.FitStep(c.Model.Batch).FLOPs()
	w.PolicyFLOPs = w.policyFLOPs(c, shapes)
	return w
}

// policyFLOPs counts the products of rollout, gradient, Fisher products and value fit.
func (w Work) policyFLOPs(c Config, shapes Shapes) float64 {
	const chunk = 1000 // rows; what a row costs does not depend on it
	rows := float64(w.PathSteps) / chunk
	flops := float64(w.PathSteps) * shapes.Model.RolloutStep(shapes.Policy, 1).FLOPs() / float64(shapes.Model.Members)
	flops += rows * shapes.Policy.GradientStep(chunk).FLOPs()
	if c.Policy.Player == PlayerActorCritic {
		return flops
	}
	flops += rows * float64(c.NPG.CGIterations) / float64(c.NPG.FisherStride) * shapes.Policy.FisherStep(chunk).FLOPs()
	return flops + float64(w.ValueRows)/chunk*shapes.Value.ValueStep(chunk).FLOPs()
}

// fits is the number of minibatches of an iteration, from 1.
func (w Work) fits(iteration int) int {
	return w.FitSteps[max(0, min(iteration, len(w.FitSteps))-1)]
}

// AllFits is the number of minibatches of the whole run.
func (w Work) AllFits() float64 {
	sum := 0.0
	for _, n := range w.FitSteps {
		sum += float64(n)
	}
	return sum + float64(w.Iterations-len(w.FitSteps))*float64(w.fits(w.Iterations))
}

// Share is the completed fraction of an iteration, 0 to 1, by the matrix products of fits and policy steps.
func (w Work) Share(iteration int, done Progress) float64 {
	steps := w.PolicySteps
	if iteration == 1 {
		steps += w.FirstMore
	}
	whole := w.FitFLOPs*float64(w.fits(iteration)) + w.PolicyFLOPs*float64(steps)
	share := (w.FitFLOPs*float64(done.Fit) + w.PolicyFLOPs*float64(done.PolicyStep)) / whole
	if math.IsNaN(share) {
		return 0
	}
	return min(1, share)
}

// Progress counts what an iteration has completed.
type Progress struct {
	Fit         int // minibatches so far, of all fits
	FitEnd      int // minibatches so far when the fit under way ends
	PolicyStep  int // whole policy steps so far
	PolicySteps int // policy steps of the whole iteration
}

// meter reports the progress of an iteration.
type meter struct {
	report func(Progress) // nil: nobody watches
	mu     sync.Mutex     // guards now: a fit has many workers
	now    Progress
}

// advance changes the progress and reports it.
func (m *meter) advance(change func(*Progress)) {
	if m == nil || m.report == nil {
		return
	}
	m.mu.Lock()
	change(&m.now)
	now := m.now
	m.mu.Unlock()
	m.report(now)
}

// watched reports whether anybody watches.
func (m *meter) watched() bool { return m != nil && m.report != nil }
