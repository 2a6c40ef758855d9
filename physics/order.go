package physics

import (
	"context"
	"sync"
)

// Sampler samples the episode of a number. One goroutine uses it.
type Sampler[E any] = func(ctx context.Context, number uint64) (E, error)

// InOrder samples episodes first, first+1, ... in parallel, by one goroutine for each sampler, and hands them over
// in that order until keep returns false. Samplers run ahead of keep, which runs on the caller's goroutine.
// Episodes before one that fails are handed over; then its error is returned. When InOrder returns, no goroutine
// of it is left.
func InOrder[E any](ctx context.Context, first uint64, samplers []Sampler[E], keep func(number uint64, e E) (more bool, err error)) error {
	ctx, cancel := context.WithCancel(ctx)
	var workers sync.WaitGroup
	// No more than ahead episodes are ordered and not yet handed over, so no send blocks.
	ahead := 2 * len(samplers)
	orders := make(chan uint64, ahead)
	results := make(chan result[E], ahead)
	defer workers.Wait()
	defer close(orders)
	defer cancel()
	for _, sample := range samplers {
		workers.Go(func() {
			for number := range orders {
				e, err := sample(ctx, number)
				results <- result[E]{number, e, err}
			}
		})
	}
	for i := range ahead {
		orders <- first + uint64(i)
	}
	early := map[uint64]result[E]{} // results that came before their turn
	for number := first; ; number++ {
		r, err := await(ctx, number, early, results)
		if err != nil {
			return err
		}
		if r.err != nil {
			return r.err
		}
		if more, err := keep(number, r.episode); err != nil || !more {
			return err
		}
		orders <- number + uint64(ahead)
	}
}

type result[E any] struct {
	number  uint64
	episode E
	err     error
}

// await returns the result of the episode of that number.
func await[E any](ctx context.Context, number uint64, early map[uint64]result[E], results <-chan result[E]) (result[E], error) {
	for {
		if r, ok := early[number]; ok {
			delete(early, number)
			return r, ctx.Err()
		}
		select {
		case r := <-results:
			early[r.number] = r
		case <-ctx.Done():
			return result[E]{}, ctx.Err()
		}
	}
}
