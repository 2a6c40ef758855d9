package physics

import "math"

// Constants of Barto, Sutton and Anderson 1983, appendix; friction left out.
const (
	cartMass   = 1.0  // kg
	poleMass   = 0.1  // kg
	halfPole   = 0.5  // m, from the hinge to the middle of the pole
	cartForce  = 10.0 // N per unit of action
	poleWeight = 9.8  // m/s²
)

// cartpole is the frictionless cart and pole, integrated by one step of the
// classical Runge-Kutta method of order 4 per environment step (the original and
// gym use Euler's). Angle 0 is upright, positive towards positive x.
type cartpole struct {
	dt         float64    // s
	qpos, qvel [2]float64 // cart position, pole angle; their rates
}

func (w *cartpole) reset(s start) error {
	copy(w.qpos[:], s.qpos)
	copy(w.qvel[:], s.qvel)
	return nil
}

// cartpoleAcceleration returns the accelerations of cart and pole.
func cartpoleAcceleration(force float64, qpos, qvel [2]float64) [2]float64 {
	sin, cos := math.Sincos(qpos[1])
	const total = cartMass + poleMass
	push := (force + poleMass*halfPole*qvel[1]*qvel[1]*sin) / total
	angular := (poleWeight*sin - cos*push) / (halfPole * (4.0/3 - poleMass*cos*cos/total))
	return [2]float64{push - poleMass*halfPole*angular*cos/total, angular}
}

func (w *cartpole) step(action []float64) error {
	force := cartForce * action[0]
	// k are the four stages' rates of position and of velocity
	var kq, kv [4][2]float64
	for s, part := range [4]float64{0, 0.5, 0.5, 1} {
		q, v := w.qpos, w.qvel
		if s > 0 {
			for i := range q {
				q[i] += part * w.dt * kq[s-1][i]
				v[i] += part * w.dt * kv[s-1][i]
			}
		}
		kq[s], kv[s] = v, cartpoleAcceleration(force, q, v)
	}
	for i := range w.qpos {
		w.qpos[i] += w.dt / 6 * (kq[0][i] + 2*kq[1][i] + 2*kq[2][i] + kq[3][i])
		w.qvel[i] += w.dt / 6 * (kv[0][i] + 2*kv[1][i] + 2*kv[2][i] + kv[3][i])
	}
	return nil
}

func (w *cartpole) state() (qpos, qvel []float64) { return w.qpos[:], w.qvel[:] }
