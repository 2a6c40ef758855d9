package physics

import (
	"fmt"
	"slices"
)

// SameStarts reports whether the same draws give the same first observations in both
// worlds. They do not where a goal box was moved, or a body whose place is observed.
func (w *World) SameStarts(other *World) (bool, error) {
	const draws = 8 // one is enough unless a box has no width
	for number := range uint64(draws) {
		ours, err := w.firstObservation(number)
		if err != nil {
			return false, err
		}
		theirs, err := other.firstObservation(number)
		if err != nil {
			return false, err
		}
		if !slices.Equal(ours, theirs) {
			return false, nil
		}
	}
	return true, nil
}

// firstObservation returns the first observation [O] of an episode.
func (w *World) firstObservation(number uint64) ([]float64, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.samplers) == 0 {
		return nil, fmt.Errorf("%s: the world is closed", w.task.Name)
	}
	p := w.samplers[0]
	if err := p.sim.reset(p.start(0, number)); err != nil {
		return nil, fmt.Errorf("%s: episode %d: reset: %w", w.task.Name, number, err)
	}
	obs := make([]float64, len(p.obs))
	p.sim.observe(obs)
	return obs, nil
}
