package algo

import (
	"math"
	"sync"

	"github.com/palmal-rl/palmal/nn"
)

// Work says how much work a run is if episodes and model paths last to their limits: less where they
// end before.
type Work struct {
	Iterations  int
	FitSteps    []int // minibatches, by iteration
	PolicySteps int   // of one iteration
	PathSteps   int   // model decisions of one policy step
	ValueRows   int   // that the value network is fitted to in one policy step, all epochs together
	Samples     int   // environment steps of one iteration, its evaluation included

	// FLOPs of the matrix products of a minibatch and of a policy step, to weigh one with the other.
	FitFLOPs, PolicyFLOPs float64
}

// policySteps is the number of policy steps of an iteration: none of a player that has no policy to improve.
func (c Config) policySteps() int {
	if c.Policy.Player == PlayerPlan && c.Plan.Around == aroundZero {
		return 0
	}
	return c.NPG.Steps
}

// mostCounted iterations are counted one by one; of a run of more it is as if all that follow were alike.
const mostCounted = 100_000

// Work counts the work of a run of the configuration in episodes of a horizon, environment steps.
func (c Config) Work(task nn.Task, horizon int) Work {
	decisions := max(1, horizon/max(1, c.Repeat))
	each := max(1, c.SamplesPerIteration)
	rest := max(0, c.Samples-c.InitialSamples-each)
	w := Work{Iterations: 1 + (rest+each-1)/each, PolicySteps: c.policySteps()}
	shapes := ShapesOf(c, task)
	w.PathSteps = shapes.Model.Members * c.NPG.StartsPerMember * min(c.NPG.Horizon, decisions)
	w.ValueRows = w.PathSteps * c.valueOptions(w.PathSteps).Epochs
	w.Samples = each
	if c.Evaluation.Every > 0 {
		w.Samples += c.Evaluation.Episodes * horizon / c.Evaluation.Every
	}
	episodes := func(samples int) int { return (samples + horizon - 1) / horizon * horizon } // whole ones
	fit := func(held int) int {
		if c.Buffer > 0 {
			held = min(held, max(c.Buffer, horizon))
		}
		return c.fitOptions().Steps(max(1, held/max(1, c.Repeat)))
	}
	for k := range min(w.Iterations, mostCounted) {
		held := episodes(c.InitialSamples) + k*episodes(each)
		if c.Algorithm == MAL {
			held += episodes(each) // collected before the fit
		}
		steps := fit(held)
		if k == 0 && c.Algorithm != PAL {
			steps += fit(episodes(c.InitialSamples)) // before the loop
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

// Share is how much of an iteration is done, 0 to 1, by the matrix products of fits and policy steps.
func (w Work) Share(iteration int, done Progress) float64 {
	whole := w.FitFLOPs*float64(w.fits(iteration)) + w.PolicyFLOPs*float64(w.PolicySteps)
	share := (w.FitFLOPs*float64(done.Fit) + w.PolicyFLOPs*float64(done.PolicyStep)) / whole
	if math.IsNaN(share) {
		return 0
	}
	return min(1, share)
}

// Progress is how far an iteration is.
type Progress struct {
	Fit         int // minibatches so far, of all fits
	FitEnd      int // minibatches so far when the fit under way ends
	PolicyStep  int // whole policy steps so far
	PolicySteps int // of the iteration
}

// meter tells whoever watches how far an iteration is.
type meter struct {
	tell func(Progress) // nil for nobody
	mu   sync.Mutex     // guards now: a fit has many workers
	now  Progress
}

// advance changes how far it is and tells it.
func (m *meter) advance(change func(*Progress)) {
	if m == nil || m.tell == nil {
		return
	}
	m.mu.Lock()
	change(&m.now)
	now := m.now
	m.mu.Unlock()
	m.tell(now)
}

// watched reports whether anybody wants to know.
func (m *meter) watched() bool { return m != nil && m.tell != nil }
