package visible

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"github.com/palmal-rl/palmal/nn"
	"github.com/palmal-rl/palmal/physics"
	"github.com/palmal-rl/palmal/physics/task"
)

// Bounds of what is played.
const (
	mostRows  = 10000           // decisions that are fitted or held out
	most      = 2000            // episodes
	leastRows = 200             // below, a fit says nothing
	longest   = 250             // decisions of an episode: from many short ones is learned more than from few long ones
	patience  = 6 * time.Second // a slow simulation gives fewer rows
	reach     = 2               // decisions before the present one that are the past
	holdOut   = 4               // every holdOut-th episode is held out
	seed      = 7               // other episodes than those of physics.Judge
)

// errUnfit is wrapped by the error for episodes that nothing can be fitted to.
var errUnfit = errors.New("nothing was fitted")

// table is what was played, as transitions of a wider observation: the task's entries [O]; the terms of the
// reward [R], which are 0 before the step; the past: changes of the entries and actions.
type table struct {
	task  *task.Task
	width int // width of the wider observation
	obs, act, next,
	heldObs, heldAct, heldNext []float32
}

// play plays random episodes.
func play(ctx context.Context, t *task.Task) (*table, error) {
	t = t.Clone()
	t.Horizon = min(t.Horizon, longest)
	w, err := physics.Open(t, physics.Options{Lenient: true})
	if err != nil {
		return nil, err
	}
	d := &table{task: t, width: len(t.Observation) + len(t.Terms) + reach*(len(t.Observation)+len(t.Action))}
	start, episodes := time.Now(), 0
	err = w.Sample(ctx, seed, 0, func() func(uint64, int, []float32, []float32) { return randomly(t) }, func(e physics.Episode) bool {
		d.add(e, episodes%holdOut == holdOut-1)
		episodes++
		return d.rows()+d.heldRows() < mostRows && episodes < most && (time.Since(start) < patience || episodes < holdOut)
	})
	if err = errors.Join(err, w.Close()); err != nil {
		return nil, err
	}
	return d, d.check()
}

// check refuses what nothing can be fitted to.
func (d *table) check() error {
	if d.rows() < leastRows || d.heldRows() < leastRows/holdOut {
		return fmt.Errorf("%w: %d decisions have %d before them, which is too few", errUnfit, d.rows()+d.heldRows(), reach)
	}
	for _, columns := range [][]float32{d.obs, d.next, d.heldObs, d.heldNext} {
		for i, x := range columns {
			if x-x != 0 && i%d.width < len(d.task.Observation) { // NaN or infinite
				return fmt.Errorf("%w: observation %s is not finite", errUnfit, d.task.Observation[i%d.width].Name)
			}
		}
	}
	return nil
}

// randomly acts by numbers that are uniform over the action box.
func randomly(t *task.Task) func(episode uint64, decision int, obs, action []float32) {
	low, high := t.ActionBox()
	return func(episode uint64, decision int, _, action []float32) {
		rng := rand.New(rand.NewPCG(seed<<32|episode, uint64(decision)))
		for i := range action {
			action[i] = float32(low[i] + (high[i]-low[i])*rng.Float64())
		}
	}
}

func (d *table) rows() int     { return len(d.act) / len(d.task.Action) }
func (d *table) heldRows() int { return len(d.heldAct) / len(d.task.Action) }

// add takes an episode's decisions that have a past.
func (d *table) add(e physics.Episode, held bool) {
	o, a, r := len(d.task.Observation), len(d.task.Action), len(d.task.Terms)
	obs, act, next := &d.obs, &d.act, &d.next
	if held {
		obs, act, next = &d.heldObs, &d.heldAct, &d.heldNext
	}
	row := func(t int) []float32 { return e.Observations[t*o : (t+1)*o] }
	for t := reach; t < len(e.Actions)/a; t++ {
		past := make([]float32, 0, reach*(o+a))
		for back := range reach {
			for i, x := range row(t - back) {
				past = append(past, d.change(i, row(t - back - 1)[i], x))
			}
			past = append(past, e.Actions[(t-back-1)*a:(t-back)*a]...)
		}
		*obs = append(append(append(*obs, row(t)...), make([]float32, r)...), past...)
		*act = append(*act, e.Actions[t*a:(t+1)*a]...)
		*next = append(*next, row(t+1)...)
		for _, x := range e.Rewards[t*r : (t+1)*r] {
			*next = append(*next, finite(x))
		}
		*next = append(*next, past...)
	}
}

// finite is a number as the fit sees it: one that is not finite, which is reported elsewhere, is 0.
func finite(x float64) float32 {
	if !(math.Abs(x) <= math.MaxFloat32) {
		return 0
	}
	return float32(x)
}

// change is how far an entry of the wider observation goes from one value to another.
func (d *table) change(i int, from, to float32) float32 {
	if i < len(d.task.Observation) && d.task.Observation[i].Kind == task.Angle {
		return float32(nn.WrapAngle(float64(to) - float64(from)))
	}
	return to - from
}
