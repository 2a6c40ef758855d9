package palmal

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"runtime"

	"github.com/palmal-rl/palmal/algo"
	"github.com/palmal-rl/palmal/nn"
	"github.com/palmal-rl/palmal/physics"
)

// world plays episodes in several instances of an environment. It satisfies algo.World.
type world struct {
	task      *envTask
	spec      Spec
	repeat    int
	instances []Env
	agreement agreement
}

// openWorld makes the instances, first being one of them.
func openWorld(first Env, newEnv func() (Env, error), t *envTask, repeat, workers int) (*world, error) {
	w := &world{task: t, spec: first.Spec(), repeat: repeat, instances: []Env{first}}
	if repeat > w.spec.Horizon {
		return nil, errors.Join(fmt.Errorf("action_repeat is %d, the environment's horizon %d", repeat, w.spec.Horizon), w.Close())
	}
	if workers == 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	for range workers - 1 {
		env, err := newEnv()
		if err == nil && env == nil {
			err = errors.New("it is nil")
		}
		if err != nil {
			return nil, errors.Join(fmt.Errorf("another instance of the environment: %w", err), w.Close())
		}
		w.instances = append(w.instances, env)
		if !reflect.DeepEqual(env.Spec(), w.spec) {
			return nil, errors.Join(fmt.Errorf("environment %T: two instances have different Specs", env), w.Close())
		}
		if _, ok := env.(Goals); ok != (t.goals != nil) {
			return nil, errors.Join(fmt.Errorf("environments %T and %T: want the methods of Goals in all instances or in none", first, env), w.Close())
		}
	}
	return w, nil
}

// Close frees the instances.
func (w *world) Close() error {
	var failures []error
	for _, env := range w.instances {
		if c, ok := env.(Closer); ok {
			failures = append(failures, c.Close())
		}
	}
	w.instances = nil
	return errors.Join(failures...)
}

// The numbers that players ask for.

func (w *world) Horizon() int      { return w.spec.Horizon / w.repeat }
func (w *world) ActionRepeat() int { return w.repeat }
func (w *world) Dropped() uint64   { return 0 } // an environment that fails ends the run

// Sample plays whole episodes in order, see algo.World.
func (w *world) Sample(ctx context.Context, seed, first uint64, newActor func() algo.ActFunc, keep algo.KeepFunc) error {
	var samplers []physics.Sampler[*played]
	for _, env := range w.instances {
		act := newActor()
		samplers = append(samplers, func(ctx context.Context, number uint64) (*played, error) {
			e, err := w.sample(ctx, env, seed, number, act)
			if err != nil && ctx.Err() == nil {
				err = fmt.Errorf("%s: episode %d, step %d: %w", w.spec.Name, number, e.Samples, err)
			}
			return e, err
		})
	}
	return physics.InOrder(ctx, first, samplers, func(number uint64, e *played) (bool, error) {
		if err := w.agreement.add(e.agreement); err != nil {
			return false, fmt.Errorf("%s: episode %d: %w", w.spec.Name, number, err)
		}
		return keep(e.Episode), nil
	})
}

// played is one episode and how well the environment agreed with itself in it.
type played struct {
	algo.Episode
	agreement
}

// sample plays one episode: a function of seed, number and actor.
func (w *world) sample(ctx context.Context, env Env, seed, number uint64, act algo.ActFunc) (*played, error) {
	e := &played{Episode: algo.Episode{Success: math.NaN()}}
	obs, err := env.Reset(rand.NewPCG(seed, number).Uint64())
	if err == nil {
		err = w.check("Reset", obs)
	}
	if err != nil {
		return e, fmt.Errorf("reset: %w", err)
	}
	e.Observations = append(e.Observations, obs...)
	action := make([]float32, len(w.spec.Action))
	truncated := false
	for t := 0; t < w.Horizon() && !e.Terminated && !truncated; t++ {
		if err := ctx.Err(); err != nil {
			return e, err
		}
		act(number, t, e.Observations[t*len(w.spec.Observation):], action)
		if err := w.clip(action); err != nil {
			return e, err
		}
		if truncated, err = w.decide(env, e, action); err != nil {
			return e, err
		}
	}
	if goals, ok := env.(Goals); ok {
		next := e.Observations[len(w.spec.Observation):]
		e.Success = goals.Success(nn.Widen(make([]float64, len(next)), next), e.Terminated)
		if e.Success < 0 || e.Success > 1 {
			return e, fmt.Errorf("Success returned %v, want 0 to 1", e.Success)
		}
	}
	return e, nil
}

// clip clips an action to its bounds.
func (w *world) clip(action []float32) error {
	for i, a := range action {
		if a-a != 0 {
			return fmt.Errorf("%w: entry %d is %v", physics.ErrAction, i, a)
		}
		action[i] = min(max(a, float32(w.spec.Action[i].Low)), float32(w.spec.Action[i].High))
	}
	return nil
}

// decide applies an action for the steps of one decision, and appends it to the episode.
func (w *world) decide(env Env, e *played, action []float32) (truncated bool, err error) {
	terms := make([]float64, len(w.task.RewardTerms()))
	sums := make([]float64, len(terms))
	width := len(w.spec.Observation)
	before := append([]float32(nil), e.Observations[len(e.Observations)-width:]...)
	for range w.repeat {
		given := append([]float32(nil), action...) // an environment may write into its argument
		next, reward, terminated, cut, err := env.Step(given)
		if err == nil {
			err = w.check("Step", next)
		}
		if err == nil && !(math.Abs(reward) <= math.MaxFloat32) {
			err = fmt.Errorf("%w: Step returned %v", physics.ErrReward, reward)
		}
		if err != nil {
			return false, err
		}
		e.Samples++
		terms[0] = reward
		w.compare(e, terms, before, action, next, reward, terminated)
		for i, r := range terms {
			sums[i] += r
		}
		before = append(before[:0], next...)
		if e.Terminated, truncated = terminated, cut; terminated || cut {
			break
		}
	}
	e.Observations, e.Actions, e.Rewards = append(e.Observations, before...), append(e.Actions, action...), append(e.Rewards, sums...)
	return truncated, nil
}

// check refuses an observation of another size, or one that is not finite.
func (w *world) check(method string, obs []float32) error {
	if len(obs) != len(w.spec.Observation) {
		return fmt.Errorf("%s returned %d observation entries, Spec has %d", method, len(obs), len(w.spec.Observation))
	}
	for i, x := range obs {
		if x-x != 0 {
			return fmt.Errorf("%s returned %v for entry %s of the observation", method, x, w.spec.Observation[i].Name)
		}
	}
	return nil
}
