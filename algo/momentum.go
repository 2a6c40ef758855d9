package algo

// meanStep is a weighted mean of an iteration's natural steps (Polyak 1964). Normalised steps are as long where the next one leads back as
// where all lead the same way: what they share stays in the mean, and what they do not share, noise or a valley's walls, cancels.
type meanStep struct {
	values []float64 // [P]
	weight float64   // sum of the weights, where the newest step has 1
}

// add makes a step [P] the mean with those before, which counts them momentum times as much as the step before did.
func (m *meanStep) add(step []float64, momentum float64) {
	if momentum == 0 {
		return
	}
	if m.values == nil {
		m.values = make([]float64, len(step))
	}
	m.weight = momentum*m.weight + 1
	for i, s := range step {
		m.values[i] += (s - m.values[i]) / m.weight
	}
	copy(step, m.values)
}
