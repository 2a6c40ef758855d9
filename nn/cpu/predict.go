package cpu

import (
	"fmt"

	"gorgonia.org/tensor"

	"github.com/palmal-rl/palmal/nn"
)

// predictRows is the number of rows in a task of Predict.
const predictRows = 512

// predictJob predicts one piece of the rows with one member.
type predictJob struct {
	dynamics     *dynamics
	obs, actions []float32 // [n,O], [n,A]; [E,n,O], [E,n,A] if own
	next         []float32 // [E,n,O]
	noise        *ownNoise // nil: next holds the next observations; else their noise
	rows, pieces int
	own          bool // every member has its own rows
}

// Predict is one step of every member, without noise.
func (b *machine) Predict(m *ensemble, task nn.Task, observations, actions *tensor.Dense) (*tensor.Dense, error) {
	return b.predict("predict", m, task, observations, actions, nil)
}

func (b *machine) predict(what string, m *ensemble, task nn.Task, observations, actions *tensor.Dense, noise *ownNoise) (*tensor.Dense, error) {
	rows, own := m.shape.PredictRows(observations)
	b.packModel(m)
	job := &predictJob{dynamics: newDynamics(m, task, nn.RolloutOptions{}), obs: nn.RowMajor(observations), actions: nn.RowMajor(actions),
		rows: rows, own: own, noise: noise, pieces: (rows + predictRows - 1) / predictRows}
	job.next = make([]float32, m.shape.Members*rows*m.shape.Observation)
	if err := b.workers.each(m.shape.Members*job.pieces, job); err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	return nn.Matrix(job.next, m.shape.Members, rows, m.shape.Observation), nil
}

func (j *predictJob) run(w *worker, task int) error {
	m, member := j.dynamics.model, task/j.pieces
	observation, action, width := m.shape.Observation, m.shape.Action, m.shape.Width()
	first := task % j.pieces * predictRows
	rows := min(predictRows, j.rows-first)
	from := first
	if j.own {
		from += member * j.rows
	}
	obs := j.obs[from*observation : (from+rows)*observation]
	x := w.floats.take(rows * (observation + action))
	clipped := w.floats.take(rows * action)
	j.dynamics.clipRows(clipped, j.actions[from*action:(from+rows)*action])
	j.dynamics.inputRows(x, obs, clipped, rows)
	pass := w.prepare(&m.network, m.forms.of(member), m.member(member), rows, forth)
	out := pass.forward(x, rows)
	next := j.next[(member*j.rows+first)*observation:]
	for row := range rows {
		at, raw := row*observation, out[row*width:(row+1)*width]
		if j.noise != nil {
			j.noise.units(next[at:at+observation], member, raw)
			continue
		}
		j.dynamics.next(next[at:at+observation], obs[at:at+observation], clipped[row*action:(row+1)*action], raw)
	}
	return checkFinite("prediction", next[:rows*observation])
}
