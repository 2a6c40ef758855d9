package physics

import (
	"fmt"

	"github.com/palmal-rl/palmal/physics/task"
)

// dynamics steps the state of an analytic world. It is written in Go, since a task file cannot describe
// equations of motion.
type dynamics interface {
	reset(s start) error
	// step advances the state by one environment step under an action inside the box.
	step(action []float64) error
	state() (qpos, qvel []float64)
}

// analytic is a world in pure Go.
type analytic struct {
	*view
	dynamics
}

// newAnalytic returns the pure-Go world of a task.
func newAnalytic(t *task.Task) (simulator, error) {
	worlds := map[string]func(dt float64) dynamics{
		"pointmass": func(dt float64) dynamics { return &pointmass{dt: dt} },
		"cartpole":  func(dt float64) dynamics { return &cartpole{dt: dt} },
	}
	actions := map[string]int{"pointmass": 2, "cartpole": 1}
	if t.Simulator == task.Library {
		return nil, fmt.Errorf("%s: its world is Go code (%s) of the program that trained it: package palmal continues and evaluates it there", t.Name, t.World)
	}
	build, known := worlds[t.World]
	if !known {
		return nil, fmt.Errorf("%s: unknown analytic world %q: there are cartpole and pointmass", t.Name, t.World)
	}
	w := &analytic{view: newView(t), dynamics: build(t.Dt())}
	qpos, qvel := w.state()
	if len(t.Pose) != len(qpos) || t.Velocities != len(qvel) || len(t.Action) != actions[t.World] {
		return nil, fmt.Errorf("%s: world %s has %d positions, %d velocities, %d actions, the task %d, %d, %d", t.Name, t.World,
			len(qpos), len(qvel), actions[t.World], len(t.Pose), t.Velocities, len(t.Action))
	}
	if key := onlyOfRobots(t); key != "" {
		return nil, fmt.Errorf("%s: an analytic world has no actuators and no forward passes: %s would change nothing", t.Name, key)
	}
	err := w.bind(func(p task.Place, n int) ([]float64, error) {
		switch p.Field {
		case task.Position:
			return part(qpos, p, n)
		case task.Velocity:
			return part(qvel, p, n)
		}
		return nil, fmt.Errorf("%s: an analytic world has no such field", p)
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", t.Name, err)
	}
	return w, nil
}

// onlyOfRobots returns what a task says that only models in MuJoCo follow, "" for nothing.
func onlyOfRobots(t *task.Task) string {
	for _, e := range t.Action {
		if e.Servo != nil || e.From.Element != "" {
			return "the actuator of action " + e.Name
		}
	}
	switch {
	case t.Drive != task.Drive{}:
		return "drive"
	case t.Scene.Passes != task.Passes{}:
		return "passes"
	}
	return ""
}

func (w *analytic) reset(s start) error {
	w.begin(s)
	err := w.dynamics.reset(s)
	w.aim()
	return err
}

func (w *analytic) step(action []float64) error {
	w.take(action)
	return w.dynamics.step(action)
}

func (w *analytic) bounded() bool {
	qpos, qvel := w.state()
	return w.view.bounded(qpos, qvel)
}

func (w *analytic) close() error { return nil }
