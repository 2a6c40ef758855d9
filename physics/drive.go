package physics

import (
	"fmt"

	"github.com/palmal-rl/palmal/physics/mujoco"
	"github.com/palmal-rl/palmal/physics/task"
)

// drive writes actions to the actuators, as a task says.
type drive struct {
	task.Drive
	dt     float64
	motors []motor
	queue  [][]float64 // delayed actions that have not arrived, oldest first
	last   []float64   // last action that arrived
}

// motor is the actuator of one action entry. A servo maps an action in ±1 to a target angle.
type motor struct {
	ctrl  *float64
	servo bool
	servoRange
	qpos *float64 // position of the joint, where a servo's speed is limited
}

// servoRange holds the constants of a servo, rad.
type servoRange struct{ low, high, centre, half float64 }

// single returns x rounded to float32, the precision of ROBEL's constants and goals.
func single(x float64) float64 { return float64(float32(x)) }

// rangeOf returns the constants of a servo from low to high. As float32 their sums are float32 too.
func rangeOf(low, high float64, asSingle bool) servoRange {
	if !asSingle {
		return servoRange{low, high, (low + high) / 2, (high - low) / 2}
	}
	l, h := float32(low), float32(high)
	return servoRange{float64(l), float64(h), float64((l + h) / 2), float64((h - l) / 2)}
}

// newDrive binds the actions of a robot's task.
func newDrive(t *task.Task, m *mujoco.Model, d *mujoco.Data) (*drive, error) {
	s := &drive{Drive: t.Drive, dt: t.Dt(), last: make([]float64, len(t.Action))}
	if s.Single {
		s.Speed = single(s.Speed)
	}
	for _, e := range t.Action {
		ctrl, err := element(m, d.Ctrl, mujoco.Actuator, e.From, "", 1, 1)
		if err != nil {
			return nil, fmt.Errorf("action %s: %w", e.Name, err)
		}
		w := motor{ctrl: &ctrl[0], servo: e.Servo != nil}
		if w.servo {
			if err := w.mount(e, m, d, s); err != nil {
				return nil, fmt.Errorf("action %s: %w", e.Name, err)
			}
		}
		s.motors = append(s.motors, w)
	}
	return s, nil
}

// mount finds the angles of a servo, and its joint.
func (w *motor) mount(e task.Entry, m *mujoco.Model, d *mujoco.Data, s *drive) error {
	id, err := m.ID(mujoco.Actuator, e.From.Element)
	if err != nil {
		return err
	}
	low, high := e.Servo.Low, e.Servo.High
	if e.Servo.Model {
		ranges, err := m.Field("actuator_ctrlrange")
		if err != nil {
			return err
		}
		if low, high = ranges[2*id], ranges[2*id+1]; !(low < high) {
			return fmt.Errorf("actuator %s has no ctrlrange: give the servo's angles", e.From.Element)
		}
	}
	w.servoRange = rangeOf(low, high, s.Single)
	if s.Speed == 0 {
		return nil
	}
	joints, err := m.Field("actuator_trnid")
	if err != nil {
		return err
	}
	kinds, err := m.Field("actuator_trntype")
	if err != nil {
		return err
	}
	addresses, err := m.Field("jnt_qposadr")
	if err != nil {
		return err
	}
	if joint := int(joints[2*id]); kinds[id] == 0 && joint >= 0 && joint < len(addresses) { // 0: mjTRN_JOINT
		w.qpos = &d.Qpos[int(addresses[joint])]
		return nil
	}
	return fmt.Errorf("actuator %s moves no joint: its speed cannot be limited", e.From.Element)
}

// reset forgets the actions of the previous episode.
func (s *drive) reset() {
	s.queue = s.queue[:0]
	clear(s.last)
}

// command writes the action, or with a delay the one that arrives now.
func (s *drive) command(action []float64) {
	if s.Delay > 0 {
		s.queue = append(s.queue, append([]float64(nil), action...))
		if len(s.queue) <= s.Delay {
			action = s.last // nothing has arrived yet
		} else {
			action, s.queue = s.queue[0], s.queue[1:]
		}
	}
	for i, a := range action {
		if s.Rate > 0 {
			a = min(max(a, s.last[i]-s.Rate), s.last[i]+s.Rate)
		}
		s.last[i] = a
		s.motors[i].write(a, s.Speed, s.dt)
	}
}

// write sets the control for an action. A target is at most speed·dt away from the joint; speed 0 means
// no limit.
func (w *motor) write(a, speed, dt float64) {
	if !w.servo {
		*w.ctrl = a
		return
	}
	u := min(max(a*w.half+w.centre, w.low), w.high)
	if speed == 0 {
		*w.ctrl = u
		return
	}
	v := min(max((u-*w.qpos)/dt, -speed), speed)
	*w.ctrl = *w.qpos + v*dt
}
