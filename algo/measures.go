package algo

import "github.com/palmal-rl/palmal/nn"

// measures averages over episodes what a task measures in addition to its reward.
type measures struct {
	task     Measured
	names    []string
	episodes int
	sums     []Measure // sum of each measure over episodes

	values, state []float64
}

// newMeasures is nil for a task that measures nothing.
func newMeasures(task nn.Task) *measures {
	measured, ok := task.(Measured)
	if !ok || len(measured.MeasureNames()) == 0 {
		return nil
	}
	names := measured.MeasureNames()
	return &measures{task: measured, names: names, sums: make([]Measure, len(names)),
		values: make([]float64, len(names)), state: make([]float64, len(task.ObservationKinds()))}
}

// add records one episode of observations [T+1,O]: the states after each of its T decisions.
func (m *measures) add(observations []float32) {
	if m == nil {
		return
	}
	width := len(m.state)
	decisions := len(observations)/width - 1
	half := decisions - decisions/2 // decisions of the second half
	for t := 1; t <= decisions; t++ {
		m.task.Measure(m.values, nn.Widen(m.state, observations[t*width:(t+1)*width]))
		for i, x := range m.values {
			m.sums[i].Mean += Number(x / float64(decisions))
			if t > decisions-half {
				m.sums[i].SecondHalf += Number(x / float64(half))
			}
			if t == decisions {
				m.sums[i].Final += Number(x)
			}
		}
	}
	m.episodes++
}

// means averages over the episodes.
func (m *measures) means() map[string]Measure {
	if m == nil {
		return nil
	}
	means, n := make(map[string]Measure, len(m.names)), Number(m.episodes)
	for i, name := range m.names {
		sum := m.sums[i]
		means[name] = Measure{Mean: sum.Mean / n, SecondHalf: sum.SecondHalf / n, Final: sum.Final / n}
	}
	return means
}
