package physics

import (
	"errors"
	"math"

	"github.com/palmal-rl/palmal/physics/mujoco"
	"github.com/palmal-rl/palmal/physics/task"
)

// penManners are those of pen-v0. A target angle is its actuator's range, mapped
// from ±1; it has no limit of speed.
func penManners(r *robot, model *mujoco.Model, m manners) (manners, error) {
	_, quat, err := r.marker()
	place, err1 := r.xyz(model, mujoco.Body, "Object")
	top, err2 := r.xyz(model, mujoco.Site, "object_top")
	bottom, err3 := r.xyz(model, mujoco.Site, "object_bottom")
	goal, err4 := r.xyz(model, mujoco.Site, "eps_ball")
	ranges, err5 := model.Field("actuator_ctrlrange")
	turning, err6 := r.penTurning(model)
	if err := errors.Join(err, err1, err2, err3, err4, err5, err6); err != nil {
		return m, err
	}
	m.before, m.after = 1, 1
	axis, desired, offset, wrong := r.computed[0:3], r.computed[3:6], r.computed[6:9], r.computed[9:12]
	velocity := r.computed[12:15]
	m.aim = func() { aimPen(quat, desired, r.goal[0], r.goal[1]) }
	m.command = func(action []float64) {
		for i, a := range action {
			low, high := ranges[2*i], ranges[2*i+1]
			*r.ctrl[i] = (low+high)/2 + a*(high-low)/2
		}
	}
	m.compute = func() {
		length := 0.0
		for i := range axis {
			axis[i] = top[i] - bottom[i]
			length += axis[i] * axis[i]
		}
		length = math.Sqrt(length)
		for i := range axis {
			axis[i] /= length
			offset[i] = place[i] - goal[i]
			wrong[i] = axis[i] - desired[i]
		}
		turning(velocity)
	}
	return m, nil
}

// penTurning returns what writes the pen's angular velocity [3] in the world, rad/s. Unlike the positions
// it is not that of one simulation step before.
func (r *robot) penTurning(model *mujoco.Model) (func(velocity []float64), error) {
	var angles, rates [3]*float64
	for i, hinge := range []string{"OBJRx", "OBJRy", "OBJRz"} {
		angle, err := r.locate(model, task.Place{Field: task.Position, Element: hinge})
		rate, err1 := r.locate(model, task.Place{Field: task.Velocity, Element: hinge})
		if err := errors.Join(err, err1); err != nil {
			return nil, err
		}
		angles[i], rates[i] = angle, rate
	}
	frames, err := model.Field("body_quat")
	pen, err1 := model.ID(mujoco.Body, "Object")
	if err := errors.Join(err, err1); err != nil {
		return nil, err
	}
	frame := frames[4*pen : 4*pen+4]
	return func(velocity []float64) {
		hingeVelocity(velocity, *angles[0], *angles[1], *rates[0], *rates[1], *rates[2])
		rotate(frame, velocity)
	}, nil
}

// hingeVelocity is the angular velocity [3] of a body on hinges about x, then the new y, then the new z, at
// angles x and y, in the frame that the hinges stand in.
func hingeVelocity(velocity []float64, x, y, rateX, rateY, rateZ float64) {
	sx, cx := math.Sincos(x)
	sy, cy := math.Sincos(y)
	velocity[0] = rateX + sy*rateZ
	velocity[1] = cx*rateY - sx*cy*rateZ
	velocity[2] = sx*rateY + cx*cy*rateZ
}

// rotate turns a vector [3] by a unit quaternion (w, x, y, z).
func rotate(quat, v []float64) {
	w, x, y, z := quat[0], quat[1], quat[2], quat[3]
	// t = 2 q × v, v + w t + q × t
	tx, ty, tz := 2*(y*v[2]-z*v[1]), 2*(z*v[0]-x*v[2]), 2*(x*v[1]-y*v[0])
	v[0], v[1], v[2] = v[0]+w*tx+y*tz-z*ty, v[1]+w*ty+z*tx-x*tz, v[2]+w*tz+x*ty-y*tx
}

// aimPen sets the target's quaternion, a rotation about x and then about the new y,
// and the axis of a pen that has it: the turned z.
func aimPen(quat, axis []float64, ex, ey float64) {
	sx, cx := math.Sincos(ex / 2)
	sy, cy := math.Sincos(ey / 2)
	quat[0], quat[1], quat[2], quat[3] = cy*cx, cy*sx, sy*cx, sy*sx
	axis[0], axis[1], axis[2] = math.Sin(ey), -math.Sin(ex)*math.Cos(ey), math.Cos(ex)*math.Cos(ey)
}
