package physics

import (
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/palmal-rl/palmal/physics/remote"
	"github.com/palmal-rl/palmal/physics/task"
)

// Errors of environments in Python.
var (
	ErrEnvironment = remote.ErrEnvironment // the environment failed
	ErrPython      = remote.ErrPython      // there is no Python with Gymnasium
)

// request asks for the environment of a task.
func request(t *task.Task, o Options) remote.Request {
	e := t.Environment
	return remote.Request{ID: e.ID, Kwargs: e.Kwargs, Wrappers: e.Wrappers, Info: infoKeys(t), Folder: t.Folder,
		Render: o.Pictures, Python: e.Program, Diagnostics: o.Diagnostics, StepLimit: time.Duration(e.Timeout * float64(time.Second))}
}

// infoKeys are the keys of the info that a task reads, in their order.
func infoKeys(t *task.Task) []string {
	var keys []string
	known := map[string]bool{}
	add := func(p task.Place) {
		if p.Field == task.Info && !known[p.Element] {
			known[p.Element] = true
			keys = append(keys, p.Element)
		}
	}
	for _, e := range t.Observation {
		add(e.From)
	}
	for _, p := range t.Scene.Places {
		add(p.Place)
	}
	return keys
}

// environment is a task's world in Python.
type environment struct {
	*view
	python *remote.Gymnasium
	low    []float64 // [A] action box of the task
	high   []float64
	scaled []float64 // [A] action in ±1
	rewards
}

// rewards are what the environment says of the last step.
type rewards struct {
	reward                float64
	terminated, truncated bool
	success               float64 // NaN where it says nothing of it
}

func newEnvironment(t *task.Task, o Options) (*environment, error) {
	python, err := remote.OpenGymnasium(request(t, o))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", t.Name, err)
	}
	w := &environment{view: newView(t), python: python, scaled: make([]float64, len(t.Action))}
	w.low, w.high = t.ActionBox()
	if err := w.fit(); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", t.Name, err), python.Close())
	}
	return w, nil
}

// fit binds the task's tables to the environment, and refuses what it does not have.
func (w *environment) fit() error {
	t, h := w.task, w.python.Hello
	if n := len(h.Actions()); n != len(t.Action) {
		return fmt.Errorf("the environment has %d actions, the task %d", n, len(t.Action))
	}
	if t.RewardFrom == task.Python && !h.Reward {
		return errors.New("reward python: the environment has no method reward(obs, action, next), and no compute_reward over achieved and desired goals")
	}
	if t.EndFrom == task.Python && !h.Terminated {
		return errors.New("terminated python: the environment has no method terminated(next)")
	}
	if t.Drive != (task.Drive{}) || t.Scene.Passes != (task.Passes{}) || len(t.Scene.Limits) > 0 {
		return errors.New("an environment in Python has no drive, no passes and no limits")
	}
	if t.Timestep == 0 && h.Dt != nil {
		t.Timestep = *h.Dt
	}
	infos := map[string][]float64{}
	for i, key := range infoKeys(t) {
		infos[key] = w.python.Info[i : i+1]
	}
	return w.bind(func(p task.Place, n int) ([]float64, error) {
		switch p.Field {
		case task.Observed:
			return part(w.python.Obs, p, n)
		case task.Info:
			return part(infos[p.Element], p, n)
		}
		return nil, fmt.Errorf("%s: an environment in Python has observation and info", p)
	})
}

// seedBits is how many bits of a seed every environment takes.
const seedBits = 31

func (w *environment) reset(s start) error {
	w.rewards = rewards{success: math.NaN()}
	w.begin(s)
	err := w.python.Reset(s.seed)
	w.aim()
	return err
}

func (w *environment) step(action []float64) (err error) {
	w.take(action)
	for i, a := range action {
		w.scaled[i] = w.scale(i, a)
	}
	w.reward, w.terminated, w.truncated, err = w.python.Step(w.scaled)
	w.success = w.python.Success
	if err == nil && w.terminated && w.task.Termination == "never" {
		err = fmt.Errorf("%w: %s: the episode terminated, but the task says that it never does: write a formula, python or learned for terminated",
			ErrEnvironment, w.task.Name)
	}
	return err
}

// scale maps entry i of an action from the task's box to ±1.
func (w *environment) scale(i int, a float64) float64 { return 2*(a-w.low[i])/(w.high[i]-w.low[i]) - 1 }

func (w *environment) state() (qpos, qvel []float64) { return nil, nil }
func (w *environment) bounded() bool                 { return true }
func (w *environment) close() error                  { return w.python.Close() }
