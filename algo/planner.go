package algo

import (
	"cmp"
	"math"
	"slices"

	"github.com/palmal-rl/palmal/nn"
)

// planner plans the decisions of one episode at a time by model predictive path integral control
// (Williams et al. 2017), with elites and time-correlated noise as in iCEM (Pinneri et al. 2020).
//
// A plan is a sequence of offsets δ [H,A] from the policy's actions in each member's own path, or from
// zero. A candidate's return is the mean over the members' own paths of Σ γ^k r_k, plus γ^H V where the
// path ends alive. Candidate 0 is the present plan and candidate 1 the policy itself.
type planner struct {
	PlanningPolicy
	key     nn.Key
	explore bool
	actor   *nn.Actor
	critic  *nn.Critic

	centre, sigma []float64 // [H,A] δ and its standard deviation
	floor, start  []float64 // [A] least and first σ
	low, high     []float32 // [A] box
	least, most   []float32 // [O] bounds of predictions; nil: none
	offsets       []float64 // [N,H,A]
	nominal       []float32 // [H,E,A] actions of a plan of zeros
	order         []int     // [N] candidates by return, best first
	returns       []float64 // [N]
	states, acts  []float32 // [E,N,O], [E,N,A]
	alive         []bool    // [E,N]
	scratch       planScratch
}

// planScratch is rows in float64, as tasks take them.
type planScratch struct{ obs, act, next, terms []float64 }

// sigmaShare is the least σ of a plan, as a share of the first; smaller ones collapse refinement to one point.
const sigmaShare = 0.1

func newPlanner(p PlanningPolicy, key nn.Key, explore bool) (*planner, error) {
	c, shape := p.config.Plan, p.ensemble.Shape()
	rows := shape.Members * c.Candidates
	q := &planner{PlanningPolicy: p, key: nn.Key{Seed: key.Seed, Stream: nn.StreamPlan}, explore: explore,
		centre: make([]float64, c.Horizon*shape.Action), sigma: make([]float64, c.Horizon*shape.Action),
		nominal: make([]float32, c.Horizon*shape.Members*shape.Action),
		offsets: make([]float64, c.Candidates*c.Horizon*shape.Action), order: make([]int, c.Candidates), returns: make([]float64, c.Candidates),
		states: make([]float32, rows*shape.Observation), acts: make([]float32, rows*shape.Action), alive: make([]bool, rows),
		scratch: planScratch{make([]float64, shape.Observation), make([]float64, shape.Action), make([]float64, shape.Observation),
			make([]float64, len(p.task.RewardTerms()))}}
	q.least, q.most = p.config.Ranges(p.task)
	low, high := p.task.ActionBox()
	for j := range low {
		first := c.Noise * (high[j] - low[j]) / 2
		q.low, q.high = append(q.low, float32(low[j])), append(q.high, float32(high[j]))
		q.start, q.floor = append(q.start, first), append(q.floor, sigmaShare*first)
	}
	var err error
	if p.around != nil {
		q.actor, err = nn.NewActor(p.around.Shape, p.around.Parameters, p.around.Shift, p.around.Scale)
	}
	if err == nil && p.critic != nil {
		q.critic, err = nn.NewCritic(p.value, p.critic)
	}
	return q, err
}

// act plans and writes the first action of the plan. A backend that fails leaves NaN, which the world
// refuses.
func (q *planner) act(episode uint64, t int, obs, action []float32) {
	width := len(action)
	if t == 0 {
		clear(q.centre)
	} else { // start from the previous decision's plan, shifted by one decision
		copy(q.centre, q.centre[width:])
		clear(q.centre[len(q.centre)-width:])
	}
	for i := range q.sigma {
		q.sigma[i] = q.start[i%width]
	}
	if err := q.plan(episode, t, obs); err != nil {
		for j := range action {
			action[j] = float32(math.NaN())
		}
		return
	}
	copy(action, q.nominal)
	var z [4]float32
	for j := range action {
		delta := q.centre[j]
		if q.explore {
			if j%4 == 0 {
				z = q.key.Normals(q.step(episode, t, q.config.Plan.Rounds), uint32(j/4))
			}
			delta += q.sigma[j] * float64(z[j%4])
		}
		action[j] += float32(delta)
	}
}

// plan refines the present plan for obs at decision t.
func (q *planner) plan(episode uint64, t int, obs []float32) error {
	if err := q.follow(t, obs); err != nil {
		return err
	}
	for round := range q.config.Plan.Rounds {
		q.propose(q.step(episode, t, round))
		if err := q.judge(t, obs); err != nil {
			return err
		}
		q.refine()
	}
	return nil
}

// step names the random numbers of a round of a decision. Episodes that explore and episodes that do not
// share none.
func (q *planner) step(episode uint64, t, round int) uint64 {
	explore := uint64(0)
	if q.explore {
		explore = 1
	}
	return episode<<32 | explore<<31 | uint64(t)<<8 | uint64(round)
}

// propose draws the candidates' offsets about the present plan.
func (q *planner) propose(step uint64) {
	c, size := q.config.Plan, len(q.centre)
	width, blocks := len(q.start), nn.NormalBlocks(len(q.centre))
	keep, fresh := c.Smoothness, math.Sqrt(1-c.Smoothness*c.Smoothness)
	noise := make([]float64, width)
	for i := range c.Candidates {
		own := q.offsets[i*size : (i+1)*size]
		switch i {
		case 0:
			copy(own, q.centre)
			continue
		case 1:
			clear(own)
			continue
		}
		var z [4]float32
		for at := range own {
			if at%4 == 0 {
				z = q.key.Normals(step, uint32(i*blocks+at/4))
			}
			x := float64(z[at%4])
			if at >= width {
				x = keep*noise[at%width] + fresh*x
			}
			noise[at%width] = x
			own[at] = q.centre[at] + q.sigma[at]*x
		}
	}
}

// refine moves the plan to the mean of the best candidates, weighted by e^(return/temperature) in units of
// the spread of their returns, and σ to their weighted deviation.
func (q *planner) refine() {
	c, size := q.config.Plan, len(q.centre)
	for i := range q.order {
		q.order[i] = i
	}
	slices.SortStableFunc(q.order, func(a, b int) int { return cmp.Compare(q.returns[b], q.returns[a]) })
	elites := q.order[:c.Elites]
	for len(elites) > 0 && !(math.Abs(q.returns[elites[len(elites)-1]]) <= math.MaxFloat64) {
		elites = elites[:len(elites)-1]
	}
	if len(elites) == 0 { // no candidate is worth a number: the plan stays
		return
	}
	best, spread := q.returns[elites[0]], q.returns[elites[0]]-q.returns[elites[len(elites)-1]]
	weights, total := make([]float64, len(elites)), 0.0
	for i, e := range elites {
		weights[i] = 1
		if spread > 0 {
			weights[i] = math.Exp((q.returns[e] - best) / (c.Temperature * spread))
		}
		total += weights[i]
	}
	for at := range size {
		mean, square := 0.0, 0.0
		for i, e := range elites {
			mean += weights[i] / total * q.offsets[e*size+at]
		}
		for i, e := range elites {
			d := q.offsets[e*size+at] - mean
			square += weights[i] / total * d * d
		}
		q.centre[at] = mean
		q.sigma[at] = max(q.floor[at%len(q.floor)], math.Sqrt(square))
	}
}
