package algo

import (
	"math"

	"github.com/palmal-rl/palmal/nn"
)

// residual is the mean squared one-step error [O] of the model on fresh data, by entry of the
// observation: a moving average over recent decisions; nil: none measured yet.
//
// Ensemble members are deterministic, so model rollouts lack the unmodelled noise (e.g. contacts) of the
// world, and the policy's return in the model is too high.
type residual []float32

// residualMemory is the number of decisions in the moving average.
const residualMemory = 2000

// noise is the standard deviation [O] of model paths' noise: times the root of the residual; nil: none.
func (s residual) noise(times float64) []float32 {
	if s == nil || times == 0 {
		return nil
	}
	sigma := make([]float32, len(s))
	for i, square := range s {
		sigma[i] = float32(times * math.Sqrt(float64(square)))
	}
	return sigma
}

// add adds the mean squared errors of n more decisions to the moving average.
func (s *residual) add(squares []float64, n int) {
	share := min(1, float64(n)/residualMemory)
	if *s == nil {
		*s, share = make(residual, len(squares)), 1
	}
	for i, square := range squares {
		(*s)[i] += float32(share * (square - float64((*s)[i])))
	}
}

// measureResidual adds the errors of all members on fresh data to the residual.
func (m *modelPlayer) measureResidual(fresh nn.Transitions) error {
	predicted, err := m.backend.Predict(m.ensemble, m.config.modelled(m.task), fresh.Observations, fresh.Actions)
	if err != nil {
		return err
	}
	all, truth := nn.RowMajor(predicted), nn.RowMajor(fresh.Next)
	kinds := m.ensemble.Shape().Kinds
	squares := make([]float64, len(kinds))
	for i, x := range all {
		entry := i % len(kinds)
		d := stepBetween(float64(truth[i%len(truth)]), float64(x), kinds[entry])
		squares[entry] += d * d * float64(len(kinds)) / float64(len(all))
	}
	m.residual.add(squares, fresh.Rows())
	return nil
}
