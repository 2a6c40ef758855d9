package algo

import (
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
