package nntest

import (
	"math"

	"github.com/palmal-rl/palmal/nn"
)

// bead is a task made for the suite. It has every kind of observation entry, two unit vectors, last
// actions that are not adjacent, a box that is not symmetric, two reward terms and a termination. No
// device has a kernel of its name.
type bead struct {
	limit float64 // the bead falls off where |position| exceeds it
}

// Entries of a bead's observation.
const (
	beadPosition = 0
	beadAngle    = 4
	beadGoal     = 9
	beadSpeed    = 10
	beadStill    = 11 // predicted, but never changes in the data
)

func (b bead) Identity() (string, []float64) { return "nntest-bead", []float64{b.limit} }

func (b bead) ObservationKinds() []string {
	return []string{
		nn.KindPredicted, nn.KindUnit, nn.KindUnit, nn.KindLastAction, nn.KindAngle, nn.KindUnit,
		nn.KindUnit, nn.KindUnit, nn.KindLastAction, nn.KindConstant, nn.KindPredicted, nn.KindPredicted,
	}
}

func (b bead) ActionBox() (low, high []float64) {
	return []float64{-1, -0.5, -2, -1, -0.25}, []float64{1, 0.75, 0.5, 1, 0.25}
}

func (b bead) RewardTerms() []string { return []string{"progress", "effort"} }

func (b bead) Rewards(terms, obs, act, next []float64) {
	terms[0] = next[beadPosition] - obs[beadPosition] + 0.5*obs[beadGoal]*math.Cos(next[beadAngle])
	terms[1] = -0.1 * dot(act, act)
}

func (b bead) Terminated(next []float64) bool {
	for _, x := range next {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return true
		}
	}
	return !(math.Abs(next[beadPosition]) <= b.limit)
}

// plain is a task of predicted entries alone, without termination, for the smallest networks.
type plain struct{ observation, action int }

func (p plain) Identity() (string, []float64) { return "nntest-plain", nil }

func (p plain) ObservationKinds() []string {
	kinds := make([]string, p.observation)
	for i := range kinds {
		kinds[i] = nn.KindPredicted
	}
	return kinds
}

func (p plain) ActionBox() (low, high []float64) {
	low, high = make([]float64, p.action), make([]float64, p.action)
	for i := range low {
		low[i], high[i] = -1, 1
	}
	return low, high
}

func (p plain) RewardTerms() []string { return []string{"first"} }

func (p plain) Rewards(terms, _, _, next []float64) { terms[0] = next[0] }

func (p plain) Terminated(next []float64) bool {
	for _, x := range next {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return true
		}
	}
	return false
}

// RewardScratch implements [nn.Differentiable].
func (b bead) RewardScratch() (n int, ok bool) { return 0, true }

// RewardGradient implements [nn.Differentiable]. Smooth conditions pull the bead to the right.
func (b bead) RewardGradient(dObs, dAct, dNext []float64, weight, smooth float64, obs, act, next, _ []float64) {
	sin, cos := math.Sincos(next[beadAngle])
	dNext[beadPosition] += weight * (1 + smooth)
	dObs[beadPosition] -= weight
	dObs[beadGoal] += weight * 0.5 * cos
	dNext[beadAngle] -= weight * 0.5 * obs[beadGoal] * sin
	for k, a := range act {
		dAct[k] -= weight * 0.2 * a
	}
}
