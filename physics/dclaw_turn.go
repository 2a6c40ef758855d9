package physics

import "math"

// dclawManners are those of ROBEL DClawTurnRandom-v0. The target angle is kept as
// float32, as there.
func dclawManners(r *robot, m manners) (manners, error) {
	const joints, valve = 9, 9 // claw joints come first in qpos, then the valve
	_, quat, err := r.marker()
	if err != nil {
		return m, err
	}
	finger := [][2]float64{{-0.48, 0.48}, {-math.Pi / 3, math.Pi / 3}, {-math.Pi / 2, math.Pi / 2}}
	var ranges [][2]float64
	for range 3 {
		ranges = append(ranges, finger...)
	}
	s := newServos(ranges, 2*math.Pi/3, r.task.Dt())
	target := 0.0
	m.before = 1
	m.aim = func() {
		target = single(wrap(r.goal[0]))
		turn(quat, target)
	}
	m.command = func(action []float64) { s.targets(action, r.data.Qpos[:joints], r.ctrl) }
	m.compute = func() {
		angle := r.data.Qpos[valve]
		r.computed[0], r.computed[1] = math.Cos(angle), math.Sin(angle)
		r.computed[2] = wrap(target - angle)
	}
	return m, nil
}
