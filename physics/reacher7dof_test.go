package physics

import (
	"slices"
	"testing"
)

// The long arm replays, and its mass and inertia are those of the recorded one.
func TestLongForearm(t *testing.T) {
	needsLibrary(t)
	o, err := Perturbed(get(t, "reacher7dof"), Options{}, "forearm=0.421")
	if err != nil {
		t.Fatal(err)
	}
	w := open(t, "reacher7dof", o)
	compareFacts(t, "reacher7dof", w.model, modelFacts(t, "reacher7dof", "model_forearm_0.421"))
	bounds := ReplayBounds(get(t, "reacher7dof"))
	r, err := Replay(get(t, "reacher7dof"), recordings(t, "reacher7dof", "forearm_0.421"), o)
	if err != nil {
		t.Fatal(err)
	}
	if past := r.Exceeded(bounds); len(past) > 0 || r.Episodes != 2 {
		t.Errorf("%q exceeded: %+v", past, r)
	}
	t.Logf("%d steps, %+v", r.Steps, r.MaxAbs)
	if r, err = Replay(get(t, "reacher7dof"), recordings(t, "reacher7dof", "forearm_0.421"), Options{}); err != nil || len(r.Exceeded(bounds)) == 0 {
		t.Errorf("the short arm replays them too: %+v, error %v", r, err)
	}
}

// A goal box that was moved is where the goals are then.
func TestMovedGoals(t *testing.T) {
	needsLibrary(t)
	o, err := Perturbed(get(t, "reacher7dof"), Options{}, "target_x=-0.2:0.3", "target_y=-0.4:-0.1", "target_z=0.3:0.45")
	if err != nil {
		t.Fatal(err)
	}
	w := open(t, "reacher7dof", o)
	for _, e := range firstEpisodes(t, w, 1, 0, 4, idle) {
		x, y, z := e.obs[17], e.obs[18], e.obs[19]
		if !(x >= -0.2 && x <= 0.3 && y >= -0.4 && y <= -0.1 && z >= 0.3 && z <= 0.45) {
			t.Errorf("goal %v, %v, %v", x, y, z)
		}
	}
}

// The observation shows where the tip is, so a longer arm starts elsewhere; a heavier
// one does not.
func TestStartsOfALongerArmDiffer(t *testing.T) {
	needsLibrary(t)
	before := open(t, "reacher7dof", Options{Workers: 1})
	for change, want := range map[string]bool{"forearm=0.421": false, "forearm=0.321": true, "geom.fa.density=2000": true} {
		o, err := Perturbed(get(t, "reacher7dof"), Options{Workers: 1}, change)
		if err != nil {
			t.Fatal(err)
		}
		if same, err := before.SameStarts(open(t, "reacher7dof", o)); err != nil || same != want {
			t.Errorf("%s: same starts %v, error %v, want %v", change, same, err, want)
		}
	}
}

// Cartesian positions are those of the simulation step before: forward kinematics
// of qpos - timestep·qvel, as Euler's method steps. After a reset they are fresh.
func TestPositionsLagByOneSimulationStep(t *testing.T) {
	needsLibrary(t)
	w := open(t, "reacher7dof", Options{Workers: 1})
	r := w.samplers[0].sim.(*robot)
	tip := func(qpos, qvel []float64, lag float64) []float64 {
		s := start{qpos: slices.Clone(qpos), qvel: make([]float64, 7), goal: []float64{0, 0, 0}}
		for i, v := range qvel {
			s.qpos[i] -= lag * v
		}
		if err := r.reset(s); err != nil {
			t.Fatal(err)
		}
		obs := make([]float64, 20)
		r.observe(obs)
		return obs[14:17]
	}
	at := tip(make([]float64, 7), make([]float64, 7), 0)
	if !within(at[0], 0.821, 1e-15) || !within(at[1], -0.6, 1e-15) || !within(at[2], 0, 1e-15) {
		t.Errorf("tip after a reset at %v", at)
	}
	obs := make([]float64, 20)
	for range 3 {
		if err := r.step([]float64{1, -1, 0.5, -1, 0.3, -0.2, 0.1}); err != nil {
			t.Fatal(err)
		}
	}
	r.observe(obs)
	qpos, qvel := slices.Clone(r.data.Qpos), slices.Clone(r.data.Qvel)
	lagging, fresh := tip(qpos, qvel, 0.01), tip(qpos, qvel, 0)
	for i := range 3 {
		if !within(obs[14+i], lagging[i], 1e-14) { // roundings along the arm
			t.Errorf("tip %v, one step before %v, now %v", obs[14:17], lagging, fresh)
		}
	}
	if within(obs[14], fresh[0], 1e-4) && within(obs[16], fresh[2], 1e-4) {
		t.Error("the arm hardly moves: this tests nothing")
	}
}
