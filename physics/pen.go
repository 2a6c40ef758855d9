package physics

import (
	"errors"
	"math"

	"github.com/palmal-rl/palmal/physics/mujoco"
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
	if err := errors.Join(err, err1, err2, err3, err4, err5); err != nil {
		return m, err
	}
	m.before, m.after = 1, 1
	axis, desired, offset, wrong := r.computed[0:3], r.computed[3:6], r.computed[6:9], r.computed[9:12]
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
	}
	return m, nil
}

// aimPen sets the target's quaternion, a rotation about x and then about the new y,
// and the axis of a pen that has it: the turned z.
func aimPen(quat, axis []float64, ex, ey float64) {
	sx, cx := math.Sincos(ex / 2)
	sy, cy := math.Sincos(ey / 2)
	quat[0], quat[1], quat[2], quat[3] = cy*cx, cy*sx, sy*cx, sy*sx
	axis[0], axis[1], axis[2] = math.Sin(ey), -math.Sin(ex)*math.Cos(ey), math.Cos(ex)*math.Cos(ey)
}
