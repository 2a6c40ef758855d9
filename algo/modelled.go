package algo

import (
	"math"
	"slices"

	"github.com/palmal-rl/palmal/nn"
)

// modelled is a task as its learned model sees it: observation entries may have other kinds.
type modelled struct {
	nn.Task
	kinds []string // [O]
}

// ObservationKinds are the kinds that the model knows.
func (m modelled) ObservationKinds() []string { return m.kinds }

// inert is a task that reports the observation entries on which no other entry depends, [O].
type inert interface{ InertEntries() []bool }

// ranged is a task that knows bounds of the entries that a model predicts, [O] each, infinite for none.
type ranged interface {
	ObservationRange() (low, high []float64)
}

// Ranges are the bounds within which a configuration keeps predicted entries, [O] each; nil: none.
func (c Config) Ranges(task nn.Task) (low, high []float32) {
	known, ok := task.(ranged)
	if !ok || !c.NPG.ClampRange {
		return nil, nil
	}
	least, most := known.ObservationRange()
	finite := func(x float64) bool { return !math.IsInf(x, 0) }
	if !slices.ContainsFunc(least, finite) && !slices.ContainsFunc(most, finite) {
		return nil, nil
	}
	return nn.Rounded(least), nn.Rounded(most)
}

// keepRange moves predicted entries of states [n,O] into their ranges; nil: there are none.
func keepRange(states []float32, kinds []string, low, high []float32) {
	if low == nil {
		return
	}
	for i, x := range states {
		if entry := i % len(kinds); kinds[entry] == nn.KindPredicted {
			states[i] = max(low[entry], min(high[entry], x))
		}
	}
}

// hidden marks the entries that a configuration hides from the model; nil: none.
func (c Config) hidden(task nn.Task) []bool {
	if known, ok := task.(inert); ok && c.Model.Mask {
		return known.InertEntries()
	}
	return nil
}

// modelled is the task as the model of a configuration sees it.
func (c Config) modelled(task nn.Task) nn.Task {
	if !c.Model.RawAngles {
		return task
	}
	kinds := slices.Clone(task.ObservationKinds())
	for i, kind := range kinds {
		if kind == nn.KindAngle || kind == nn.KindUnit || kind == nn.KindNextUnit {
			kinds[i] = nn.KindPredicted
		}
	}
	return modelled{task, kinds}
}
