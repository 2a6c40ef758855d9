package physics

import (
	"bytes"
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/palmal-rl/palmal/physics/tasks"
)

// record plays a short episode of pointmass and returns it as a recording.
func record(t *testing.T) map[string]any {
	t.Helper()
	w := open(t, "pointmass", Options{Workers: 1})
	p := w.samplers[0]
	s := start{qpos: []float64{0.1, 0.2}, qvel: []float64{0, 0}, goal: []float64{0.12, 0.2}}
	if err := p.sim.reset(s); err != nil {
		t.Fatal(err)
	}
	var actions, qpos, qvel, obs [][]float64
	var reward []float64
	var done, success []bool
	p.sim.observe(p.obs)
	for step := range 3 {
		action := []float64{0.5, -0.1 * float64(step)}
		if err := p.sim.step(action); err != nil {
			t.Fatal(err)
		}
		p.sim.observe(p.next)
		p.task.Rewards(p.terms, p.obs, action, p.next)
		q, v := p.sim.state()
		actions = append(actions, action)
		qpos, qvel = append(qpos, append([]float64{}, q...)), append(qvel, append([]float64{}, v...))
		obs = append(obs, append([]float64{}, p.next...))
		reward = append(reward, p.terms[0]+p.terms[1])
		done, success = append(done, false), append(success, p.task.Achieved(p.next))
	}
	episode := map[string]any{
		"init_qpos": s.qpos, "init_qvel": s.qvel, "goal": map[string]any{"goal": s.goal},
		"actions": actions, "qpos": qpos, "qvel": qvel, "obs": obs, "reward": reward, "done": done, "success": success,
	}
	return map[string]any{
		"task": "pointmass", "timestep": 0.1, "frame_skip": 1, "nq": 2, "nv": 2, "obs_dim": 6, "act_dim": 2,
		"episodes": []any{episode},
	}
}

func encode(t *testing.T, recording any) string {
	t.Helper()
	text, err := json.Marshal(recording)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestReplayOfOneselfIsExact(t *testing.T) {
	r, err := Replay(get(t, "pointmass"), strings.NewReader(encode(t, record(t))), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if r.MaxAbs != (Fields{}) || !r.DoneEqual || !r.SuccessEqual || r.Episodes != 1 || r.Steps != 3 {
		t.Errorf("%+v", r)
	}
	if past := r.Exceeded(Fields{}); len(past) != 0 {
		t.Errorf("bound 0 exceeded by %q", past)
	}
}

// Every field is compared: a change in any of them shows, with its place.
func TestReplayFindsEveryDifference(t *testing.T) {
	for field, change := range map[string]func(episode map[string]any){
		"qpos":    func(e map[string]any) { e["qpos"].([][]float64)[2][1] += 0.25 },
		"qvel":    func(e map[string]any) { e["qvel"].([][]float64)[2][1] -= 0.25 },
		"obs":     func(e map[string]any) { e["obs"].([][]float64)[2][1] += 0.25 },
		"reward":  func(e map[string]any) { e["reward"].([]float64)[2] += 0.25 },
		"done":    func(e map[string]any) { e["done"].([]bool)[1] = true },
		"success": func(e map[string]any) { e["success"].([]bool)[0] = !e["success"].([]bool)[0] },
	} {
		recording := record(t)
		change(recording["episodes"].([]any)[0].(map[string]any))
		r, err := Replay(get(t, "pointmass"), strings.NewReader(encode(t, recording)), Options{})
		if err != nil {
			t.Fatal(err)
		}
		bounds := ReplayBounds(get(t, "pointmass"))
		if past := r.Exceeded(bounds); len(past) != 1 || past[0] != field {
			t.Errorf("%s changed: %q exceeded", field, past)
		}
		largest := math.Max(math.Max(r.MaxAbs.Qpos, r.MaxAbs.Qvel), math.Max(r.MaxAbs.Obs, r.MaxAbs.Reward))
		if wantLargest := map[bool]float64{true: 0, false: 0.25}[field == "done" || field == "success"]; !within(largest, wantLargest, 1e-15) {
			t.Errorf("%s changed: largest difference %v", field, largest)
		}
		at := map[string]Moment{"qpos": r.At.Qpos, "qvel": r.At.Qvel, "obs": r.At.Obs}
		if where, ok := at[field]; ok && where != (Moment{0, 2, 1}) {
			t.Errorf("%s changed: found at %+v", field, where)
		}
	}
}

func TestReplayComparisonFailsOnNaN(t *testing.T) {
	most, where := 0.0, Moment{}
	larger(&most, &where, Moment{1, 2, 3}, 0, math.NaN())
	if most != math.MaxFloat64 || where != (Moment{1, 2, 3}) {
		t.Errorf("difference %v at %+v", most, where)
	}
	r := ReplayResult{MaxAbs: Fields{Qvel: math.NaN()}, DoneEqual: true, SuccessEqual: true}
	if past := r.Exceeded(Fields{Qpos: 1, Qvel: 1, Obs: 1, Reward: 1}); len(past) != 1 || past[0] != "qvel" {
		t.Errorf("exceeded: %q", past)
	}
}

func TestBadRecordingsAreRefusedByEntry(t *testing.T) {
	good := encode(t, record(t))
	edit := func(old, new string) string {
		t.Helper()
		if !strings.Contains(good, old) {
			t.Fatalf("no %s in %s", old, good)
		}
		return strings.Replace(good, old, new, 1)
	}
	for _, c := range []struct{ name, text, want string }{
		{"not JSON", "hopper", "not JSON"},
		{"empty", "", "not JSON"},
		{"cut off", good[:len(good)-40], "not JSON"},
		{"NaN", edit("[0.5,-0.1]", "[NaN,-0.1]"), "not JSON"},
		{"trailing", good + "{}", "more follows"},
		{"a list", "[]", "not JSON as expected"},
		{"other task", edit(`"task":"pointmass"`, `"task":"cartpole"`), "of task cartpole"},
		{"nq", edit(`"nq":2`, `"nq":3`), "nq, nv, obs_dim, act_dim {3 2 6 2}, want {2 2 6 2}"},
		{"timestep", edit(`"timestep":0.1`, `"timestep":0.2`), "another timestep"},
		{"no episodes", edit(`"episodes":[`, `"episodes":[],"rest":[`), "no episodes"},
		{"episode is no object", edit(`"episodes":[`, `"episodes":[3,`), "episode 0: not an object"},
		{"short action", edit("[0.5,-0.1]", "[0.5]"), "episode 0: actions[1]: 1 numbers, want 2"},
		{"long start", edit(`"init_qvel":[0,0]`, `"init_qvel":[0,0,0]`), "episode 0: init_qvel: 3 numbers, want 2"},
		{"null", edit("[0.5,-0.1]", "[0.5,null]"), "episode 0: actions[1][1]: not a finite number"},
		{"text", edit("[0.5,-0.1]", `[0.5,"x"]`), "episode 0: actions: "},
		{"huge", edit("[0.5,-0.1]", "[0.5,1e999]"), "episode 0: actions: "},
		{"missing", edit(`"reward"`, `"rewards"`), "episode 0: reward: missing"},
		{"fewer flags", edit(`"done":[false,`, `"done":[`), "episode 0: done: 2 entries, want 3"},
		{"flag is null", edit(`"done":[false,`, `"done":[null,`), "episode 0: done[0]: not true or false"},
		{"no goal", edit(`"goal":{"goal"`, `"goal":{"target"`), "episode 0: goal: goal: missing"},
		{"rows", edit(`"qpos":[[`, `"qpos":[[0,0],[`), "episode 0: qpos: 4 entries, want 3"},
		{"no actions", edit(`"actions":`, `"actions":[],"old":`), "episode 0: "},
	} {
		_, err := Replay(get(t, "pointmass"), strings.NewReader(c.text), Options{})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one with %q", c.name, err, c.want)
		}
	}
}

// Contact forces at the end of ant's recorded observation have to be 0, and its
// last own entry, x_vel, is not in it.
func TestAntLayout(t *testing.T) {
	ant, err := tasks.Get("ant")
	if err != nil {
		t.Fatal(err)
	}
	l := layoutOf(ant)
	if n := len(l.obs); n != 111 {
		t.Errorf("%d recorded entries, want 111", n)
	}
	recorded, own := make([]float64, 111), make([]float64, 28)
	recorded[26], own[26], own[27], recorded[110] = 5, 5, 7, 0.5
	l.compare(recorded, own, nil, func(entry int, x, y float64) {
		if (x != y) != (entry == 110) {
			t.Errorf("entry %d: %v and %v", entry, x, y)
		}
	})
}

// The rates of the pen's hinges, which are recorded among the observation, are compared with those of
// the state; of the task's own entries the rest of the recorded ones.
func TestPenLayout(t *testing.T) {
	pen, err := tasks.Get("pen")
	if err != nil {
		t.Fatal(err)
	}
	recorded, own, qvel := make([]float64, 45), make([]float64, len(pen.Observation)), make([]float64, 30)
	for i := range recorded {
		recorded[i], own[i] = float64(i), float64(i)
	}
	for i := range 3 {
		own[30+i], qvel[27+i] = 100, float64(30+i)
	}
	qvel[29]++
	compared := 0
	layoutOf(pen).compare(recorded, own, qvel, func(entry int, x, y float64) {
		compared++
		if (x != y) != (entry == 32) {
			t.Errorf("entry %d: %v and %v", entry, x, y)
		}
	})
	if compared != 45 {
		t.Errorf("%d entries compared, want 45", compared)
	}
}

// ROBEL's recordings hold a second claw's joints, and an observation without
// velocities.
func TestDclawLayout(t *testing.T) {
	dclaw, err := tasks.Get("dclaw_turn")
	if err != nil {
		t.Fatal(err)
	}
	l := layoutOf(dclaw)
	if len(l.qpos) != 19 || len(l.qvel) != 19 || len(l.obs) != 21 {
		t.Fatalf("%d positions, %d velocities, %d entries, want 19, 19, 21", len(l.qpos), len(l.qvel), len(l.obs))
	}
	recorded := make([]float64, 19)
	recorded[8], recorded[9], recorded[18] = 1, 2, 3
	if q := gather(l.qpos, recorded, 10); q[8] != 1 || q[9] != 3 {
		t.Errorf("own positions %v", q)
	}
	for entry, name := range map[int]string{8: "finger 3 bottom angle", 9: "valve cos", 10: "valve sin", 11: "last finger 1 top target", 20: "target error"} {
		if got := dclaw.Observation[l.obs[entry]].Name; got != name {
			t.Errorf("recorded entry %d is %q, want %q", entry, got, name)
		}
	}
}

// Each task's recordings name their goals in their own way.
func TestGoalsOfRecordings(t *testing.T) {
	for _, c := range []struct {
		task, goal string
		want       []float64
	}{
		{"pointmass", `{"goal":[1,2]}`, []float64{1, 2}},
		{"hopper", `{}`, []float64{}},
		{"dclaw_turn", `{"initial_object_angle":1,"target_angle":2.5}`, []float64{2.5}},
		{"dkitty_orient", `{"target_angle":2.5}`, []float64{2.5}},
		{"reacher7dof", `{"target_pos":[1,2,3]}`, []float64{1, 2, 3}},
		// cos and sin of 0.25 and 0.4, multiplied
		{"pen", `{"desired_orien_quat":[0.892427441,0.227874137,0.377312269,0.0963436398]}`, []float64{0.5, 0.8}},
		{"pen", `{"desired_orien_quat":[1,0,0]}`, nil},
		{"reacher7dof", `{"target_pos":[1,2]}`, nil},
		{"dclaw_turn", `{"target_angle":null}`, nil},
		{"dclaw_turn", `{}`, nil},
	} {
		tk, err := tasks.Get(c.task)
		if err != nil {
			t.Fatal(err)
		}
		f := fields{lists: map[string]json.RawMessage{"goal": json.RawMessage(c.goal)}}
		got := layoutOf(tk).goal(&f, tk)
		if (f.err != nil) != (c.want == nil) {
			t.Errorf("%s: %s: error %v", c.task, c.goal, f.err)
		}
		for i := range c.want {
			if !within(got[i], c.want[i], 1e-8) { // nine digits
				t.Errorf("%s: %s: goal %v, want %v", c.task, c.goal, got, c.want)
			}
		}
	}
}

func FuzzReadRecording(f *testing.F) {
	pointmass, err := tasks.Get("pointmass")
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte(`{"task":"pointmass","nq":2,"nv":2,"obs_dim":6,"act_dim":2,"episodes":[{"init_qpos":[0,0],"actions":[[1,1]]}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		episodes, err := readRecording(bytes.NewReader(text), pointmass, layoutOf(pointmass))
		for _, e := range episodes {
			if err == nil && (len(e.start.qpos) != 2 || len(e.qpos) != len(e.actions) || len(e.done) != len(e.actions)) {
				t.Errorf("accepted with wrong sizes: %+v", e)
			}
		}
	})
}
