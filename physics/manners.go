package physics

import (
	"math"

	"github.com/palmal-rl/palmal/physics/mujoco"
)

// manners is how a MuJoCo task differs from the others. The functions work on the
// robot that they were made for.
type manners struct {
	// Forward passes of the original's code: before the start state is set, after the
	// goal is, and after every step. Each overwrites the solver's warm start, so their
	// number shows in the last digits.
	before, after, look int
	// aim makes of the numbers drawn what the observation needs, and shows the goal.
	aim func()
	// command writes an action to the actuators.
	command func(action []float64)
	// compute fills the robot's computed entries from its state.
	compute func()
	// bounded tests what termination needs and the observation does not show.
	bounded func(qpos, qvel []float64) bool
}

// mannersOf returns those of the robot's task.
func mannersOf(r *robot, m *mujoco.Model) (manners, error) {
	plain := manners{
		aim:     func() {},
		command: r.write,
		compute: func() {},
		bounded: func(qpos, qvel []float64) bool { return true },
	}
	switch r.task.Name {
	case "hopper":
		plain.bounded = hopperBounded
	case "dclaw_turn":
		return dclawManners(r, plain)
	case "dkitty_orient":
		return dkittyManners(r, m, plain)
	case "reacher7dof":
		return reacherManners(r, plain)
	case "pen":
		return penManners(r, m, plain)
	}
	return plain, nil
}

// hopperBounded is the part of gym Hopper-v2's termination that its clipped
// observation hides: all positions but x and all velocities are below 100.
func hopperBounded(qpos, qvel []float64) bool {
	small := func(x float64) bool { return math.Abs(x) < 100 }
	for _, x := range qpos[2:] {
		if !small(x) {
			return false
		}
	}
	for _, x := range qvel {
		if !small(x) {
			return false
		}
	}
	return true
}

// marker returns where the simulator keeps position [3] and orientation [4] of the
// model's mocap body, which shows the goal and which nothing else moves.
func (r *robot) marker() (xyz, quat []float64, err error) {
	if xyz, err = r.data.View("mocap_pos"); err != nil {
		return nil, nil, err
	}
	quat, err = r.data.View("mocap_quat")
	return xyz, quat, err
}

// turn sets a quaternion to a rotation about z.
func turn(quat []float64, angle float64) {
	quat[0], quat[1], quat[2], quat[3] = math.Cos(angle/2), 0, 0, math.Sin(angle/2)
}

// xyz returns where the simulator keeps the position [3] of a site or body.
func (r *robot) xyz(m *mujoco.Model, kind mujoco.Kind, name string) ([]float64, error) {
	return r.rows(m, map[mujoco.Kind]string{mujoco.Body: "xpos", mujoco.Site: "site_xpos"}[kind], kind, name, 3)
}

// rows returns the width numbers of an element in an array of the simulator.
func (r *robot) rows(m *mujoco.Model, field string, kind mujoco.Kind, name string, width int) ([]float64, error) {
	all, err := r.data.View(field)
	if err != nil {
		return nil, err
	}
	id, err := m.ID(kind, name)
	if err != nil {
		return nil, err
	}
	return all[id*width : (id+1)*width], nil
}

// wrap returns the angle in [-π, π), by the formula of ROBEL: modulo as in Python.
func wrap(angle float64) float64 {
	turns := math.Mod(angle+math.Pi, 2*math.Pi)
	if turns < 0 {
		turns += 2 * math.Pi
	}
	return turns - math.Pi
}

// single returns x rounded to float32, in which ROBEL keeps constants and goals.
func single(x float64) float64 { return float64(float32(x)) }

// servos are the position servos of ROBEL's robots: an action in ±1 is mapped to a
// target angle, which is then kept within what the joint can turn in one step. All
// constants are float32, as there; sums of them are float32 too.
type servos struct {
	low, high, centre, half []float64 // rad, by joint
	speed                   float64   // rad/s
	dt                      float64   // s
}

// newServos returns servos with the ranges of one limb after another.
func newServos(ranges [][2]float64, speed, dt float64) *servos {
	s := &servos{speed: single(speed), dt: dt}
	for _, r := range ranges {
		low, high := float32(r[0]), float32(r[1])
		s.low, s.high = append(s.low, float64(low)), append(s.high, float64(high))
		s.centre, s.half = append(s.centre, float64((low+high)/2)), append(s.half, float64((high-low)/2))
	}
	return s
}

// targets writes to ctrl the targets for an action, of joints that are at qpos.
func (s *servos) targets(action, qpos []float64, ctrl []*float64) {
	for i, a := range action {
		u := min(max(a*s.half[i]+s.centre[i], s.low[i]), s.high[i])
		v := min(max((u-qpos[i])/s.dt, -s.speed), s.speed)
		*ctrl[i] = qpos[i] + v*s.dt
	}
}
