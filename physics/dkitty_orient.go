package physics

import (
	"math"

	"github.com/palmal-rl/palmal/physics/mujoco"
)

// dkittyManners are those of ROBEL DKittyOrientRandom-v0. It makes a forward pass
// whenever it has observed, since it has moved its markers.
func dkittyManners(r *robot, model *mujoco.Model, m manners) (manners, error) {
	const legs = 6 // the leg joints follow the six of the torso in qpos
	xyz, _, err := r.marker()
	if err != nil {
		return m, err
	}
	torso, err := r.rows(model, "xmat", mujoco.Body, "kitty_frame", 9)
	if err != nil {
		return m, err
	}
	right, left := [2]float64{-0.5, 0.279}, [2]float64{-0.279, 0.5}
	knee, foot := [2]float64{0, math.Pi / 2}, [2]float64{-2, 0}
	s := newServos([][2]float64{right, knee, foot, left, knee, foot, left, knee, foot, right, knee, foot},
		math.Pi, r.task.Dt())
	m.before, m.after, m.look = 2, 1, 1
	m.aim = func() { // the robot faces along y at angle 0
		xyz[0], xyz[1] = math.Cos(r.goal[0]+math.Pi/2), math.Sin(r.goal[0]+math.Pi/2)
	}
	m.command = func(action []float64) { s.targets(action, r.data.Qpos[legs:], r.ctrl) }
	m.compute = func() {
		eulerXYZ(r.computed[0:3], torso)
		r.computed[3], r.computed[4], r.computed[5] = torso[8], torso[1], torso[4]
		x, y := xyz[0]-r.data.Qpos[0], xyz[1]-r.data.Qpos[1]
		// ROBEL guards the length so, which makes it wrong by some 1e-8
		length := math.Hypot(x+1e-8, y+1e-8)
		r.computed[6], r.computed[7] = x/length, y/length
	}
	return m, nil
}

// eulerXYZ sets angles to those of successive rotations about the moving axes x, y
// and z that make up the rotation matrix [3,3]; the second is in [-π/2, π/2].
func eulerXYZ(angles, matrix []float64) {
	angles[0] = math.Atan2(-matrix[5], matrix[8])
	angles[1] = math.Atan2(matrix[2], math.Hypot(matrix[0], matrix[1]))
	angles[2] = math.Atan2(-matrix[1], matrix[0])
}
