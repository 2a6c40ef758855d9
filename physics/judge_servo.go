package physics

import (
	"errors"
	"fmt"
	"math"

	"github.com/palmal-rl/palmal/physics/mujoco"
	"github.com/palmal-rl/palmal/physics/task"
)

// slip is how many times as far as a hinge's range a servo's may reach, from the middle of that range. Degrees taken for
// radians, or the reverse, make it 180/π = 57 times as far as was meant, and what is meant reaches from a fifth of the
// joint's range, which gives 11, to a few times as far, where a servo presses against a stop.
const slip = 10

// DoubtServos names the servos of a task in MuJoCo whose control range can hardly belong to their joint's range.
func DoubtServos(t *task.Task) (doubts []string, err error) {
	if t.Simulator != task.MuJoCo {
		return nil, nil
	}
	w, err := Open(t, Options{Workers: 1})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, w.Close()) }()
	return w.doubtServos()
}

// doubtServos names the servos of the world's task, see DoubtServos.
func (w *World) doubtServos() (doubts []string, err error) {
	if w.model == nil {
		return nil, nil
	}
	s := &servos{model: w.model}
	for _, e := range w.task.Action {
		if e.Servo == nil {
			continue
		}
		id, err := w.model.ID(mujoco.Actuator, e.From.Element)
		if err != nil {
			return nil, err
		}
		if text := s.doubt(id, e); text != "" {
			doubts = append(doubts, text)
		}
	}
	return doubts, s.err
}

// servos reads what the model says of its servos.
type servos struct {
	model *mujoco.Model
	err   error
}

// row returns a row of an array of the model and keeps the first error.
func (s *servos) row(name string, i, width int) []float64 {
	x, err := s.model.Field(name)
	if err != nil {
		s.err = errors.Join(s.err, err)
		return make([]float64, width)
	}
	return x[i*width : (i+1)*width]
}

// doubt says that a servo's range and its hinge's are of different units; "" where they need not be.
func (s *servos) doubt(id int, e task.Entry) string {
	const ofJoint = 0 // mjTRN_JOINT
	if s.row("actuator_trntype", id, 1)[0] != ofJoint {
		return ""
	}
	joint := int(s.row("actuator_trnid", id, 2)[0])
	if int(s.row("jnt_type", joint, 1)[0]) != hingeJoint || s.row("jnt_limited", joint, 1)[0] == 0 {
		return ""
	}
	low, high := e.Servo.Low, e.Servo.High
	if e.Servo.Model {
		controls := s.row("actuator_ctrlrange", id, 2)
		low, high = controls[0], controls[1]
	}
	// The force is gain·control + bias₀ + bias₁·gear·angle. It is 0 where the servo holds the joint.
	gain, bias, gear := s.row("actuator_gainprm", id, 10)[0], s.row("actuator_biasprm", id, 10), s.row("actuator_gear", id, 6)[0]
	at := func(control float64) float64 { return -(gain*control + bias[0]) / (bias[1] * gear) }
	limits := s.row("jnt_range", joint, 2)
	middle, half := (limits[0]+limits[1])/2, (limits[1]-limits[0])/2
	times := max(math.Abs(at(low)-middle), math.Abs(at(high)-middle)) / half
	if s.err != nil || !(times > slip && times < math.Inf(1)) { // a motor or a servo of velocity holds no angle
		return ""
	}
	return fmt.Sprintf("servo %s can turn its joint to %.3g and %.3g rad, %.3g times as far as the joint's range, %.3g to %.3g rad: "+
		"the model reads range in degrees unless it says <compiler angle=\"radian\"/>, and ctrlrange in radians always",
		e.From.Element, at(low), at(high), times, limits[0], limits[1])
}
