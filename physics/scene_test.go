package physics

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/palmal-rl/palmal/physics/mujoco"
	"github.com/palmal-rl/palmal/physics/task"
)

// place returns where the simulator keeps the numbers of an element.
func place(t *testing.T, w *World, field, element string, n int) []float64 {
	t.Helper()
	x, err := w.samplers[0].sim.(*robot).locate(w.model, task.Place{Field: field, Element: element}, n)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// The kitty's angles make up its torso's matrix: rotations about x, then the new y, then the new z.
func TestEulerAngles(t *testing.T) {
	needsLibrary(t)
	w := open(t, "dkitty_orient", Options{Workers: 1})
	matrix := place(t, w, task.BodyMatrix, "kitty_frame", 9)
	obs := make([]float64, len(w.task.Observation))
	for _, want := range [][3]float64{{0, 0, 0}, {0.3, -0.4, 2}, {-3, 1.5, -3}, {0, 0, -1.2}} {
		sx, cx := math.Sincos(want[0])
		sy, cy := math.Sincos(want[1])
		sz, cz := math.Sincos(want[2])
		copy(matrix, []float64{
			cy * cz, -cy * sz, sy,
			sx*sy*cz + cx*sz, -sx*sy*sz + cx*cz, -sx * cy,
			-cx*sy*cz + sx*sz, cx*sy*sz + sx*cz, cx * cy,
		})
		w.samplers[0].sim.observe(obs)
		for i, got := range obs[3:6] {
			if !within(got, want[i], 1e-14) { // cos 1.5 = 0.07 takes a digit
				t.Errorf("%v: %v", want, obs[3:6])
			}
		}
	}
}

// The target's axis is its turned z, and the quaternion a unit one.
func TestPenTarget(t *testing.T) {
	needsLibrary(t)
	w := open(t, "pen", Options{Workers: 1})
	r := w.samplers[0].sim.(*robot)
	obs := make([]float64, len(w.task.Observation))
	for _, e := range [][2]float64{{0, 0}, {0.7, -0.3}, {-1, 1}} {
		if err := r.reset(start{qpos: make([]float64, 30), qvel: make([]float64, 30), goal: e[:]}); err != nil {
			t.Fatal(err)
		}
		r.observe(obs)
		q := [4]float64(r.marker.quat)
		turned := [3]float64{2 * (q[1]*q[3] + q[0]*q[2]), 2 * (q[2]*q[3] - q[0]*q[1]), 1 - 2*(q[1]*q[1]+q[2]*q[2])}
		for i, got := range obs[36:39] {
			if !within(got, turned[i], 1e-15) {
				t.Errorf("%v: axis %v, of the quaternion %v", e, obs[36:39], turned)
			}
		}
	}
}

// The claw's error is NumPy's mod(target − valve + π, 2π) − π, to the last bit within two turns.
func TestClawErrorIsTheRemainderOfATurn(t *testing.T) {
	needsLibrary(t)
	w := open(t, "dclaw_turn", Options{Workers: 1})
	r := w.samplers[0].sim.(*robot)
	valve := place(t, w, task.Position, "valve", 1)
	obs, rng := make([]float64, len(w.task.Observation)), rand.New(rand.NewPCG(1, 2))
	remainder := func(angle float64) float64 {
		turns := math.Mod(angle+math.Pi, 2*math.Pi)
		if turns < 0 {
			turns += 2 * math.Pi
		}
		return turns - math.Pi
	}
	for range 2000 {
		goal := 2*math.Pi/3 + 2*math.Pi/3*rng.Float64()
		s := drawStart(w.task, rng)
		s.goal[0] = goal
		if err := r.reset(s); err != nil {
			t.Fatal(err)
		}
		valve[0] = 20*rng.Float64() - 10
		r.observe(obs)
		if want := remainder(float64(float32(remainder(goal))) - valve[0]); obs[30] != want {
			t.Fatalf("goal %v, valve %v: %v, want %v", goal, valve[0], obs[30], want)
		}
	}
}

// Sensors, quaternions, velocities and forces are what MuJoCo keeps under those names.
func TestEveryFieldIsFound(t *testing.T) {
	needsLibrary(t)
	w := open(t, "ant", Options{Workers: 1})
	r := w.samplers[0].sim.(*robot)
	for field, n := range map[string]int{task.BodyQuat: 4, task.BodyMatrix: 9, task.BodyVelocity: 6, task.TreeCentre: 3, task.Contact: 6, task.RestQuat: 4} {
		if x := place(t, w, field, "torso", n); len(x) != n {
			t.Errorf("%s: %v", field, x)
		}
	}
	if _, err := r.locate(w.model, task.Place{Field: task.Sensor, Element: "none"}, 1); err == nil {
		t.Error("a sensor that is not there was found")
	}
	if _, err := w.model.ID(mujoco.Keyframe, "none"); err == nil {
		t.Error("a keyframe that is not there was found")
	}
}
