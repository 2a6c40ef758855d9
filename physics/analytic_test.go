package physics

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/palmal-rl/palmal/physics/task"
)

// A constant force moves a mass from rest by x = ½·a·t², v = a·t. The world's step is
// exact, so 50 steps differ by their roundings only: 50·2⁻⁵³·12.5 ≈ 7e-14.
func TestPointmassFollowsTheParabola(t *testing.T) {
	w := &pointmass{dt: 0.1}
	start := start{qpos: []float64{0.3, -0.2}, qvel: []float64{0, 0.5}, goal: []float64{1, 1}}
	if err := w.reset(start); err != nil {
		t.Fatal(err)
	}
	for n := 1; n <= 50; n++ {
		if err := w.step([]float64{1, -0.25}); err != nil {
			t.Fatal(err)
		}
		s := 0.1 * float64(n)
		if !within(w.qpos[0], 0.3+0.5*s*s, 1e-13) || !within(w.qpos[1], -0.2+0.5*s-0.125*s*s, 1e-13) ||
			!within(w.qvel[0], s, 1e-13) || !within(w.qvel[1], 0.5-0.25*s, 1e-13) {
			t.Fatalf("step %d: position %v, velocity %v", n, w.qpos, w.qvel)
		}
	}
}

// cartpoleEnergy returns the total energy in joules: the pole is a uniform rod.
func cartpoleEnergy(w *cartpole) float64 {
	cos := math.Cos(w.qpos[1])
	v, r := w.qvel[0], w.qvel[1]
	return 0.5*(cartMass+poleMass)*v*v + poleMass*halfPole*v*r*cos +
		2.0/3*poleMass*halfPole*halfPole*r*r + poleMass*poleWeight*halfPole*cos
}

// Energy and horizontal momentum are conserved where no force acts. The pole swings
// through the whole circle at up to 9 rad/s; the error of Runge-Kutta is of order
// (0.02·9)⁵ ≈ 2e-4 of a radian per step at worst, in energy about 1e-5 J a step and
// of either sign; 1e-3 J of 1.5 J over 200 steps is what we allow, while Euler's
// method gains 1 J.
func TestCartpoleConservesEnergyAndMomentum(t *testing.T) {
	w := &cartpole{dt: 0.02}
	if err := w.reset(start{qpos: []float64{0, 0.3}, qvel: []float64{0.2, 1}}); err != nil {
		t.Fatal(err)
	}
	momentum := func() float64 {
		return (cartMass+poleMass)*w.qvel[0] + poleMass*halfPole*w.qvel[1]*math.Cos(w.qpos[1])
	}
	energy0, momentum0 := cartpoleEnergy(w), momentum()
	for n := range 200 {
		if err := w.step([]float64{0}); err != nil {
			t.Fatal(err)
		}
		if !within(cartpoleEnergy(w), energy0, 1e-3) || !within(momentum(), momentum0, 1e-3) {
			t.Fatalf("step %d: energy %v, momentum %v, at first %v, %v", n, cartpoleEnergy(w), momentum(), energy0, momentum0)
		}
	}
}

// The force's impulse is the change of momentum: 10 N for 0.1 s.
func TestCartpoleForceIsNewtons(t *testing.T) {
	w := &cartpole{dt: 0.02}
	if err := w.reset(start{qpos: []float64{0, 0}, qvel: []float64{0, 0}}); err != nil {
		t.Fatal(err)
	}
	for range 5 {
		if err := w.step([]float64{1}); err != nil {
			t.Fatal(err)
		}
	}
	got := (cartMass+poleMass)*w.qvel[0] + poleMass*halfPole*w.qvel[1]*math.Cos(w.qpos[1])
	if !within(got, 1, 1e-5) { // the method's error over five steps
		t.Errorf("momentum %v N·s, want 1", got)
	}
	if !(w.qpos[1] < 0) {
		t.Errorf("pole angle %v: pushed to the right it has to fall to the left", w.qpos[1])
	}
}

// Near upright the pole obeys θ” = λ²θ with λ² = g/(l·(4/3 - m/(M+m))), so from
// rest at ε it is at ε·cosh(λt). ε = 1e-4 keeps the cubic term below 1e-8 of it.
func TestCartpoleFallsAtTheLinearRate(t *testing.T) {
	w := &cartpole{dt: 0.02}
	const eps = 1e-4
	if err := w.reset(start{qpos: []float64{0, eps}, qvel: []float64{0, 0}}); err != nil {
		t.Fatal(err)
	}
	lambda := math.Sqrt(poleWeight / (halfPole * (4.0/3 - poleMass/(cartMass+poleMass))))
	for n := 1; n <= 25; n++ {
		if err := w.step([]float64{0}); err != nil {
			t.Fatal(err)
		}
		want := eps * math.Cosh(lambda*0.02*float64(n))
		if !within(w.qpos[1]/want, 1, 1e-5) {
			t.Fatalf("step %d: angle %v, want %v", n, w.qpos[1], want)
		}
	}
}

// What an analytic world would not follow it refuses.
func TestAnalyticWorldsRefuseWhatOnlyRobotsFollow(t *testing.T) {
	for name, change := range map[string]func(*task.Task){
		"drive":        func(one *task.Task) { one.Drive.Delay = 1 },
		"passes":       func(one *task.Task) { one.Scene.Passes.AfterStep = 1 },
		"action force": func(one *task.Task) { one.Action[0].From.Element = "slide" },
		"action force of": func(one *task.Task) {
			one.Action[0].Name, one.Action[0].Servo = "force of", &task.Servo{Low: -1, High: 1}
		},
	} {
		one := get(t, "cartpole").Clone()
		one.Action = slices.Clone(one.Action)
		change(one)
		if _, err := Open(one, Options{Workers: 1}); err == nil || !strings.Contains(err.Error(), name+" would change nothing") {
			t.Errorf("%s: error %v", name, err)
		}
	}
}
