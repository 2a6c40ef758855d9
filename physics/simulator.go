package physics

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/palmal-rl/palmal/physics/task"
)

// start is the state in which an episode begins.
type start struct {
	qpos []float64 // [nq]
	qvel []float64 // [nv]
	goal []float64 // numbers drawn for the episode besides the state
}

// simulator is one world of a task, used by one goroutine at a time.
type simulator interface {
	// reset puts the world in the state s.
	reset(s start) error
	// step applies an action [A] inside the action box for one environment step.
	// After an error the world has to be reset.
	step(action []float64) error
	// observe fills the observation [O]. Rates are those over the last step.
	observe(obs []float64)
	// state returns the positions [nq] and velocities [nv], valid until step or reset.
	state() (qpos, qvel []float64)
	// bounded tells whether the state is within what the task allows but its
	// observation does not show.
	bounded() bool
	close() error
}

// drawStart draws a start state from the task's reset distribution.
func drawStart(t *task.Task, rng *rand.Rand) start {
	s := start{qpos: slices.Clone(t.Pose), qvel: make([]float64, t.Velocities), goal: make([]float64, goals(t))}
	into := map[string][]float64{task.Position: s.qpos, task.Velocity: s.qvel, task.GoalNumber: s.goal}
	for _, d := range t.Reset {
		for i := d.First; i < d.First+d.Count; i++ {
			x := 0.0
			switch d.Distribution {
			case task.Uniform:
				x = d.Low + (d.High-d.Low)*rng.Float64()
			case task.Normal:
				x = d.Mean + d.Std*rng.NormFloat64()
			}
			into[d.Into][i] += x
		}
	}
	return s
}

// goals returns how many goal numbers the task draws.
func goals(t *task.Task) int {
	n := 0
	for _, d := range t.Reset {
		if d.Into == task.GoalNumber {
			n = max(n, d.First+d.Count)
		}
	}
	return n
}

// newAnalytic returns the pure-Go world of a task.
func newAnalytic(t *task.Task) (simulator, error) {
	switch t.Name {
	case "pointmass":
		return &pointmass{dt: t.Dt()}, nil
	case "cartpole":
		return &cartpole{dt: t.Dt()}, nil
	}
	return nil, fmt.Errorf("%s: no analytic world of this name", t.Name)
}
