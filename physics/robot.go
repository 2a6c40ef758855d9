package physics

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/palmal-rl/palmal/physics/mujoco"
	"github.com/palmal-rl/palmal/physics/task"
	"github.com/palmal-rl/palmal/physics/tasks"
)

// MJCF returns the text of a MuJoCo task's model with the edits made.
func MJCF(t *task.Task, edits []mujoco.Edit) ([]byte, error) {
	if err := checkEdits(t.Model, edits); err != nil {
		return nil, fmt.Errorf("%s: %w", t.Name, err)
	}
	return mujoco.Apply(t.Model, edits)
}

// loadModel compiles the model of a MuJoCo task.
func loadModel(t *task.Task, edits []mujoco.Edit) (*mujoco.Model, error) {
	text, err := MJCF(t, edits)
	if err != nil {
		return nil, err
	}
	m, err := mujoco.Load(text, nil)
	if errors.Is(err, mujoco.ErrMissing) {
		return nil, fmt.Errorf("task %s needs MuJoCo, as %s do: %w", t.Name, strings.Join(needMuJoCo(), ", "), err)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", t.Name, err)
	}
	return m, nil
}

// needMuJoCo returns the names of the tasks that run on MuJoCo.
func needMuJoCo() []string {
	return slices.DeleteFunc(tasks.Names(), func(name string) bool {
		t, err := tasks.Get(name)
		return err != nil || t.Simulator != task.MuJoCo
	})
}

// robot is a task's world in MuJoCo. It reads and writes by the task's tables;
// what a task does in its own way is in its manners.
type robot struct {
	task    *task.Task
	manners manners
	data    *mujoco.Data
	ctrl    []*float64 // [A] what the action entries are written to
	entries []*float64 // [O] what the observation entries are read from
	before  []float64  // [O] values before the last step, of entries that are rates
	fresh   bool       // no step since the reset
	action  []float64  // [A] last action
	goal    []float64
	// computed are the entries that no single number of the simulator is.
	computed []float64
	qpos0    []float64 // state before the last step, to be reported if it fails
	qvel0    []float64
}

func newRobot(t *task.Task, m *mujoco.Model) (*robot, error) {
	if m.NQ != len(t.Pose) || m.NV != t.Velocities {
		return nil, fmt.Errorf("%s: the model has nq %d, nv %d, the task %d, %d", t.Name, m.NQ, m.NV, len(t.Pose), t.Velocities)
	}
	if m.Timestep != t.Timestep {
		return nil, fmt.Errorf("%s: the model's timestep is %v s, the task's %v s", t.Name, m.Timestep, t.Timestep)
	}
	d, err := m.NewData()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", t.Name, err)
	}
	r := &robot{
		task: t, data: d,
		before: make([]float64, len(t.Observation)),
		action: make([]float64, len(t.Action)),
		goal:   make([]float64, goals(t)), computed: make([]float64, computed(t)),
		qpos0: make([]float64, m.NQ), qvel0: make([]float64, m.NV),
	}
	if err := r.bind(m); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", t.Name, err), d.Close())
	}
	return r, nil
}

// computed returns how many entries of the observation are computed.
func computed(t *task.Task) int {
	n := 0
	for _, e := range t.Observation {
		if e.From.Field == task.Computed {
			n = max(n, e.From.Index+1)
		}
	}
	return n
}

// bind finds the numbers that the task's entries name, and its manners.
func (r *robot) bind(m *mujoco.Model) (err error) {
	if r.manners, err = mannersOf(r, m); err != nil {
		return err
	}
	for _, e := range r.task.Observation {
		p, err := r.locate(m, e.From)
		if err != nil {
			return fmt.Errorf("observation %s: %w", e.Name, err)
		}
		r.entries = append(r.entries, p)
	}
	for _, e := range r.task.Action {
		p, err := r.locate(m, e.From)
		if err != nil {
			return fmt.Errorf("action %s: %w", e.Name, err)
		}
		r.ctrl = append(r.ctrl, p)
	}
	return nil
}

// locate returns where the simulator keeps the number at p.
func (r *robot) locate(m *mujoco.Model, p task.Place) (*float64, error) {
	switch p.Field {
	case task.Position:
		return element(m, r.data.Qpos, mujoco.Joint, p, "jnt_qposadr", 1)
	case task.Velocity:
		return element(m, r.data.Qvel, mujoco.Joint, p, "jnt_dofadr", 1)
	case task.Control:
		return element(m, r.data.Ctrl, mujoco.Actuator, p, "", 1)
	case task.GoalNumber:
		return &r.goal[p.Index], nil
	case task.LastTaken:
		return &r.action[p.Index], nil
	case task.Computed:
		return &r.computed[p.Index], nil
	}
	kind, known := map[string]mujoco.Kind{task.BodyXYZ: mujoco.Body, task.SiteXYZ: mujoco.Site}[p.Field]
	if !known {
		return nil, fmt.Errorf("%s: no such field in MuJoCo", p)
	}
	xyz, err := r.data.View(p.Field)
	if err != nil {
		return nil, err
	}
	return element(m, xyz, kind, p, "", 3)
}

// element returns the number of p in the array field: that of the element's id
// times width, or at the address that the model's array gives for the id.
func element(m *mujoco.Model, field []float64, kind mujoco.Kind, p task.Place, address string, width int) (*float64, error) {
	i := p.Index
	if p.Element != "" {
		id, err := m.ID(kind, p.Element)
		if err != nil {
			return nil, err
		}
		first := id * width
		if address != "" {
			addresses, err := m.Field(address)
			if err != nil {
				return nil, err
			}
			first = int(addresses[id])
		}
		i += first
	}
	if i >= len(field) {
		return nil, fmt.Errorf("%s: outside the %d numbers of the model", p, len(field))
	}
	return &field[i], nil
}

// reset makes the calls of the original environment in its order, which is part of
// the result: every forward pass overwrites the solver's warm start.
func (r *robot) reset(s start) error {
	if err := r.data.Reset(); err != nil {
		return err
	}
	if err := r.forward(r.manners.before); err != nil {
		return err
	}
	copy(r.data.Qpos, s.qpos)
	copy(r.data.Qvel, s.qvel)
	copy(r.goal, s.goal)
	clear(r.action)
	r.fresh = true
	if err := r.data.Forward(); err != nil {
		return err
	}
	r.manners.aim()
	return r.forward(r.manners.after)
}

// forward makes n forward passes.
func (r *robot) forward(n int) error {
	for range n {
		if err := r.data.Forward(); err != nil {
			return err
		}
	}
	return nil
}

func (r *robot) step(action []float64) error {
	for i, p := range r.entries {
		if r.task.Observation[i].From.Rate {
			r.before[i] = *p
		}
	}
	copy(r.qpos0, r.data.Qpos)
	copy(r.qvel0, r.data.Qvel)
	copy(r.action, action)
	r.manners.command(action)
	r.fresh = false
	err := r.data.Step(r.task.FrameSkip)
	if err == nil {
		err = r.forward(r.manners.look)
	}
	if err != nil {
		return fmt.Errorf("%w; before the step qpos %v, qvel %v, action %v", err, r.qpos0, r.qvel0, r.action)
	}
	return nil
}

// write writes the action to the actuators as it is.
func (r *robot) write(action []float64) {
	for i, a := range action {
		*r.ctrl[i] = a
	}
}

func (r *robot) observe(obs []float64) {
	r.manners.compute()
	dt := r.task.Dt()
	for i, p := range r.entries {
		e := &r.task.Observation[i]
		switch {
		case !e.From.Rate:
			obs[i] = *p
		case r.fresh:
			obs[i] = 0
		default:
			obs[i] = (*p - r.before[i]) / dt
		}
		if e.Clip {
			obs[i] = min(max(obs[i], e.Low), e.High)
		}
	}
}

func (r *robot) state() (qpos, qvel []float64) { return r.data.Qpos, r.data.Qvel }
func (r *robot) bounded() bool                 { return r.manners.bounded(r.data.Qpos, r.data.Qvel) }
func (r *robot) close() error                  { return r.data.Close() }
