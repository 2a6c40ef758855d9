package nn

import "fmt"

// Draw says in which members of the ensemble the paths of a rollout are played.
type Draw uint8

// The draws.
const (
	// DrawAll plays every start in every member.
	DrawAll Draw = iota
	// DrawPath plays every start in one member, drawn for the path.
	DrawPath
	// DrawStep plays every start in members drawn for every decision (trajectory sampling TS1 of Chua et al. 2018).
	DrawStep
)

// MemberDraw are the members of n paths in one decision.
type MemberDraw struct {
	permutation Permutation
	n, members  int
	all         bool
}

// Members draws the members of n paths in decision t. Every member gets as many paths as every other, as far
// as n divides.
func (o RolloutOptions) Members(t, n, members int) MemberDraw {
	if o.Draw != DrawStep {
		t = 0
	}
	d := MemberDraw{n: n, members: members, all: o.Draw == DrawAll}
	if !d.all {
		d.permutation = NewPermutation(n, Key{Seed: o.Seed, Stream: StreamMember}, o.NoiseStep(t), 0)
	}
	return d
}

// Of is the member of path i.
func (d *MemberDraw) Of(i int) int {
	if !d.all {
		i = d.permutation.At(i)
	}
	return int(int64(i) * int64(d.members) / int64(d.n))
}

// Paths is the number of paths of a rollout from starts.
func (o RolloutOptions) Paths(starts, members int) int {
	if o.Draw == DrawAll {
		return starts * members
	}
	return starts
}

// Differentiator is optional for a [Backend]: it differentiates paths through policy, model, reward and value.
// Its rollouts draw members.
type Differentiator interface {
	// PathwiseGradient writes the gradients at the policy's parameters [P] of
	//
	//	mean over paths of Σ_{k<T} γᵏ r(s_k, a_k, s_{k+1}) + γᵀ m V(s_T)
	//
	// for the first N/2 paths and for the others, by reverse mode (paper, equation 15, with reparameterised actions
	// a = mean + σ·z). T is the length of a path after scoring, m is 0 after a termination and else 1. The policy
	// must be the one that acted. Starts, noise z, drawn members and lengths are constants.
	//
	// Derivatives stop where a prediction was clamped. A clipped action passes a derivative on only if it leads back
	// into the box: elsewhere a policy outside it would never return. Wrapping of angles has the derivative 1, and so
	// has rounding.
	PathwiseGradient(first, second []float64, paths Paths, policy Policy, model Ensemble, value Value, task Task, options PathwiseOptions) error
}

// PathwiseOptions are the options of the gradient through paths.
type PathwiseOptions struct {
	Gamma   float64        // discount per decision
	Smooth  float64        // smoothing of conditions in the reward, see [Differentiable]
	Score   ScoreOptions   // scale of rewards, and whether they are learned
	Rollout RolloutOptions // those of the rollout that made the paths
}

// Differentiable is a Task whose reward has derivatives. Package physics/task implements it without importing nn.
type Differentiable interface {
	Task
	// RewardScratch is the number of scratch numbers that RewardGradient needs; ok is false where the reward has no
	// derivatives after all, because no formula gives it.
	RewardScratch() (n int, ok bool)
	// RewardGradient adds weight · ∂r/∂x to dObs [O], dAct [A] and dNext [O], with r the sum of the terms. smooth is the
	// relative width of the sigmoid as which a condition counts; with 0 conditions have the derivative 0. Many goroutines
	// call it at once, each with its own scratch.
	RewardGradient(dObs, dAct, dNext []float64, weight, smooth float64, obs, act, next, scratch []float64)
}

// Taped is a Differentiable whose reward a device can differentiate. The host differentiates the rewards of other tasks.
type Taped interface {
	Differentiable
	// RewardTape returns the program of the reward, with one output for each term, in the layout of [Programmed]
	// programs, with a slot for every number that it computes; nil if there is none.
	RewardTape() []uint32
}

// CheckDifferentiable refuses a task whose reward has no derivatives.
func CheckDifferentiable(t Task) error {
	d, ok := t.(Differentiable)
	if ok {
		_, ok = d.RewardScratch()
	}
	if !ok {
		name, _ := t.Identity()
		return fmt.Errorf("task %s has no derivatives of its reward", name)
	}
	return nil
}
