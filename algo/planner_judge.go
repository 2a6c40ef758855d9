package algo

import (
	"math"

	"github.com/palmal-rl/palmal/nn"
)

// judge measures the candidates' returns from obs at decision t. Plans end with the episode.
func (q *planner) judge(t int, obs []float32) error {
	shape := q.ensemble.Shape()
	rows := len(q.alive)
	for row := range rows {
		copy(q.states[row*shape.Observation:(row+1)*shape.Observation], obs)
		q.alive[row] = true
	}
	clear(q.returns)
	horizon, discount := min(q.config.Plan.Horizon, q.limit-t), 1.0
	for k := range horizon {
		q.choose(k)
		next, err := q.predict()
		if err != nil {
			return err
		}
		for row := range rows {
			if q.alive[row] {
				q.returns[row%len(q.returns)] += discount * q.reward(row, next) / float64(shape.Members)
			}
		}
		copy(q.states, next)
		discount *= q.config.NPG.Gamma
	}
	if q.critic != nil {
		for row := range rows {
			if q.alive[row] {
				v := q.critic.Value(q.states[row*shape.Observation:(row+1)*shape.Observation], float32(t+horizon))
				q.returns[row%len(q.returns)] += discount * v / q.config.Value.RewardScale / float64(shape.Members)
			}
		}
	}
	for i, x := range q.returns {
		if math.IsNaN(x) {
			q.returns[i] = math.Inf(-1) // a candidate that the model cannot follow is never chosen
		}
	}
	return nil
}

// choose writes every row's action at step k of its plan, clipped to the box.
func (q *planner) choose(k int) {
	shape := q.ensemble.Shape()
	size, width := len(q.centre), shape.Action
	for row := range q.alive {
		action := q.acts[row*width : (row+1)*width]
		q.base(q.states[row*shape.Observation:(row+1)*shape.Observation], action)
		own := q.offsets[row%len(q.returns)*size+k*width:]
		for j := range action {
			action[j] = max(q.low[j], min(q.high[j], action[j]+float32(own[j])))
		}
	}
}

// predict moves every member's rows one decision on. Actors take turns at the backend.
func (q *planner) predict() ([]float32, error) {
	shape := q.ensemble.Shape()
	q.turns.Lock()
	defer q.turns.Unlock()
	next, err := q.backend.Predict(q.ensemble, q.config.modelled(q.task),
		nn.Matrix(q.states, shape.Members, len(q.returns), shape.Observation), nn.Matrix(q.acts, shape.Members, len(q.returns), shape.Action))
	if err != nil {
		return nil, err
	}
	states := next.Data().([]float32)
	if clamp := float32(q.config.NPG.Clamp); clamp > 0 {
		clampPredicted(states, shape, clamp)
	}
	return states, nil
}

// reward is that of a row's decision, with what ends its path.
func (q *planner) reward(row int, next []float32) float64 {
	s := &q.scratch
	widenRow(s.obs, q.states, row)
	widenRow(s.act, q.acts, row)
	widenRow(s.next, next, row)
	q.task.Rewards(s.terms, s.obs, s.act, s.next)
	total := 0.0
	for _, term := range s.terms {
		total += term
	}
	q.alive[row] = !q.task.Terminated(s.next)
	return total * float64(q.config.Repeat)
}

// clampPredicted keeps predicted entries of states [n,O] within ±clamp.
func clampPredicted(states []float32, shape nn.EnsembleShape, clamp float32) {
	for i := range states {
		if shape.Kinds[i%shape.Observation] == nn.KindPredicted {
			states[i] = max(-clamp, min(clamp, states[i]))
		}
	}
}
