package algo

import "github.com/palmal-rl/palmal/nn"

// fallTask is a task that names falls: states from which there is nothing to learn, although the task continues.
// Only its rewards may be computed elsewhere, since a fall needs a formula of the termination.
type fallTask interface {
	nn.Programmed
	nn.Taped
	nn.Batched
	ranged
	HasFall() bool
	Fallen(next []float64) bool
	// FallPrograms returns what Programs returns, with termination or fall in place of termination.
	FallPrograms() (rewards, ended []uint32)
}

// falling is a task as training plays it: a fall is its end.
type falling struct{ fallTask }

// Terminated reports whether next ends an episode of training.
func (f falling) Terminated(next []float64) bool {
	return f.fallTask.Terminated(next) || f.Fallen(next)
}

// Programs returns the programs of the reward and of the end of an episode of training.
func (f falling) Programs() (rewards, ended []uint32) { return f.FallPrograms() }

// falls reports whether falls end episodes of training.
func (c Config) falls(task nn.Task) bool {
	known, ok := task.(fallTask)
	return c.Fallen && ok && known.HasFall()
}

// trained is a task as training plays it.
func (c Config) trained(task nn.Task) nn.Task {
	if !c.falls(task) {
		return task
	}
	return falling{task.(fallTask)}
}

// recordFalls counts the paths that a fall ended, and takes them out of those that the task terminated.
func (m *modelPlayer) recordFalls(paths nn.Paths, r *PolicyRecord) error {
	known, ok := m.task.(falling)
	if !ok {
		return nil
	}
	columns, err := paths.Download()
	if err != nil {
		return err
	}
	shape := columns.Observations.Shape()
	observations, last := nn.RowMajor(columns.Observations), make([]float64, shape[2])
	kept, fallen := 0, 0
	for i, length := range columns.Lengths {
		if length == 0 {
			continue
		}
		kept++
		at := (i*shape[1] + length) * shape[2]
		nn.Widen(last, observations[at:at+shape[2]])
		if columns.Terminated[i] && !known.fallTask.Terminated(last) && known.Fallen(last) { // a learned end is no fall
			fallen++
		}
	}
	share := Number(float64(fallen) / float64(max(kept, 1)))
	r.Fallen, r.Terminated = &share, r.Terminated-share
	return nil
}
