package physics

import (
	"context"
	"strings"
	"testing"

	"github.com/palmal-rl/palmal/physics/task"
	"github.com/palmal-rl/palmal/physics/tasks"
)

// A draft of any model is a task that opens, begins and takes a step: every joint and sensor is in it, and every actuator.
func TestDraftsAreWholeTasks(t *testing.T) {
	needsLibrary(t)
	models := map[string][]byte{"ball": []byte(ballFiles()["ball.xml"])}
	models["odd_names"] = []byte(`<mujoco><worldbody><body><joint name="{}"/><geom size="1"/><body pos="0 0 3"><joint name="hip [left]"/><geom size="1"/></body></body></worldbody>
		<actuator><motor name="a: b" joint="{}"/><motor name="#c" joint="hip [left]"/></actuator><sensor><jointpos name="[0]" joint="{}"/></sensor></mujoco>`)
	for _, name := range tasks.Names() {
		if one := get(t, name); one.Simulator == task.MuJoCo {
			models[name] = one.Model
		}
	}
	for name, model := range models {
		text, err := Draft(name, "robot.xml", model, nil)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		own := ownTask(t, map[string]string{"task.yaml": text, "robot.xml": string(model)})
		w, err := Open(own, Options{Workers: 1})
		if err != nil {
			t.Fatalf("%s: %v\n%s", name, err, text)
		}
		p := w.samplers[0]
		err = p.sim.reset(start{qpos: w.task.Pose, qvel: make([]float64, w.task.Velocities)})
		if err == nil {
			err = p.sim.step(make([]float64, len(own.Action)))
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if least := w.model.NQ + w.model.NV; len(own.Observation) < least || len(own.Action) != w.model.NU {
			t.Errorf("%s: %d entries of at least %d, %d actions of %d", name, len(own.Observation), least, len(own.Action), w.model.NU)
		}
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestModelsThatCannotBeDrafted(t *testing.T) {
	needsLibrary(t)
	for model, want := range map[string]string{
		"<mujoco/>": "no actuators", "<mujoco>": "robot.xml: mujoco: compile model",
		`<mujoco><worldbody><body><joint name="a"/><geom size="1"/></body></worldbody><actuator><motor joint="a"/></actuator></mujoco>`:             "actuator 0 has no name",
		`<mujoco><worldbody><body><joint name="a"/><geom size="1"/></body></worldbody><actuator><motor name="a[0]" joint="a"/></actuator></mujoco>`: "or one with [",
	} {
		if _, err := Draft("a", "robot.xml", []byte(model), nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want one with %q", model, err, want)
		}
	}
}

// What is odd about a task is said: a number that stays, a unit vector that is not declared, a joint that turns
// around, a motor that moves nothing that is seen, a reward that is no number.
func TestOddTasksAreJudged(t *testing.T) {
	needsLibrary(t)
	model := `<mujoco><worldbody><body><joint name="spin" axis="0 0 1" damping="0.01"/><geom type="capsule" fromto="0 0 0 1 0 0" size="0.05"/></body>
<body pos="9 9 9"><joint name="hidden" axis="0 0 1"/><geom size="0.1"/></body></worldbody>
<actuator><motor name="turn" joint="spin" gear="500"/><motor name="unseen" joint="hidden"/></actuator></mujoco>`
	odd := `name: odd
simulator: {model: robot.xml, frame_skip: 10}
horizon: 100
places: {angle: qpos spin}
observation:
  - {name: turn, from: qpos spin, unit: rad}
  - {name: cosine, formula: cos(angle)}
  - {name: sine, formula: sin(angle)}
  - {name: still, formula: 0*angle}
  - {name: far, formula: 100000*sin(angle)}
action: [{name: push, motor: turn}, {name: idle, motor: unseen}]
reward: {broken: log(next.cosine)}
`
	files := map[string]string{"task.yaml": odd, "robot.xml": model}
	j, err := Judge(context.Background(), ownTask(t, files))
	if err != nil {
		t.Fatal(err)
	}
	all := strings.Join(append(append(append([]string{}, j.Faults...), j.Doubts...), j.Proposals...), "\n")
	for _, want := range []string{"reward broken is not finite", "observation still is always 0", "observation far goes from", "action idle has no effect",
		"observation turn turns through more than a whole turn", "observation cosine to sine are a unit vector"} {
		if !strings.Contains(all, want) {
			t.Errorf("%q is missing in\n%s", want, all)
		}
	}
	if !j.Repeats || j.Episodes != 8 || strings.Contains(all, "push") {
		t.Errorf("%+v", j)
	}
}

// Nothing is odd about the built-in tasks.
func TestBuiltInTasksAreSound(t *testing.T) {
	needsLibrary(t)
	for _, name := range []string{"pointmass", "cartpole", "hopper", "dclaw_turn"} {
		j, err := Judge(context.Background(), get(t, name))
		if err != nil {
			t.Fatal(err)
		}
		if len(j.Faults)+len(j.Proposals) > 0 || !j.Repeats {
			t.Errorf("%s: %q, %q", name, j.Faults, j.Proposals)
		}
	}
}
