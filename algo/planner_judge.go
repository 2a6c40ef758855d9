package algo

import (
	"math"

	"github.com/palmal-rl/palmal/nn"
)

// follow finds the actions of a plan of zeros from obs at decision t: the policy's mean actions in every
// member's path, clipped to the box, or zero.
func (q *planner) follow(t int, obs []float32) error {
	clear(q.nominal)
	if q.actor == nil {
		return nil
	}
	shape := q.ensemble.Shape()
	states := q.states[:shape.Members*shape.Observation]
	for e := range shape.Members {
		copy(states[e*shape.Observation:], obs)
	}
	for k := range q.horizon(t) {
		actions := q.nominal[k*shape.Members*shape.Action:][:shape.Members*shape.Action]
		for e := range shape.Members {
			q.actor.Mean(states[e*shape.Observation:(e+1)*shape.Observation], actions[e*shape.Action:(e+1)*shape.Action])
		}
		for i := range actions { // offsets from far outside of the box would change nothing
			actions[i] = q.inBox(i%shape.Action, actions[i])
		}
		next, err := q.predict(states, actions)
		if err != nil {
			return err
		}
		copy(states, next)
	}
	return nil
}

// horizon is the number of decisions that a plan made at decision t looks ahead.
func (q *planner) horizon(t int) int { return min(q.config.Plan.Horizon, q.limit-t) }

// judge measures the candidates' returns from obs at decision t. Plans end with the episode.
func (q *planner) judge(t int, obs []float32) error {
	shape := q.ensemble.Shape()
	rows := len(q.alive)
	for row := range rows {
		copy(q.states[row*shape.Observation:(row+1)*shape.Observation], obs)
		q.alive[row] = true
	}
	clear(q.returns)
	horizon, discount := q.horizon(t), 1.0
	for k := range horizon {
		q.choose(k)
		next, err := q.predict(q.states, q.acts)
		if err != nil {
			return err
		}
		for row := range rows {
			if q.alive[row] {
				q.returns[row%len(q.returns)] += discount * q.move(row, next) / float64(shape.Members)
			}
		}
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
		if !(math.Abs(x) <= math.MaxFloat64) {
			q.returns[i] = math.Inf(-1) // a candidate that the model cannot follow, or whose rewards no world gives, is never chosen
		}
	}
	return nil
}

// choose writes every row's action at step k of its plan, clipped to the box.
func (q *planner) choose(k int) {
	shape := q.ensemble.Shape()
	size, width := len(q.centre), shape.Action
	for row := range q.alive {
		member, candidate := row/len(q.returns), row%len(q.returns)
		nominal := q.nominal[(k*shape.Members+member)*width:]
		own := q.offsets[candidate*size+k*width:]
		for j := range width {
			q.acts[row*width+j] = q.inBox(j, nominal[j]+float32(own[j]))
		}
	}
}

// inBox clips entry j of an action to the task's box.
func (q *planner) inBox(j int, x float32) float32 { return max(q.low[j], min(q.high[j], x)) }

// predict advances states [E,n,O] by one decision with actions [E,n,A]. Actors call the backend in turn.
func (q *planner) predict(states, actions []float32) ([]float32, error) {
	shape := q.ensemble.Shape()
	rows := len(states) / (shape.Members * shape.Observation)
	q.turns.Lock()
	defer q.turns.Unlock()
	next, err := q.backend.Predict(q.ensemble, q.config.modelled(q.task),
		nn.Matrix(states, shape.Members, rows, shape.Observation), nn.Matrix(actions, shape.Members, rows, shape.Action))
	if err != nil {
		return nil, err
	}
	moved := nn.RowMajor(next)
	if clamp := float32(q.config.NPG.Clamp); clamp > 0 {
		clampPredicted(moved, shape, clamp)
	}
	keepRange(moved, shape.Kinds, q.least, q.most)
	return moved, nil
}

// move takes a row's decision and returns its reward. A path that ends stays where it was: beyond its end the model may have no numbers.
func (q *planner) move(row int, next []float32) float64 {
	s := &q.scratch
	widenRow(s.obs, q.states, row)
	widenRow(s.act, q.acts, row)
	widenRow(s.next, next, row)
	q.task.Rewards(s.terms, s.obs, s.act, s.next)
	total := 0.0
	for _, term := range s.terms {
		total += term
	}
	if q.alive[row] = !q.task.Terminated(s.next); q.alive[row] {
		width := len(s.next)
		copy(q.states[row*width:(row+1)*width], next[row*width:])
	}
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
