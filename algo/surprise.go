package algo

import (
	"math"

	"github.com/palmal-rl/palmal/nn"
)

// surprise is the mean squared error [O] of the model's predictions of what it had not seen yet, by
// entry of the observation, an average over some recent data; nil: nothing has been foreseen so far.
//
// It is what model paths lack. A member is a function: in its paths everything goes as it does on
// average, and nothing is jolted, as by contacts, in ways that the network cannot follow. A policy that
// learns from such paths is promised more than it gets.
type surprise []float32

// surpriseMemory is the number of decisions that the average is taken over.
const surpriseMemory = 2000

// noise is the standard deviation [O] of model paths' noise, so many times the error; nil: none.
func (s surprise) noise(times float64) []float32 {
	if s == nil || times == 0 {
		return nil
	}
	sigma := make([]float32, len(s))
	for i, square := range s {
		sigma[i] = float32(times * math.Sqrt(float64(square)))
	}
	return sigma
}

// add takes the mean squared errors of n more decisions into the average.
func (s *surprise) add(squares []float64, n int) {
	share := min(1, float64(n)/surpriseMemory)
	if *s == nil {
		*s, share = make(surprise, len(squares)), 1
	}
	for i, square := range squares {
		(*s)[i] += float32(share * (square - float64((*s)[i])))
	}
}

// meetSurprise takes the errors on fresh data into account, those of all members alike.
func (m *modelPlayer) meetSurprise(fresh nn.Transitions) error {
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
	m.surprise.add(squares, fresh.Rows())
	return nil
}
