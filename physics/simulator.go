package physics

import "math/rand/v2"

// start is the state in which an episode begins.
type start struct {
	qpos []float64  // [nq]
	qvel []float64  // [nv]
	goal []float64  // goal numbers drawn for the episode
	seed uint64     // seeds an environment that draws its own start, of seedBits
	rng  *rand.Rand // noise of the episode's sensors; nil: none
	// drawn are the numbers that change the episode's model; nil: the model as its file says
	drawn []float64
	// recorded reports that qpos is from a recording: a model that was drawn does not move it along with its own pose
	recorded bool
}

// simulator is one world of a task, used by one goroutine at a time.
type simulator interface {
	// reset puts the world in the state s.
	reset(s start) error
	// step applies an action [A] inside the action box for one environment step.
	// After an error the world must be reset.
	step(action []float64) error
	// observe fills the observation [O]. Rates are those over the last step.
	observe(obs []float64)
	// state returns the positions [nq] and velocities [nv], valid until step or reset.
	state() (qpos, qvel []float64)
	// bounded reports whether the state is within what the task allows but its
	// observation does not show.
	bounded() bool
	close() error
}
