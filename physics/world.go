package physics

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/palmal-rl/palmal/physics/mujoco"
	"github.com/palmal-rl/palmal/physics/task"
)

// ErrUnstable marks errors of a simulation that broke down.
var ErrUnstable = mujoco.ErrUnstable

// ErrFatal marks errors that the simulator does not return from.
var ErrFatal = mujoco.ErrFatal

// ErrAction marks the error for an action that is not finite.
var ErrAction = errors.New("action is not finite")

// ErrReward marks the error for a reward that is not finite in float32, by which models learn.
var ErrReward = errors.New("reward is not finite in float32")

// Options are the options of a World. The zero value means the task of its tables, one
// step per decision and one worker per processor.
type Options struct {
	Workers      int                   // episodes sampled at a time; 0 means one per processor
	ActionRepeat int                   // environment steps per decision; 0 means 1
	Parameters   map[string]float64    // overrides of the task's parameters, by name
	Draws        map[string][2]float64 // overrides of the bounds of its reset draws, by name, as a goal box
	Edits        []mujoco.Edit         // edits of the MJCF before it is compiled
	Diagnostics  io.Writer             // gets what environments in Python print; nil: nobody
	Pictures     bool                  // whether Film will be called; environments in Python are made otherwise for it
	Outside      *OutsideOptions       // where the episodes are played, if not here
	Lenient      bool                  // hand over rewards that are not finite instead of failing, for callers that judge a task
}

// World samples episodes of one task. Its methods may be called from several
// goroutines; they take turns.
type World struct {
	task     *task.Task
	repeat   int
	model    *mujoco.Model // nil for analytic worlds
	variants *variants     // nil where no models are drawn
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
		if err := w.compile(o.Edits); err != nil {
			return nil, errors.Join(err, w.Close())
		}
	}
	for i := range w.workers(o) {
		o.Pictures = o.Pictures && i == 0
		s, err := w.newSimulator(o)
		if err != nil {
			return nil, errors.Join(err, w.Close())
		}
		w.samplers = append(w.samplers, newSampler(t, w.repeat, s))
	}
	if err := w.judgeBy(); err != nil {
		return nil, errors.Join(err, w.Close())
	}
	return w, nil
}

// workers is how many episodes are sampled at a time.
func (w *World) workers(o Options) int {
	workers := o.Workers
	if workers == 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	if e := w.task.Environment; e != nil && e.Processes > 0 {
		workers = min(workers, e.Processes)
	}
	return workers
}

// compile compiles the model and prepares those that are drawn.
func (w *World) compile(edits []mujoco.Edit) error {
	text, err := MJCF(w.task, edits)
	if err != nil {
		return err
	}
	if w.model, err = loadModel(w.task, text); err != nil {
		return err
	}
	ownPose := w.task.Pose == nil
	if err = complete(w.task, w.model); err == nil && len(w.task.Randomise) > 0 {
		w.variants, err = newVariants(w.task, text, w.model, ownPose)
	}
	return err
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
		return nil, fmt.Errorf("%s: is no task of MuJoCo, it has no MJCF to edit", t.Name)
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

func (w *World) newSimulator(o Options) (simulator, error) {
	switch w.task.Simulator {
	case task.Gymnasium:
		return newEnvironment(w.task, o)
	case task.MuJoCo:
		r, err := newRobot(w.task, w.model)
		if err != nil {
			return nil, err
		}
		r.of = w.variants
		return r, nil
	}
	return newAnalytic(w.task)
}

// Task returns the world's task with its overrides. It must not be changed.
func (w *World) Task() *task.Task { return w.task }

// ActionRepeat returns the number of environment steps per decision.
func (w *World) ActionRepeat() int { return w.repeat }

// Horizon returns the number of decisions after which an episode is cut.
func (w *World) Horizon() int { return w.task.Horizon / w.repeat }

// Dropped returns how many episodes Sample has replaced since the world was opened,
// because they broke down. It may be called while Sample runs.
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
