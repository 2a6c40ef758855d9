package physics

import (
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/palmal-rl/palmal/physics/mujoco"
	"github.com/palmal-rl/palmal/physics/task"
)

// ErrUnstable marks errors of a simulation that broke down.
var ErrUnstable = mujoco.ErrUnstable

// ErrAction marks the error for an action that is not finite.
var ErrAction = errors.New("action is not finite")

// ErrReward marks the error for a reward that is not finite.
var ErrReward = errors.New("reward is not finite")

// Options are the options of a World. The zero value means the task of its tables, one
// step per decision and one worker per processor.
type Options struct {
	Workers      int                   // episodes sampled at a time; 0 means one per processor
	ActionRepeat int                   // environment steps per decision; 0 means 1
	Parameters   map[string]float64    // overrides of the task's parameters, by name
	Draws        map[string][2]float64 // overrides of the bounds of its reset draws, by name, as a goal box
	Edits        []mujoco.Edit         // edits of the MJCF before it is compiled
	Outside      *OutsideOptions       // where the episodes are played, if not here
	Lenient      bool                  // hand over rewards that are not finite instead of failing, for callers that judge a task
}

// World samples episodes of one task. Its methods may be called from several
// goroutines; they take turns.
type World struct {
	task     *task.Task
	repeat   int
	model    *mujoco.Model // nil for analytic worlds
	mu       sync.Mutex
	samplers []*sampler
	dropped  atomic.Uint64
	lenient  bool     // see Options
	outside  *outside // nil for a world that is simulated here
}

// Open returns a world of a copy of the task.
func Open(t *task.Task, o Options) (*World, error) {
	t, err := configured(t, o)
	if err != nil {
		return nil, err
	}
	w := &World{task: t, repeat: max(o.ActionRepeat, 1), lenient: o.Lenient}
	if o.Outside != nil {
		if w.outside, err = openOutside(t, o); err != nil {
			return nil, err
		}
		return w, nil
	}
	if t.Simulator == task.Robot {
		return nil, fmt.Errorf("%s: %w: episodes of it cannot be simulated", t.Name, ErrOutside)
	}
	if t.Simulator == task.MuJoCo {
		if w.model, err = loadModel(t, o.Edits); err != nil {
			return nil, err
		}
		if err := complete(t, w.model); err != nil {
			return nil, errors.Join(err, w.Close())
		}
	}
	workers := o.Workers
	if workers == 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	for range workers {
		s, err := w.newSimulator()
		if err != nil {
			return nil, errors.Join(err, w.Close())
		}
		w.samplers = append(w.samplers, newSampler(t, w.repeat, s))
	}
	return w, nil
}

// configured returns a copy of the task with the overrides of o, after checking o.
func configured(t *task.Task, o Options) (*task.Task, error) {
	t = t.Clone()
	if o.Workers < 0 {
		return nil, fmt.Errorf("%s: %d workers, want ≥ 1, or 0 for one per processor", t.Name, o.Workers)
	}
	if o.ActionRepeat < 0 || o.ActionRepeat > t.Horizon {
		return nil, fmt.Errorf("%s: action repeat %d, want 1 to the horizon %d", t.Name, o.ActionRepeat, t.Horizon)
	}
	if len(o.Edits) > 0 && t.Simulator != task.MuJoCo {
		return nil, fmt.Errorf("%s: is analytic, it has no MJCF to edit", t.Name)
	}
	for parameter, value := range o.Parameters {
		if err := t.Set(parameter, value); err != nil {
			return nil, err
		}
	}
	for draw, bounds := range o.Draws {
		if err := t.SetDraw(draw, bounds[0], bounds[1]); err != nil {
			return nil, err
		}
	}
	return t, nil
}

func (w *World) newSimulator() (simulator, error) {
	if w.task.Simulator == task.MuJoCo {
		return newRobot(w.task, w.model)
	}
	return newAnalytic(w.task)
}

// Task returns the world's task with its overrides. It must not be changed.
func (w *World) Task() *task.Task { return w.task }

// ActionRepeat returns the number of environment steps per decision.
func (w *World) ActionRepeat() int { return w.repeat }

// Horizon returns the number of decisions after which an episode is cut.
func (w *World) Horizon() int { return w.task.Horizon / w.repeat }

// Dropped returns how many episodes Play has replaced since the world was opened,
// because they broke down. It may be called while Play runs.
func (w *World) Dropped() uint64 { return w.dropped.Load() }

// Close frees the simulators; closing twice does nothing.
func (w *World) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	var errs []error
	for _, p := range w.samplers {
		errs = append(errs, p.sim.close())
	}
	if w.outside != nil && !w.outside.closed {
		w.outside.closed = true
		errs = append(errs, w.outside.player.Close())
	}
	w.samplers = nil
	if w.model != nil {
		errs = append(errs, w.model.Close())
		w.model = nil
	}
	return errors.Join(errs...)
}
