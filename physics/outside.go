package physics

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/palmal-rl/palmal/physics/episodes"
	"github.com/palmal-rl/palmal/physics/remote"
	"github.com/palmal-rl/palmal/physics/task"
)

// Store keeps the episodes of a run that were played outside: they are its world. A batch is what came together.
type Store interface {
	// Load returns the batch whose first episode has a number; nil where none has come yet.
	Load(number uint64) ([]episodes.Episode, error)
	// Save keeps a batch; when it returns, no power cut can lose it.
	Save(number uint64, batch []episodes.Episode) error
	// Taken returns the digests of all batches.
	Taken() (map[string]bool, error)
}

// player plays episodes outside this program.
type player interface {
	// play returns the next batch, whose first episode has a number. act chooses actions at step t, where somebody
	// asks for them. kept is called once the batch is stored.
	play(ctx context.Context, number uint64, act stepActor) (batch []episodes.Episode, kept func() error, err error)
	Close() error
}

// stepActor fills the action [A] for the observation [O] at step t. The action holds the one that was applied before, zeros at step 0.
type stepActor = func(t int, obs, action []float64)

// Wanted is what an outside world waits for.
type Wanted struct {
	Policy  int  // number of the policy that acts
	Samples int  // environment steps that it is to play
	Have    int  // those that have come
	Mean    bool // whether the policy acts by its mean action, without noise
}

// outside is a world that is not simulated here.
type outside struct {
	task   *task.Task
	player player
	store  Store
	wanted Wanted
	falls  bool // episodes end at falls, too
	missed atomic.Uint64

	mu     sync.Mutex
	paused chan struct{} // closed when the pause ends; nil: no pause
	say    func(string)
	closed bool
}

// OutsideOptions are those of a world whose episodes are played outside this program: by a robot's process in
// lockstep, or by whoever puts files into an inbox.
type OutsideOptions struct {
	Address     string       // see remote.CheckAddress
	Store       Store        // where its episodes are kept
	Diagnostics io.Writer    // gets what a robot's process prints; nil: nobody
	Say         func(string) // is told what is waited for; nil: nobody
}

// ErrOutside marks the refusal to simulate what is played outside this program.
var ErrOutside = errors.New("is played outside this program")

// openOutside opens the world of a task that is played outside.
func openOutside(t *task.Task, options Options) (*outside, error) {
	o := &outside{task: t, store: options.Outside.Store, say: options.Outside.Say}
	if o.say == nil {
		o.say = func(string) {}
	}
	if options.ActionRepeat > 1 || len(options.Edits)+len(options.Draws) > 0 {
		return nil, fmt.Errorf("%s %w: want an action repeat of 1, no perturbation and no change of the reset", t.Name, ErrOutside)
	}
	if !(t.Dt() > 0) {
		return nil, fmt.Errorf("%s %w: its simulator needs timestep, the time between two observations", t.Name, ErrOutside)
	}
	if err := checkStart(t); err != nil {
		return nil, err
	}
	if path, ok := strings.CutPrefix(options.Outside.Address, remote.InboxAddress); ok {
		box, err := newInbox(path, o)
		o.player = box
		return o, err
	}
	robot, err := remote.OpenRobot(options.Outside.Address, robotTask(t), options.Outside.Diagnostics, o.say)
	o.player = &lockstep{robot, o}
	return o, err
}

// Expect says which policy acts next, how many environment steps are wanted of it, and whether it acts without noise.
func (w *World) Expect(policy, samples int, mean bool) {
	w.outside.wanted = Wanted{Policy: policy, Samples: samples, Mean: mean}
}

// Leaves reports whether somebody who plays the episodes takes policies from files.
func (w *World) Leaves() bool {
	_, ok := w.outside.player.(*inbox)
	return ok
}

// Leave writes a file for whoever plays the episodes, whole or not at all.
func (w *World) Leave(name string, contents []byte) error {
	return w.outside.player.(*inbox).Write(name, contents)
}

// Missed returns how many actions did not reach a robot in time since the world was opened, so that it took its own.
func (w *World) Missed() uint64 {
	if w.outside == nil {
		return 0
	}
	return w.outside.missed.Load()
}

// Pause lets no episode begin outside until it is called again. It reports whether the world is paused now.
func (w *World) Pause() bool {
	o := w.outside
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.paused != nil {
		close(o.paused)
		o.paused = nil
		return false
	}
	o.paused = make(chan struct{})
	return true
}

// ready waits until no pause is on.
func (o *outside) ready(ctx context.Context) error {
	o.mu.Lock()
	paused := o.paused
	o.mu.Unlock()
	if paused != nil {
		o.say("paused")
		select {
		case <-paused:
		case <-ctx.Done():
		}
	}
	return ctx.Err()
}

// play hands over episodes first, first+1, ... in batches until keep has returned false in one. What is stored
// comes first; never is an episode begun that is not wanted.
func (o *outside) play(ctx context.Context, first uint64, newActor func() actor, keep func(Episode) bool) error {
	act := newActor()
	for number := first; ; {
		batch, err := o.next(ctx, number, act)
		if err != nil {
			return err
		}
		more := true
		for _, e := range batch {
			whole, err := assemble(o.task, e)
			whole.Fallen = o.falls && !whole.Terminated && o.ends(e.Observations[len(e.Observations)-len(o.task.Observation):])
			if err != nil {
				return fmt.Errorf("%s: episode %d: %w", o.task.Name, number, err)
			}
			o.missed.Add(missesOf(e))
			o.wanted.Have += whole.Samples
			more = keep(whole) && more
			number++
		}
		if !more {
			return nil
		}
	}
}

// ends reports whether an episode ends in a recorded observation: by the task's termination, or by a fall where that
// ends episodes.
func (o *outside) ends(observation []float32) bool {
	next := make([]float64, len(observation))
	widenInto(next, observation)
	return o.task.Terminated(next) || o.falls && o.task.Fallen(next)
}

// next returns the next batch: a stored one, or one that is played now and stored.
func (o *outside) next(ctx context.Context, number uint64, act actor) ([]episodes.Episode, error) {
	batch, err := o.store.Load(number)
	if err != nil {
		return nil, err
	}
	if batch != nil {
		for _, e := range batch {
			if e.Policy != o.wanted.Policy || byMean(e) != o.wanted.Mean {
				return nil, fmt.Errorf("episode %d of the run was played by policy %d, not %d: it is another run's", number, e.Policy, o.wanted.Policy)
			}
		}
		return batch, ctx.Err()
	}
	if err := o.ready(ctx); err != nil {
		return nil, err
	}
	batch, kept, err := o.player.play(ctx, number, o.limited(number, act))
	if err != nil {
		return nil, err
	}
	if err := o.store.Save(number, batch); err != nil {
		return nil, err
	}
	return batch, kept()
}

// limited is an actor within the action box and the rate limit of the task, which counts from what was applied: a command may have been
// lost, and the robot may have taken its own. Of an action that is not finite remains the one before.
func (o *outside) limited(number uint64, act actor) stepActor {
	low, high := o.task.ActionBox()
	narrow, chosen := make([]float32, len(o.task.Observation)), make([]float32, len(low))
	return func(t int, obs, action []float64) {
		for i, x := range obs {
			narrow[i] = float32(x)
		}
		act(number, t, narrow, chosen)
		for i, a := range chosen {
			x, last := float64(a), action[i]
			if x-x != 0 {
				x = last
			}
			if rate := o.task.Drive.Rate; rate > 0 {
				x = max(last-rate, min(last+rate, x))
			}
			action[i] = max(low[i], min(high[i], x))
		}
	}
}

// assemble computes rewards, termination and success of an episode by the task's formulas.
func assemble(t *task.Task, e episodes.Episode) (Episode, error) {
	o, a, n := len(t.Observation), len(t.Action), e.Decisions()
	obs, act, next, terms := make([]float64, o), make([]float64, a), make([]float64, o), make([]float64, len(t.Terms))
	outcome := task.Episode{}
	whole := &episode{observations: e.Observations, actions: e.Actions, samples: n}
	for i := range n {
		widenInto(obs, e.Observations[i*o:])
		widenInto(next, e.Observations[(i+1)*o:])
		widenInto(act, e.Actions[i*a:])
		t.Rewards(terms, obs, act, next)
		whole.rewards = append(whole.rewards, terms...)
		if outcome.Last = t.Achieved(next); outcome.Last {
			outcome.Achieved++
		}
	}
	outcome.Terminated = t.Terminated(next)
	if err := whole.finite(t); err != nil {
		return Episode{}, err
	}
	return Episode{Observations: whole.observations, Actions: whole.actions, Rewards: whole.rewards, Samples: n,
		Terminated: outcome.Terminated, Success: t.Succeeded(outcome)}, nil
}

func widenInto(to []float64, from []float32) {
	for i := range to {
		to[i] = float64(from[i])
	}
}

// meanKey marks a stored episode, or one in a file, whose policy acted by its mean action.
const meanKey = "mean"

func byMean(e episodes.Episode) bool { return e.Meta[meanKey] == true }

// missedKey is what a stored episode says of actions that did not arrive in time.
const missedKey = "missed"

// missesOf is that number, which JSON has as a float.
func missesOf(e episodes.Episode) uint64 {
	n, _ := e.Meta[missedKey].(float64)
	return uint64(max(0, n))
}
