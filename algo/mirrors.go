package algo

import (
	"fmt"

	"github.com/palmal-rl/palmal/nn"
)

// symmetric is a task that knows symmetries: maps of states and actions to others that move alike.
type symmetric interface {
	// Images is how many images a row has beside itself.
	Images() int
	// Image replaces an observation [O] and an action [A] by their image k, from 1 to Images. Either may be empty.
	Image(k int, obs, act []float64)
}

// mirrors makes the images of episodes; nil: none are learned from. The world would have done the same to each image of a
// state and an action, so that images are data that cost no sample. Only fits see them: the model's loss on fresh data,
// start states and the normalisers of policy and value network are those of real data.
type mirrors struct {
	task  symmetric
	fault error // an image that is no state
}

// mirrors returns what makes images of the episodes of a task.
func (c Config) mirrors(task nn.Task) *mirrors {
	known, ok := task.(symmetric)
	if !ok || !c.Model.Symmetries || known.Images() == 0 {
		return nil
	}
	return &mirrors{task: known}
}

// Images is how many images of every row are fitted beside it.
func (c Config) Images(task nn.Task) int { return c.mirrors(task).count() }

// count is how many images a row has.
func (m *mirrors) count() int {
	if m == nil {
		return 0
	}
	return m.task.Images()
}

// imagesOf returns the images of an episode, with its rewards.
func (m *mirrors) imagesOf(e episode) []episode {
	images := make([]episode, m.count())
	for k := range images {
		images[k] = episode{rewards: e.rewards, samples: e.samples, terminated: e.terminated,
			observations: m.rows(k+1, e.observations, len(e.observations)/(e.decisions()+1), func(row []float64) { m.task.Image(k+1, row, nil) }),
			actions:      m.rows(k+1, e.actions, len(e.actions)/e.decisions(), func(row []float64) { m.task.Image(k+1, nil, row) })}
	}
	return images
}

// rows returns image k of all rows of a matrix of that width.
func (m *mirrors) rows(k int, matrix []float32, width int, change func(row []float64)) []float32 {
	changed, row := make([]float32, 0, len(matrix)), make([]float64, width)
	for i := range len(matrix) / width {
		widenRow(row, matrix, i)
		change(row)
		for j, x := range row {
			if x-x != 0 && m.fault == nil {
				m.fault = fmt.Errorf("model.symmetries: number %d of image %d of an episode's row %d is not finite: see palmal tasks check, or set the key to false", j, k, i)
			}
			changed = append(changed, float32(x))
		}
	}
	return changed
}

// check refuses images that are no states.
func (m *mirrors) check() error {
	if m == nil {
		return nil
	}
	return m.fault
}
