package physics

// pointmass is a mass of 1 kg in the plane. The force is constant over a step, so its
// motion is exact: x += v·dt + ½·a·dt², v += a·dt.
type pointmass struct {
	dt         float64 // s
	qpos, qvel [2]float64
	goal       [2]float64
}

func (w *pointmass) reset(s start) error {
	copy(w.qpos[:], s.qpos)
	copy(w.qvel[:], s.qvel)
	copy(w.goal[:], s.goal)
	return nil
}

func (w *pointmass) step(force []float64) error {
	for i, a := range force {
		w.qpos[i] += w.qvel[i]*w.dt + 0.5*a*w.dt*w.dt
		w.qvel[i] += a * w.dt
	}
	return nil
}

func (w *pointmass) state() (qpos, qvel []float64) { return w.qpos[:], w.qvel[:] }
