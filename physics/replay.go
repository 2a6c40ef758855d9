package physics

import (
	"fmt"
	"io"
	"math"

	"github.com/palmal-rl/palmal/physics/task"
)

// Fields is a number per compared field of a replay.
type Fields = task.Bounds

// Moment is an entry of a recording. Step -1 is the reset.
type Moment struct {
	Episode int `json:"episode"`
	Step    int `json:"step"`
	Entry   int `json:"entry"`
}

// ReplayResult holds the differences between a world and its recordings. A difference
// that is NaN counts as math.MaxFloat64.
type ReplayResult struct {
	Task         string `json:"task"`
	Episodes     int    `json:"episodes"`
	Steps        int    `json:"steps"`
	MaxAbs       Fields `json:"max_abs"` // largest absolute difference
	At           Where  `json:"max_at"`  // where it occurred first
	DoneEqual    bool   `json:"done_equal"`
	SuccessEqual bool   `json:"success_equal"` // true where success is not recorded
}

// Where holds a Moment per compared field.
type Where struct {
	Qpos   Moment `json:"qpos"`
	Qvel   Moment `json:"qvel"`
	Obs    Moment `json:"obs"`
	Reward Moment `json:"reward"`
}

// ReplayBounds returns the largest differences of a task's replays.
func ReplayBounds(t *task.Task) Fields { return layoutOf(t).bounds }

// Replay runs the recorded episodes of a task from the recorded start states with the
// recorded actions, one step per decision, past terminations. It compares positions,
// velocities, observations (x_vel too, where it is recorded), rewards, termination and
// success at every step. It uses only the overrides and edits of o.
func Replay(t *task.Task, in io.Reader, o Options) (*ReplayResult, error) {
	o.Workers, o.ActionRepeat = 1, 1
	w, err := Open(t, o)
	if err != nil {
		return nil, err
	}
	defer w.Close()
	l := layoutOf(w.task)
	episodes, err := readRecording(in, w.task, l)
	if err != nil {
		return nil, fmt.Errorf("replay %s: %w", t.Name, err)
	}
	r := &replay{
		ReplayResult: ReplayResult{Task: t.Name, Episodes: len(episodes), DoneEqual: true, SuccessEqual: true},
		sampler:      w.samplers[0], layout: l,
	}
	for i := range episodes {
		if err := r.episode(i, &episodes[i]); err != nil {
			return nil, fmt.Errorf("replay %s: episode %d, %w", t.Name, i, err)
		}
	}
	return &r.ReplayResult, nil
}

// replay compares a world with recorded episodes.
type replay struct {
	ReplayResult
	*sampler
	layout layout
}

func (r *replay) episode(number int, e *recordedEpisode) error {
	if err := r.sim.reset(e.start); err != nil {
		return fmt.Errorf("reset: %w", err)
	}
	r.sim.observe(r.obs)
	at := Moment{number, -1, 0}
	qpos, qvel := r.sim.state()
	r.state(at, e.initQpos, qpos, e.initQvel, qvel)
	if e.initObs != nil {
		r.observation(at, e.initObs, r.obs, qvel)
	}
	for t := range e.actions {
		if err := r.step(Moment{number, t, 0}, e); err != nil {
			return fmt.Errorf("step %d: %w", t, err)
		}
	}
	r.Steps += len(e.actions)
	return nil
}

func (r *replay) step(at Moment, e *recordedEpisode) error {
	t := at.Step
	for i, a := range e.actions[t] {
		r.action[i] = min(max(a, r.task.Action[i].Low), r.task.Action[i].High)
	}
	if err := r.sim.step(r.action); err != nil {
		return err
	}
	r.sim.observe(r.next)
	qpos, qvel := r.sim.state()
	r.state(at, e.qpos[t], qpos, e.qvel[t], qvel)
	r.observation(at, e.obs[t], r.next, qvel)
	for name, values := range e.rates {
		entry := r.layout.rates[name]
		larger(&r.MaxAbs.Obs, &r.At.Obs, Moment{at.Episode, t, entry}, values[t], r.next[entry])
	}
	r.task.Rewards(r.terms, r.obs, r.action, r.next)
	total := 0.0
	for _, x := range r.terms {
		total += x
	}
	larger(&r.MaxAbs.Reward, &r.At.Reward, at, e.reward[t], total)
	done := r.task.Terminated(r.next) || !r.sim.bounded()
	r.DoneEqual = r.DoneEqual && done == e.done[t]
	if e.success != nil {
		r.SuccessEqual = r.SuccessEqual && r.task.Achieved(r.next) == e.success[t]
	}
	r.obs, r.next = r.next, r.obs
	return nil
}

func (r *replay) state(at Moment, qpos, ownQpos, qvel, ownQvel []float64) {
	for i, own := range r.layout.qpos {
		if at.Entry = i; own != ignored {
			larger(&r.MaxAbs.Qpos, &r.At.Qpos, at, qpos[i], ownQpos[own])
		}
	}
	for i, own := range r.layout.qvel {
		if at.Entry = i; own != ignored {
			larger(&r.MaxAbs.Qvel, &r.At.Qvel, at, qvel[i], ownQvel[own])
		}
	}
}

func (r *replay) observation(at Moment, recorded, own, qvel []float64) {
	r.layout.compare(recorded, own, qvel, func(entry int, x, y float64) {
		at.Entry = entry
		larger(&r.MaxAbs.Obs, &r.At.Obs, at, x, y)
	})
}

// larger replaces the largest difference so far and its place if x and y differ by
// more, or if their difference is NaN.
func larger(most *float64, where *Moment, at Moment, x, y float64) {
	d := math.Abs(x - y)
	if d-d != 0 {
		d = math.MaxFloat64
	}
	if d > *most {
		*most, *where = d, at
	}
}

// Exceeded returns the names of the fields beyond their bound, and of done and success
// if they differ.
func (r *ReplayResult) Exceeded(bounds Fields) []string {
	var past []string
	check := func(name string, x, bound float64) {
		if !(x <= bound) {
			past = append(past, name)
		}
	}
	check("qpos", r.MaxAbs.Qpos, bounds.Qpos)
	check("qvel", r.MaxAbs.Qvel, bounds.Qvel)
	check("obs", r.MaxAbs.Obs, bounds.Obs)
	check("reward", r.MaxAbs.Reward, bounds.Reward)
	if !r.DoneEqual {
		past = append(past, "done")
	}
	if !r.SuccessEqual {
		past = append(past, "success")
	}
	return past
}
