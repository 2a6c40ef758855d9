package physics

import (
	"context"
	"errors"
	"fmt"
	"sync"
)

// Play samples whole episodes first, first+1, ... of the stream seed in parallel and
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
// Dropped counts them. When the third in a row breaks down, Play returns an error with
// the state and the action that caused the first breakdown.
//
// Episodes before one that fails are handed over; then its error is returned. When
// Play returns, no goroutine of it is left.
func (w *World) Play(ctx context.Context, seed, first uint64,
	newActor func() func(episode uint64, t int, obs, action []float32),
	keep func(Episode) bool) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.outside != nil {
		return w.outside.play(ctx, first, newActor, keep)
	}
	if len(w.samplers) == 0 {
		return errors.New("physics: play: the world is closed")
	}
	ctx, cancel := context.WithCancel(ctx)
	var workers sync.WaitGroup
	// At most ahead episodes are ordered and not yet handed over, so no send blocks.
	ahead := 2 * len(w.samplers)
	orders := make(chan uint64, ahead)
	results := make(chan result, ahead)
	defer workers.Wait()
	defer close(orders)
	defer cancel()
	for _, p := range w.samplers {
		act := newActor()
		workers.Go(func() {
			for number := range orders {
				e, err := p.sample(ctx, seed, number, act)
				results <- result{number, e, err}
			}
		})
	}
	for i := range ahead {
		orders <- first + uint64(i)
	}
	early := map[uint64]result{} // results that came before their turn
	for number := first; ; number++ {
		r, err := await(ctx, number, early, results)
		if err != nil {
			return fmt.Errorf("%s: play: %w", w.task.Name, err)
		}
		if r.err != nil {
			return r.err
		}
		if err := r.episode.finite(w.task); err != nil && !w.lenient {
			return fmt.Errorf("%s: episode %d: %w", w.task.Name, number, err)
		}
		w.dropped.Add(uint64(r.episode.dropped))
		e := r.episode
		if !keep(Episode{e.observations, e.actions, e.rewards, e.samples, e.terminated, e.success}) {
			return nil
		}
		orders <- number + uint64(ahead)
	}
}

type result struct {
	number  uint64
	episode *episode
	err     error
}

// await returns the result of the episode of that number.
func await(ctx context.Context, number uint64, early map[uint64]result, results <-chan result) (result, error) {
	for {
		if r, ok := early[number]; ok {
			delete(early, number)
			return r, ctx.Err()
		}
		select {
		case r := <-results:
			early[r.number] = r
		case <-ctx.Done():
			return result{}, ctx.Err()
		}
	}
}
