package physics

import (
	"context"
	"errors"
	"fmt"
)

// Sample plays whole episodes first, first+1, ... of the stream seed in parallel and
// hands them over in that order until keep returns false.
//
// newActor is called once per worker; one goroutine uses an actor. It fills action [A]
// from obs [O], both float32 and reused after it returns, and must be a function of its
// arguments alone: workers run ahead of keep, and episodes left over when keep returns
// false are discarded. Actions are clipped to the task's action box; one that is not
// finite is an error that wraps ErrAction.
//
// keep owns its argument. It runs on the caller's goroutine and must not call the world.
//
// With an action repeat r, a row is a decision of r steps (fewer if the episode
// terminates inside): rewards are sums over its steps, and observation entries that
// are rates over a step (task.Place.Rate, as x_vel) are means over its steps.
// So r times Task.Rewards of the decision's own (obs, act, next) equals the sum, up to
// rounding, for terms that are constant, linear in such a rate, or functions of the
// action alone: all terms of hopper, ant, cartpole and inverted_pendulum. A decision
// that terminates after n < r steps earns n/r of it. For terms of the state, as the
// distance of pointmass, it is an approximation.
//
// An episode whose simulation breaks down (ErrUnstable) is dropped and replaced by
// another one, with its own start and noise: its number, which the actor sees too, is
// larger by 2²⁸. So every number still yields one episode, a function of (seed, number).
// Dropped counts them. When the third in a row breaks down, Sample returns an error with
// the state and the action that caused the first breakdown.
//
// Episodes before one that fails are handed over; then its error is returned. When
// Sample returns, no goroutine of it is left.
func (w *World) Sample(ctx context.Context, seed, first uint64,
	newActor func() func(episode uint64, t int, obs, action []float32),
	keep func(Episode) bool) error {
	return w.play(ctx, seed, first, newActor, keep, until{decisions: w.Horizon()})
}

// SampleTraining is Sample, and ends an episode also after a decision that led to a fall, where falls is true (see
// [task.Task.Fallen]), and after the given number of decisions, as if the task had no more. What is played outside
// this program ends at falls, and is not cut.
func (w *World) SampleTraining(ctx context.Context, seed, first uint64, falls bool, decisions int,
	newActor func() func(episode uint64, t int, obs, action []float32),
	keep func(Episode) bool) error {
	return w.play(ctx, seed, first, newActor, keep, until{falls, decisions})
}

func (w *World) play(ctx context.Context, seed, first uint64,
	newActor func() func(episode uint64, t int, obs, action []float32),
	keep func(Episode) bool, end until) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.outside != nil {
		w.outside.falls = end.falls && w.task.HasFall()
		return w.outside.play(ctx, first, newActor, keep)
	}
	if len(w.samplers) == 0 {
		return errors.New("physics: play: the world is closed")
	}
	var samplers []Sampler[*episode]
	for _, p := range w.samplers {
		p.until = end
		act := newActor()
		samplers = append(samplers, func(ctx context.Context, number uint64) (*episode, error) { return p.sample(ctx, seed, number, act) })
	}
	err := InOrder(ctx, first, samplers, func(number uint64, e *episode) (bool, error) {
		if err := e.finite(w.task); err != nil && !w.lenient {
			return false, fmt.Errorf("%s: episode %d: %w", w.task.Name, number, err)
		}
		w.dropped.Add(uint64(e.dropped))
		return keep(Episode{e.observations, e.actions, e.rewards, e.samples, e.terminated, e.fallen, e.success}), nil
	})
	if err != nil && ctx.Err() != nil {
		return fmt.Errorf("%s: play: %w", w.task.Name, err)
	}
	return err
}
