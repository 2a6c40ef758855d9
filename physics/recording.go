package physics

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/palmal-rl/palmal/physics/task"
)

// recording is a file of recorded episodes. Entry t of an episode's actions is
// applied first; entry t of the other lists is what that step returns.
type recording struct {
	Task      string            `json:"task"`
	Timestep  *float64          `json:"timestep"`
	FrameSkip *int              `json:"frame_skip"`
	Episodes  []json.RawMessage `json:"episodes"`
	recordedSizes
}

type recordedSizes struct {
	NQ     int `json:"nq"`
	NV     int `json:"nv"`
	Obs    int `json:"obs_dim"`
	Action int `json:"act_dim"`
}

// recordedEpisode is one episode, sizes checked, all numbers finite.
type recordedEpisode struct {
	start start
	// The next fields are the start state, in the recording's layout.
	initQpos, initQvel []float64
	initObs            []float64   // nil where not recorded
	actions            [][]float64 // [T,A]
	qpos               [][]float64
	qvel               [][]float64
	obs                [][]float64
	rates              map[string][]float64 // recorded lists [T] among those of layout.rates
	reward             []float64
	done               []bool
	success            []bool // nil where not recorded
}

// readRecording reads and checks a recording of task t with layout l. It ignores other
// fields.
func readRecording(in io.Reader, t *task.Task, l layout) ([]recordedEpisode, error) {
	var r recording
	d := json.NewDecoder(in)
	if err := d.Decode(&r); err != nil {
		return nil, fmt.Errorf("not a recording: not JSON as expected: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("not a recording: more follows the JSON object")
	}
	if r.Task != t.Name {
		return nil, fmt.Errorf("recording is of task %s, want %s", r.Task, t.Name)
	}
	want := recordedSizes{len(l.qpos), len(l.qvel), len(l.obs), len(t.Action)}
	if r.recordedSizes != want {
		return nil, fmt.Errorf("recording has nq, nv, obs_dim, act_dim %v, want %v", r.recordedSizes, want)
	}
	if r.Timestep != nil && *r.Timestep != t.Timestep || r.FrameSkip != nil && *r.FrameSkip != t.FrameSkip {
		return nil, fmt.Errorf("recording has another timestep or frame_skip than %v, %d", t.Timestep, t.FrameSkip)
	}
	if len(r.Episodes) == 0 {
		return nil, errors.New("recording: no episodes")
	}
	episodes := make([]recordedEpisode, len(r.Episodes))
	for i, raw := range r.Episodes {
		if err := episodes[i].read(raw, t, l, want); err != nil {
			return nil, fmt.Errorf("recording: episode %d: %w", i, err)
		}
	}
	return episodes, nil
}

func (e *recordedEpisode) read(raw json.RawMessage, t *task.Task, l layout, n recordedSizes) error {
	var lists map[string]json.RawMessage
	if err := json.Unmarshal(raw, &lists); err != nil || lists == nil {
		return errors.New("not an object")
	}
	f := fields{lists: lists}
	e.initQpos = f.vector("init_qpos", n.NQ)
	e.initQvel = f.vector("init_qvel", n.NV)
	e.start = start{qpos: gather(l.qpos, e.initQpos, len(t.Pose)), qvel: gather(l.qvel, e.initQvel, t.Velocities), goal: l.goal(&f, t), recorded: true}
	e.start.drawn = f.drawn(t)
	e.actions = f.matrix("actions", -1, n.Action)
	steps := len(e.actions)
	e.qpos = f.matrix("qpos", steps, n.NQ)
	e.qvel = f.matrix("qvel", steps, n.NV)
	e.obs = f.matrix("obs", steps, n.Obs)
	e.reward = f.vector("reward", steps)
	e.done = f.flags("done", steps)
	e.rates = map[string][]float64{}
	for name := range l.rates {
		if f.has(name) {
			e.rates[name] = f.vector(name, steps)
		}
	}
	if f.has("init_obs") {
		e.initObs = f.vector("init_obs", n.Obs)
	}
	if f.has(l.success) {
		e.success = f.flags(l.success, steps)
	}
	if f.err == nil && steps == 0 {
		return errors.New("actions: none")
	}
	return f.err
}

// fields reads the lists of an episode and keeps the first error.
type fields struct {
	lists map[string]json.RawMessage
	err   error
}

func (f *fields) has(name string) bool { return f.lists[name] != nil }

func (f *fields) fail(format string, args ...any) {
	if f.err == nil {
		f.err = fmt.Errorf(format, args...)
	}
}

// parse reads a list into x.
func (f *fields) parse(name string, x any) {
	if !f.has(name) {
		f.fail("%s: missing", name)
		return
	}
	if err := json.Unmarshal(f.lists[name], x); err != nil {
		f.fail("%s: %w", name, err)
	}
}

// vector returns a list of n numbers.
func (f *fields) vector(name string, n int) []float64 {
	var x []*float64 // JSON's null, which is not a number, stays nil
	f.parse(name, &x)
	return f.numbers(name, x, n)
}

// matrix returns a list of rows, any number of them if rows is negative.
func (f *fields) matrix(name string, rows, columns int) [][]float64 {
	var x [][]*float64
	f.parse(name, &x)
	if rows >= 0 && len(x) != rows {
		f.fail("%s: %d entries, want %d, as many as actions", name, len(x), rows)
	}
	m := make([][]float64, len(x))
	for i, row := range x {
		m[i] = f.numbers(fmt.Sprintf("%s[%d]", name, i), row, columns)
	}
	return m
}

func (f *fields) numbers(name string, x []*float64, n int) []float64 {
	if len(x) != n {
		f.fail("%s: %d numbers, want %d", name, len(x), n)
		return nil
	}
	v := make([]float64, n)
	for i, p := range x {
		if p == nil || math.IsInf(*p, 0) || math.IsNaN(*p) {
			f.fail("%s[%d]: not a finite number", name, i)
			return nil
		}
		v[i] = *p
	}
	return v
}

func (f *fields) flags(name string, n int) []bool {
	var x []*bool
	f.parse(name, &x)
	if len(x) != n {
		f.fail("%s: %d entries, want %d", name, len(x), n)
		return nil
	}
	v := make([]bool, n)
	for i, p := range x {
		if p == nil {
			f.fail("%s[%d]: not true or false", name, i)
			return nil
		}
		v[i] = *p
	}
	return v
}

// number returns a single number.
func (f *fields) number(name string) float64 {
	var x *float64
	f.parse(name, &x)
	if v := f.numbers(name, []*float64{x}, 1); v != nil {
		return v[0]
	}
	return 0
}

// inside reads the fields of an object.
func (f *fields) inside(name string, read func(*fields)) {
	inner := fields{lists: map[string]json.RawMessage{}}
	f.parse(name, &inner.lists)
	read(&inner)
	if inner.err != nil {
		f.fail("%s: %w", name, inner.err)
	}
}
