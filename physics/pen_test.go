package physics

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/palmal-rl/palmal/physics/task"
)

// The angular velocity is that with which MuJoCo's pen turns: it takes its orientation to the one that a
// small step along the state's velocities leads to, also where the pen is all but upright.
func TestAngularVelocityTurnsThePen(t *testing.T) {
	needsLibrary(t)
	w := open(t, "pen", Options{Workers: 1})
	r := w.samplers[0].sim.(*robot)
	orientation := place(t, w, task.BodyQuat, "Object", 4)
	const h = 1e-6 // s: the second order of a turn by 10 rad/s·h is 1e-10, over h 1e-4
	at := func(s start) [4]float64 {
		if err := r.reset(s); err != nil {
			t.Fatal(err)
		}
		return [4]float64(orientation)
	}
	rng := rand.New(rand.NewPCG(1, 1))
	obs := make([]float64, len(w.task.Observation))
	for k := range 20 {
		s := start{qpos: make([]float64, 30), qvel: make([]float64, 30), goal: []float64{0, 0}}
		for i := range 3 {
			s.qpos[27+i], s.qvel[27+i] = 6*rng.Float64()-3, 6*rng.Float64()-3
		}
		if k%2 == 0 {
			s.qpos[28] = math.Pi/2 - 0.01 // upright
		}
		before := at(s)
		r.observe(obs)
		for i := range 3 {
			s.qpos[27+i] += h * s.qvel[27+i]
		}
		turned := quotient(at(s), before)
		for i := range 3 {
			if want := 2 * turned[1+i] / h; !within(obs[30+i], want, 1e-3) {
				t.Errorf("state %d: ω%s = %v rad/s, the pen turns by %v", k, "xyz"[i:i+1], obs[30+i], want)
			}
		}
	}
}

// quotient is the unit quaternion a·b⁻¹, with w > 0.
func quotient(a, b [4]float64) [4]float64 {
	q := [4]float64{
		a[0]*b[0] + a[1]*b[1] + a[2]*b[2] + a[3]*b[3],
		-a[0]*b[1] + a[1]*b[0] - a[2]*b[3] + a[3]*b[2],
		-a[0]*b[2] + a[2]*b[0] - a[3]*b[1] + a[1]*b[3],
		-a[0]*b[3] + a[3]*b[0] - a[1]*b[2] + a[2]*b[1],
	}
	if q[0] < 0 {
		for i := range q {
			q[i] = -q[i]
		}
	}
	return q
}
