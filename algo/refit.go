package algo

import (
	"cmp"
	"errors"
	"fmt"

	"github.com/palmal-rl/palmal/nn"
)

// Refit fits the model of a snapshot once more to the episodes that the snapshot holds, as the next iteration would if it
// collected none, or, with fresh, fits new networks to them for the first time. data are the recorded episodes of the
// run. Nothing of it is kept but what came of the fit: the loss on rows held out tells whether other values of the
// model's keys would serve these data better, without a sample of the world.
func Refit(c Config, backend nn.Backend, task nn.Task, data []Episode, s Snapshot, fresh bool) (r ModelRecord, err error) {
	if problems := c.Validate(); len(problems) > 0 {
		return r, problems[0]
	}
	if err := cmp.Or(c.checkLearned(task), c.checkMembers(backend), c.checkPrecision(backend)); err != nil {
		return r, err
	}
	x, err := c.experience(task, data)
	if err != nil {
		return r, err
	}
	counted, err := readCounters(s.Groups[GroupGame])
	if err != nil {
		return r, fmt.Errorf("restore game: %w", err)
	}
	if err := x.restore(s, counted); err != nil {
		return r, err
	}
	x.replay.fresh = 0 // what the model has met tells nothing of how it generalises
	m := modelPlayer{config: c, backend: backend, task: c.trained(task)}
	if err := m.open(ShapesOf(c, task).Model); err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, m.Close()) }()
	if !fresh {
		if err := loadNetworks(m.networks(), s.Groups); err != nil {
			return r, err
		}
		m.fitted = counted.fitted == 1
	}
	return r, m.fit(&x, &r)
}
