package physics

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/palmal-rl/palmal/physics/mujoco"
	"github.com/palmal-rl/palmal/physics/task"
)

// drawnBall is the ball with a model that changes from episode to episode.
func drawnBall(lines ...string) map[string]string {
	files := ballFiles()
	files["task.yaml"] = strings.Replace(files["task.yaml"], "action:", "  - {name: load, from: randomised load, kind: constant}\naction:", 1) + "randomise:\n"
	for _, line := range append([]string{"{name: load, unit: kg, into: geom.skin.mass, uniform: [1, 3]}"}, lines...) {
		files["task.yaml"] += "  - " + line + "\n"
	}
	return files
}

func otherLines() []string {
	return []string{`{name: grip, into: geom.floor.friction, operation: scale, log_uniform: [0.5, 2]}`,
		`{name: side, into: "option.gravity[0]", normal: [0, 0.5]}`, `{name: wrist, into: joint.wrist.damping, choice: [0.01, 0.02, 0.05]}`,
		`{name: rise, into: "body.ball.pos[2]", operation: add, uniform: [0, 0.5]}`}
}

// Episodes depend on (seed, number) alone where each has its own model, differ by it, and so do their evaluations'.
func TestDrawnModelsIgnoreTheNumberOfWorkers(t *testing.T) {
	needsLibrary(t)
	own := ownTask(t, drawnBall(otherLines()...))
	var want []played
	for _, workers := range []int{1, 3} {
		w, err := Open(own, Options{Workers: workers})
		if err != nil {
			t.Fatal(err)
		}
		defer w.Close()
		got := firstEpisodes(t, w, 3, 10, 7, uniform(own))
		if want == nil {
			want = got
		}
		if !slices.EqualFunc(got, want, same) {
			t.Errorf("%d workers: other episodes than with 1", workers)
		}
		if alone := firstEpisodes(t, w, 3, 13, 1, uniform(own)); !same(alone[0], want[3]) {
			t.Error("an episode depends on those before it")
		}
		if other := firstEpisodes(t, w, 4, 10, 1, uniform(own)); slices.Equal(other[0].obs, want[0].obs) {
			t.Error("the seed changes nothing")
		}
	}
	load := len(own.Observation) - 1
	for i, e := range want[1:] {
		if e.obs[load] == want[0].obs[load] || !(e.obs[load] >= 1 && e.obs[load] <= 3) {
			t.Errorf("episode %d has the load %v", i+1, e.obs[load])
		}
	}
}

// A task that draws no models plays the same episodes as one whose draws change nothing, and start states are the
// same whatever is drawn for the model.
func TestDrawsOfModelsChangeNoStart(t *testing.T) {
	needsLibrary(t)
	first := func(files map[string]string) []float32 {
		own := ownTask(t, files)
		w, err := Open(own, Options{Workers: 1})
		if err != nil {
			t.Fatal(err)
		}
		defer w.Close()
		return firstEpisodes(t, w, 1, 5, 1, idle)[0].obs
	}
	plain := ballFiles()
	plain["task.yaml"] = strings.Replace(plain["task.yaml"], "action:", "  - {name: load, from: \"goal[0]\", kind: constant}\naction:", 1)
	plain["task.yaml"] = strings.Replace(plain["task.yaml"], "reward:", "  - {name: load, into: goal, uniform: [2, 2]}\nreward:", 1)
	drawn := drawnBall()
	drawn["task.yaml"] = strings.Replace(drawn["task.yaml"], "uniform: [1, 3]", "choice: [2]", 1)
	if with, without := first(drawn), first(plain); !slices.Equal(with, without) {
		t.Errorf("%v\nwithout %v", with, without)
	}
}

// Masses and what the compiler derives from them follow the draw; the pose of the model's own moves along.
func TestDrawnModelsAreCompiled(t *testing.T) {
	needsLibrary(t)
	files := drawnBall(`{name: rise, into: "body.ball.pos[2]", operation: add, uniform: [0.5, 0.6]}`, `{name: arm, edits: [{element: body, name: hand, attribute: pos, value: [0, 0, value]}], uniform: [0.1, 0.3]}`)
	files["task.yaml"] = strings.Replace(files["task.yaml"], "keyframe: resting\n", "", 1)
	own := ownTask(t, files)
	w, err := Open(own, Options{Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	r := w.samplers[0].sim.(*robot)
	for number := range uint64(5) {
		s := w.samplers[0].start(1, number)
		if err := r.reset(s); err != nil {
			t.Fatal(err)
		}
		field := func(name string, kind mujoco.Kind, element string, width int) []float64 {
			all, err := r.model().Field(name)
			if err != nil {
				t.Fatal(err)
			}
			id, err := r.model().ID(kind, element)
			if err != nil {
				t.Fatal(err)
			}
			return all[id*width : (id+1)*width]
		}
		mass, inertia := field("body_mass", mujoco.Body, "ball", 1)[0], field("body_inertia", mujoco.Body, "ball", 3)[0]
		if mass != s.drawn[0] || !within(inertia, 0.4*mass*0.1*0.1, 1e-12) { // a solid sphere of 0.1 m
			t.Errorf("drawn %v: mass %v, inertia %v", s.drawn, mass, inertia)
		}
		if at := field("body_pos", mujoco.Body, "hand", 3)[2]; at != s.drawn[2] {
			t.Errorf("drawn %v: the hand is at %v", s.drawn, at)
		}
		if qpos := r.data.Qpos; !within(qpos[2], 1+s.drawn[1], 1e-12) {
			t.Errorf("drawn %v: the ball begins at %v", s.drawn, qpos[2])
		}
	}
	if err := r.reset(start{qpos: w.task.Pose, qvel: make([]float64, 10)}); err != nil || r.model() != w.model {
		t.Errorf("without draws the model is not the file's, error %v", err)
	}
}

// What cannot be is refused when the world is opened, by the line of its draw; MuJoCo's own words follow.
func TestDrawsThatDoNotFitTheModel(t *testing.T) {
	needsLibrary(t)
	for line, want := range map[string]string{
		`{name: a, into: geom.floor.frictoin, uniform: [1, 2]}`:                                   `ball/task.yaml:29:5: ball: randomise a at 1: geom.floor.frictoin: no attribute "frictoin", did you mean "friction"?: ball/ball.xml: mujoco: compile model`,
		`{name: a, into: geom.skin.sise, uniform: [1, 2]}`:                                        `did you mean "size"?`,
		`{name: a, into: option.timestep, uniform: [0.001, 0.002]}`:                               "ball/task.yaml:29:5: ball: randomise a at 0.001: the model's joints, actuators or timestep change",
		`{name: a, into: joint.wrist.type, choice: [hinge, ball]}`:                                "randomise a at 1: ",
		`{name: a, into: geom.skin.type, choice: [sphere, sphere, cube]}`:                         "randomise a at 2: ball/ball.xml: mujoco: compile model",
		`{name: a, into: position.turn.ctrlrange, edits: []}`:                                     "want uniform",
		`{name: a, edits: [{into: position.turn.ctrlrange, value: [value, 1]}], uniform: [0, 2]}`: "task.yaml:29:30: a = 2 makes position.turn.ctrlrange impossible: the range [2, 1] ends below its begin",
	} {
		files := drawnBall(line)
		err := func() error {
			own, err := loadOwn(files)
			if err != nil {
				return err
			}
			w, err := Open(own, Options{Workers: 1})
			if err == nil {
				w.Close()
			}
			return err
		}()
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s:\n%v\nwant %q", line, err, want)
		}
	}
}

// A perturbation moves the bounds of a draw, or changes what a draw scales.
func TestPerturbationsChangeDraws(t *testing.T) {
	needsLibrary(t)
	own := ownTask(t, drawnBall(otherLines()...))
	o, err := Perturbed(own, Options{Workers: 1}, "load=5:5", "geom.floor.friction=0.3 0.1 0.1")
	if err != nil {
		t.Fatal(err)
	}
	w, err := Open(own, o)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if e := firstEpisodes(t, w, 1, 0, 1, idle)[0]; e.obs[len(own.Observation)-1] != 5 {
		t.Errorf("load %v", e.obs[len(own.Observation)-1])
	}
	text, err := w.variants.text([]float64{5, 2, 0, 0.01, 0})
	if err != nil || !strings.Contains(string(text), `friction="0.6 0.2 0.2"`) {
		t.Errorf("%v\n%s", err, text)
	}
	if _, err := Perturbed(own, Options{}, "geom.skin.mass=3"); err == nil || !strings.Contains(err.Error(), "geom.skin.mass is set for each episode by load: change its bounds, as in load=1:3") {
		t.Errorf("error %v", err)
	}
}

// A recording holds what was drawn for its episodes; without it the model is the file's.
func TestReplaysKnowWhatWasDrawn(t *testing.T) {
	needsLibrary(t)
	files := drawnBall()
	files["task.yaml"] = strings.Replace(files["task.yaml"], "keyframe: resting\n", "", 1)
	own := ownTask(t, files)
	w, err := Open(own, Options{Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	p := w.samplers[0]
	s := p.start(1, 2)
	r := p.sim.(*robot)
	if err := r.reset(s); err != nil {
		t.Fatal(err)
	}
	list := func(x []float64) string { return strings.ReplaceAll(fmt.Sprintf("%v", x), " ", ",") }
	begin := fmt.Sprintf(`"init_qpos":%s,"init_qvel":%s`, list(r.data.Qpos), list(r.data.Qvel))
	if err := r.step([]float64{0.5}); err != nil {
		t.Fatal(err)
	}
	r.observe(p.next)
	terms := make([]float64, 1)
	own.Rewards(terms, p.next, []float64{0.5}, p.next)
	recording := func(drawn string) string {
		return fmt.Sprintf(`{"task":"ball","nq":12,"nv":10,"obs_dim":%d,"act_dim":1,"episodes":[{%s,%s"actions":[[0.5]],"qpos":[%s],"qvel":[%s],"obs":[%s],"reward":%s,"done":[false]}]}`,
			len(own.Observation), begin, drawn, list(r.data.Qpos), list(r.data.Qvel), list(p.next), list(terms))
	}
	exact := recording(fmt.Sprintf(`"randomised":{"load":%v},`, s.drawn[0]))
	result, err := Replay(own, strings.NewReader(exact), Options{})
	if err != nil || len(result.Exceeded(ReplayBounds(own))) > 0 {
		t.Errorf("%+v, error %v", result, err)
	}
	result, err = Replay(own, strings.NewReader(recording(`"randomised":{"load":1.1},`)), Options{})
	if err != nil || len(result.Exceeded(ReplayBounds(own))) == 0 {
		t.Errorf("another load is the same: %+v, error %v", result, err)
	}
	for drawn, want := range map[string]string{"": "observation load needs the recorded randomised load", `"randomised":{},`: "randomised: load: missing"} {
		if _, err := Replay(own, strings.NewReader(recording(drawn)), Options{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", drawn, err, want)
		}
	}
}

// A normal draw without a range may be impossible, which ends the play by the draw's line.
func TestAnImpossibleDrawEndsThePlay(t *testing.T) {
	needsLibrary(t)
	own := ownTask(t, drawnBall())
	w, err := Open(own, Options{Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	w.task.Randomise[0].Low, w.task.Randomise[0].High = -2, -1
	err = w.Sample(context.Background(), 1, 0, idle, func(Episode) bool { return false })
	if err == nil || !strings.Contains(err.Error(), "ball/task.yaml:28:5: load = -1.") {
		t.Errorf("error %v", err)
	}
}

// Included files are changed like the model's own text.
func TestDrawsReachIncludedFiles(t *testing.T) {
	needsLibrary(t)
	files := drawnBall(`{name: kp, into: position.turn.kp, uniform: [0.3, 0.4]}`)
	actuator := `<actuator><position name="turn" joint="wrist" kp="0.1" ctrllimited="true" ctrlrange="-1 1"/></actuator>`
	if !strings.Contains(files["ball.xml"], actuator) {
		t.Fatal("no actuator")
	}
	files["ball.xml"], files["parts.xml"] = strings.Replace(files["ball.xml"], actuator, `<include file="parts.xml"/>`, 1), "<mujoco>"+actuator+"</mujoco>"
	own := ownTask(t, files)
	w, err := Open(own, Options{Workers: 1, Edits: []mujoco.Edit{{Element: "position", Name: "turn", Attribute: "ctrlrange", Value: "-2 2"}}})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	r := w.samplers[0].sim.(*robot)
	if err := r.reset(w.samplers[0].start(1, 1)); err != nil {
		t.Fatal(err)
	}
	gains, err := r.model().Field("actuator_gainprm")
	if err != nil || !(gains[0] >= 0.3 && gains[0] <= 0.4) {
		t.Errorf("kp %v, error %v", gains, err)
	}
	if ranges, err := r.model().Field("actuator_ctrlrange"); err != nil || ranges[1] != 2 {
		t.Errorf("range %v, error %v", ranges, err)
	}
}

// BenchmarkDrawnModels compares an episode of the example's arm with one whose model is drawn.
func BenchmarkDrawnModels(b *testing.B) {
	for _, lines := range []string{"", "randomise: [{name: damping, into: joint.elbow.damping, operation: scale, uniform: [0.5, 2]}]\n"} {
		arm, err := task.Load(task.Source{Folder: "arm", File: "task.yaml", Read: func(name string) ([]byte, error) {
			text, err := os.ReadFile("../examples/arm/" + name)
			if err == nil && name == "task.yaml" {
				text = append(text, lines...)
			}
			return text, err
		}})
		if err != nil {
			b.Fatal(err)
		}
		w, err := Open(arm, Options{Workers: 1})
		if err != nil {
			b.Fatal(err)
		}
		defer w.Close()
		b.Run(fmt.Sprintf("draws=%d", len(arm.Randomise)), func(b *testing.B) {
			played := 0
			if err := w.Sample(context.Background(), 1, 0, uniform(arm), func(Episode) bool { played++; return played < b.N }); err != nil {
				b.Fatal(err)
			}
		})
	}
}
