package physics

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/palmal-rl/palmal/physics/mujoco"
	"github.com/palmal-rl/palmal/physics/task"
	"github.com/palmal-rl/palmal/physics/task/mjcf"
	"github.com/palmal-rl/palmal/physics/tasks"
)

// MJCF returns the text of a MuJoCo task's model with the edits made. Included files stand in their places where
// anything can change.
func MJCF(t *task.Task, edits []mujoco.Edit) ([]byte, error) {
	if len(edits)+len(t.Randomise) == 0 {
		return t.Model, nil
	}
	text, err := mjcf.Inline(t.Model, t.Assets)
	if err == nil {
		err = checkEdits(text, edits)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", t.Name, err)
	}
	return mujoco.Apply(text, edits)
}

// loadModel compiles a text of a MuJoCo task's model.
func loadModel(t *task.Task, text []byte) (*mujoco.Model, error) {
	m, err := mujoco.Load(text, t.Assets)
	if errors.Is(err, mujoco.ErrMissing) {
		return nil, fmt.Errorf("task %s needs MuJoCo, as %s do: %w", t.Name, strings.Join(needMuJoCo(), ", "), err)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path.Join(t.Folder, t.ModelFile), err)
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

// robot is a task's world in MuJoCo. It reads and writes by the task's tables and formulas.
type robot struct {
	*view
	*drive
	data   *mujoco.Data
	marker marker
	forces bool      // whether the task reads contact forces
	qpos0  []float64 // state before the last step, reported if the step fails
	qvel0  []float64
	variant
}

// marker is position [3] and orientation [4] of the model's mocap body, which shows the goal. Nothing else
// moves it.
type marker struct{ xyz, quat []float64 }

func newRobot(t *task.Task, m *mujoco.Model) (*robot, error) {
	d, err := m.NewData()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", t.Name, err)
	}
	r := &robot{view: newView(t), data: d, qpos0: make([]float64, m.NQ), qvel0: make([]float64, m.NV)}
	err = r.bind(func(p task.Place, n int) ([]float64, error) { return r.locate(m, p, n) })
	if err == nil {
		r.drive, err = newDrive(t, m, d)
	}
	if err == nil {
		err = r.findMarker()
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", t.Name, err), d.Close())
	}
	return r, nil
}

// locate returns where the simulator keeps n numbers from p on.
func (r *robot) locate(m *mujoco.Model, p task.Place, n int) ([]float64, error) {
	switch p.Field {
	case task.Position:
		return element(m, r.data.Qpos, mujoco.Joint, p, "jnt_qposadr", 1, n)
	case task.Velocity:
		return element(m, r.data.Qvel, mujoco.Joint, p, "jnt_dofadr", 1, n)
	case task.Control:
		return element(m, r.data.Ctrl, mujoco.Actuator, p, "", 1, n)
	case task.RestQuat:
		rest, err := m.Field(p.Field)
		if err != nil {
			return nil, err
		}
		return element(m, rest, mujoco.Body, p, "", 4, n)
	}
	table, known := fieldTables()[p.Field]
	if !known {
		return nil, fmt.Errorf("%s: no such field in MuJoCo", p)
	}
	r.forces = r.forces || p.Field == task.Contact
	numbers, err := r.data.View(table.array)
	if err != nil {
		return nil, err
	}
	return element(m, numbers, table.kind, p, table.address, table.width, n)
}

// table describes where MuJoCo keeps the numbers of a field: array, kind of its elements, model array with
// their addresses, "" where they follow each other by width.
type table struct {
	array   string
	kind    mujoco.Kind
	address string
	width   int
}

func fieldTables() map[string]table {
	return map[string]table{
		task.BodyXYZ: {"xpos", mujoco.Body, "", 3}, task.BodyQuat: {"xquat", mujoco.Body, "", 4}, task.BodyMatrix: {"xmat", mujoco.Body, "", 9},
		task.BodyVelocity: {"cvel", mujoco.Body, "", 6}, task.TreeCentre: {"subtree_com", mujoco.Body, "", 3}, task.Contact: {"cfrc_ext", mujoco.Body, "", 6},
		task.SiteXYZ: {"site_xpos", mujoco.Site, "", 3}, task.SiteMatrix: {"site_xmat", mujoco.Site, "", 9},
		task.Sensor: {"sensordata", mujoco.Sensor, "sensor_adr", 1},
	}
}

// findMarker finds the mocap body where the task shows its goal.
func (r *robot) findMarker() (err error) {
	if r.task.Scene.MarkerPosition == nil && r.task.Scene.MarkerQuaternion == nil {
		return nil
	}
	if r.marker.xyz, err = r.data.View("mocap_pos"); err != nil {
		return err
	}
	if r.marker.quat, err = r.data.View("mocap_quat"); err != nil {
		return err
	}
	if len(r.marker.xyz) < 3 {
		return errors.New("marker: the model has no mocap body")
	}
	return nil
}

// show moves the marker to the goal.
func (r *robot) show() {
	in := r.inputs()
	if p := r.task.Scene.MarkerPosition; p != nil {
		p.Eval(r.marker.xyz[:3], &in)
	}
	if p := r.task.Scene.MarkerQuaternion; p != nil {
		p.Eval(r.marker.quat[:4], &in)
	}
}

// reset makes the original environment's calls in its order. The order affects the
// result: every forward pass overwrites the solver's warm start.
func (r *robot) reset(s start) error {
	if err := r.become(s.drawn); err != nil {
		return err
	}
	if err := r.data.Reset(); err != nil {
		return err
	}
	passes := r.task.Scene.Passes
	if err := r.forward(passes.BeforeStart); err != nil {
		return err
	}
	copy(r.data.Qpos, s.qpos)
	copy(r.data.Qvel, s.qvel)
	r.shift(s)
	r.begin(s)
	r.drive.reset()
	if err := r.data.Forward(); err != nil {
		return err
	}
	r.aim()
	r.show()
	if err := r.forward(passes.AfterGoal); err != nil {
		return err
	}
	return r.look()
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

// look computes contact forces if the task reads them.
func (r *robot) look() error {
	if !r.forces {
		return nil
	}
	return r.data.ContactForces()
}

func (r *robot) step(action []float64) error {
	copy(r.qpos0, r.data.Qpos)
	copy(r.qvel0, r.data.Qvel)
	r.take(action)
	r.command(action)
	err := r.data.Step(r.task.FrameSkip)
	if err == nil {
		err = r.forward(r.task.Scene.Passes.AfterStep)
	}
	if err == nil {
		err = r.look()
	}
	if err != nil {
		return fmt.Errorf("%w; before the step qpos %v, qvel %v, action %v", err, r.qpos0, r.qvel0, r.action)
	}
	return nil
}

func (r *robot) state() (qpos, qvel []float64) { return r.data.Qpos, r.data.Qvel }
func (r *robot) bounded() bool                 { return r.view.bounded(r.data.Qpos, r.data.Qvel) }
func (r *robot) close() error                  { return errors.Join(r.data.Close(), r.variant.close()) }
