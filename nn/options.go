package nn

import (
	"cmp"
	"errors"
	"fmt"
	"math"
)

// Adam holds the constants of the optimiser. Source: Kingma and Ba 2015, algorithm 1; Decay adds
// Decay·w to the gradient (L2 regularisation, not the decoupled form).
type Adam struct {
	Rate    float64
	Beta1   float64
	Beta2   float64
	Epsilon float64
	Decay   float64
}

// DefaultAdam is the published default, rate 1e-3.
func DefaultAdam() Adam { return Adam{Rate: 1e-3, Beta1: 0.9, Beta2: 0.999, Epsilon: 1e-8} }

// Scaling says how a column's scale is measured.
type Scaling uint8

const (
	// StandardDeviation is the square root of the mean squared deviation from the mean.
	StandardDeviation Scaling = iota
	// MeanAbsoluteDeviation is the mean distance to the mean, as the reference implementation does.
	MeanAbsoluteDeviation
)

// FitOptions say how to fit an ensemble.
type FitOptions struct {
	Epochs   int // passes over the data, each in a fresh order per member
	Batch    int // B rows of a minibatch; the last of an epoch holds the remainder
	MinSteps int // least number of minibatches, in whole epochs; 0: no floor
	MaxSteps int // most minibatches; 0: no cap
	Adam     Adam
	Anneal   float64 // last fraction of the minibatches, over which Adam's rate falls linearly to 0
	Scaling  Scaling // measure of the normalisers' scales; every fit measures them again on its data
	NoShift  bool    // leave out outShift of the differences, as the paper's formula does; the reference has it
	RawLoss  bool    // weight outputs by outScale², the paper's formula; else equally
	Seed     uint64  // random seed of the minibatch order; the random step is the number of epochs so far
	Warmup   int     // first minibatches, over which Adam's rate rises linearly
	Rest     float64 // share of the rate to which Anneal lets it fall
	Care     Care
	// OnStep is called now and then, from any goroutine, with the number of finished minibatches,
	// averaged over the members; nil: never. It does not change the fit.
	OnStep func(done int)
}

// Steps is the number of minibatches in a fit to n rows.
func (o FitOptions) Steps(n int) int {
	perEpoch := (n + o.Batch - 1) / o.Batch
	steps := o.Epochs * perEpoch
	if steps < o.MinSteps {
		steps = (o.MinSteps + perEpoch - 1) / perEpoch * perEpoch
	}
	if o.MaxSteps > 0 {
		steps = min(steps, o.MaxSteps)
	}
	return steps
}

// AdamAt is the optimiser of step i, counted from 1, in a fit of n = steps: its rate is
// Rate · (Rest + (1 − Rest)·min(1, (n − i + 1)/(1 + Anneal·n))) · min(1, i/(1 + Warmup)), so that neither the first nor
// the last step is of size 0.
func (o FitOptions) AdamAt(i, steps int) Adam {
	a := o.Adam
	a.Rate *= o.Rest + (1-o.Rest)*min(1, float64(steps-i+1)/(1+o.Anneal*float64(steps)))
	a.Rate *= min(1, float64(i)/float64(1+o.Warmup))
	return a
}

// FitReport says how a fit went. The loss of a minibatch is the mean squared error of the predicted
// outputs, normalised, over rows and outputs, before the step. First and Last average it over the
// minibatches of an epoch. RawLoss does not change the report.
type FitReport struct {
	Steps int
	First []float64 // [E] loss over the first epoch
	Last  []float64 // [E] loss over the last epoch

	HeldRows int       // rows that were held out
	Held     []float64 // [E] criterion of the rows held out at the state that was kept, see [Care]; nil: none were
	Best     []int     // [E] minibatches before the state that was kept; nil: the last one
}

// RolloutOptions say how to roll a policy out in an ensemble.
type RolloutOptions struct {
	Horizon   int     // T, the largest number of decisions in a path
	TimeLimit int     // decisions of an episode; a path that starts later is cut earlier; 0: none
	Clamp     float64 // bound of the absolute values of predicted entries; 0: none
	// ClampSpread keeps predicted entries within ClampSpread scales of their mean; 0: no bound. Scale and
	// mean belong to the data of the ensemble's last fit. It applies after Clamp.
	ClampSpread float64
	// Low and High [O] are bounds of predicted entries, infinite for none; nil: none at all. They apply after ClampSpread.
	Low, High []float32
	Terminate bool   // stop a path where the task terminates it
	Seed      uint64 // random seed of all noise
	Index     uint64 // number of the rollout within the run: no two rollouts share noise
	// Noise [O] is the standard deviation of Gaussian noise, drawn again in every step and added to the
	// difference of every predicted entry; nil: none. Wrapping, clamping and scaling to unit length apply
	// after the noise.
	Noise []float32
	// OwnNoise is the same in units of the noise that gaussian members predict themselves; 0: none.
	OwnNoise float64
	// Draw says which members play from a start.
	Draw Draw
	// Cut ends a path before a decision on which the members disagree more, see [Disagreeing]; 0: never. Such a path may have no step. It is
	// not terminated: V stands for the rest.
	Cut float64
	// Disagreement keeps the disagreement on every decision, for a score that counts it.
	Disagreement bool
}

// NoiseStep is the random step of decision t in [StreamRollout] and [StreamModelNoise]. Path i uses the
// lanes from i·NormalBlocks(A) in StreamRollout, and from i·NormalBlocks(O) in StreamModelNoise.
func (o RolloutOptions) NoiseStep(t int) uint64 { return o.Index<<20 | uint64(t) }

// ScoreOptions say how to score paths. The task sees the clipped action. Every scoring starts from all
// steps of the rollout, including those that an earlier scoring dropped or cut.
type ScoreOptions struct {
	RewardScale float64 // factor of every reward: the action repeat, if the reward is one per environment step
	MinLength   int     // shorter paths are dropped: no later method uses their steps; 0: none
	Learned     bool    // take the ensemble's learned reward instead of the task's
	// Pessimism says which of the Members of the ensemble count, by the mean return of their paths: 0 all, 1 the worst
	// one alone (paper, equation 20), -1 the best one alone; in between the share 1 - |Pessimism| of them, rounded, one at
	// least. The paths of the others are dropped.
	Pessimism float64
	Members   int
	// Disagreement is what a decision costs for each unit that the members disagree on it, see [Disagreeing]; negative: what it earns. It
	// is multiplied by RewardScale, and counts in the rewards of the paths, not in the report.
	Disagreement float64
}

// AdvantageOptions are the options of generalised advantage estimation (Schulman et al. 2016). The
// returns, the targets of the value network, are discounted sums of rewards (λ = 1) plus the discounted
// value after the last step.
type AdvantageOptions struct {
	Gamma  float64 // discount per decision
	Lambda float64
	Whiten bool // shift and scale advantages to mean 0 and standard deviation 1 over all steps
	// CutToZero uses 0 as the value after a path that the horizon cut, in the returns only, as
	// the reference implementation does; else V of the last state.
	CutToZero bool
	// LambdaReturns makes the returns those of λ, V and the advantage before it is whitened, instead of λ = 1.
	// CutToZero then changes nothing.
	LambdaReturns bool
}

// WhitenFloor is added to the standard deviation of advantages, so that equal advantages are not divided
// by 0. Source: the reference implementation.
const WhitenFloor = 1e-6

// ValueFitOptions say how to fit the value network. Rows are the steps that scoring kept, path after
// path; the loss of a minibatch is the mean of (V − return)².
type ValueFitOptions struct {
	Epochs int
	Batch  int
	Adam   Adam
	Seed   uint64
	// Unjudged leaves out the errors of the report, which take two passes over all states.
	Unjudged bool
}

// ValueReport says how a value fit went: the mean squared error divided by the variance of the returns,
// before and after the fit. 0 is perfect; a constant at the mean return reaches 1. NaN for a fit that was not judged.
type ValueReport struct {
	Before, After float64
	Steps         int
}

// Check refuses impossible options, naming the field.
func (o FitOptions) Check() error {
	if o.Epochs < 1 || o.Batch < 1 || o.MinSteps < 0 || o.MaxSteps < 0 {
		return fmt.Errorf("fit: epochs %d, batch %d, steps %d to %d: must be positive", o.Epochs, o.Batch, o.MinSteps, o.MaxSteps)
	}
	if !(o.Anneal >= 0 && o.Anneal <= 1) {
		return fmt.Errorf("fit: anneal %g: must be a fraction", o.Anneal)
	}
	if o.Warmup < 0 || !(o.Rest >= 0 && o.Rest <= 1) {
		return fmt.Errorf("fit: warm-up of %d minibatches, rest %g: out of range", o.Warmup, o.Rest)
	}
	return cmp.Or(o.Care.check(), o.Adam.Check())
}

// Check refuses impossible options, naming the field.
func (o ValueFitOptions) Check() error {
	if o.Epochs < 1 || o.Batch < 1 {
		return fmt.Errorf("value fit: epochs %d, batch %d: must be positive", o.Epochs, o.Batch)
	}
	return o.Adam.Check()
}

// Check refuses constants outside their domain.
func (a Adam) Check() error {
	unit := func(x float64) bool { return x >= 0 && x < 1 }
	if !(a.Rate > 0) || !unit(a.Beta1) || !unit(a.Beta2) || !(a.Epsilon > 0) || !(a.Decay >= 0) || math.IsInf(a.Rate, 0) {
		return fmt.Errorf("adam: %+v: rate and epsilon must be positive, betas in [0, 1), decay not negative", a)
	}
	return nil
}

// Check refuses impossible options, naming the field.
func (o RolloutOptions) Check() error {
	if o.Horizon < 1 || o.Horizon >= 1<<20 || o.TimeLimit < 0 || !(o.Clamp >= 0) || !(o.ClampSpread >= 0) {
		return fmt.Errorf("rollout: horizon %d, time limit %d, clamp %g, clamp spread %g: out of range", o.Horizon, o.TimeLimit, o.Clamp, o.ClampSpread)
	}
	if !(o.OwnNoise >= 0) || math.IsInf(o.OwnNoise, 0) {
		return fmt.Errorf("rollout: %g times the members' noise: must be finite and not negative", o.OwnNoise)
	}
	if !(o.Cut >= 0) {
		return fmt.Errorf("rollout: cut at a disagreement of %g: must not be negative", o.Cut)
	}
	if o.Draw > DrawStep {
		return fmt.Errorf("rollout: draw %d: out of range", o.Draw)
	}
	return nil
}

var (
	// ErrDiverged marks a NaN or an infinity where a number was due.
	ErrDiverged = errors.New("diverged")
	// ErrMemory marks an allocation that a device refused.
	ErrMemory = errors.New("out of memory")
)
