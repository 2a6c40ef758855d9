package physics

// reacherManners are those of mjrl_reacher_7dof-v0: its velocities are per
// environment step.
func reacherManners(r *robot, m manners) (manners, error) {
	xyz, _, err := r.marker()
	if err != nil {
		return m, err
	}
	m.before, m.after = 1, 1
	m.aim = func() { copy(xyz, r.goal) }
	dt := r.task.Dt()
	m.compute = func() {
		for i, v := range r.data.Qvel {
			r.computed[i] = v * dt
		}
	}
	return m, nil
}
