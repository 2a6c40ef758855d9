package physics

import (
	"context"
	"errors"
	"io/fs"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/palmal-rl/palmal/physics/mujoco"
	"github.com/palmal-rl/palmal/physics/task"
)

// ownTask reads a task from texts by path.
func ownTask(t *testing.T, files map[string]string) *task.Task {
	t.Helper()
	own, err := loadOwn(files)
	if err != nil {
		t.Fatal(err)
	}
	return own
}

func loadOwn(files map[string]string) (*task.Task, error) {
	return task.Load(task.Source{Folder: "ball", File: "task.yaml", Read: func(name string) ([]byte, error) {
		text, ok := files[name]
		if !ok {
			return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
		}
		return []byte(text), nil
	}})
}

// A ball of 2 kg with an arm on a ball joint: every kind of joint and of place, without an original.
func ballFiles() map[string]string {
	return map[string]string{"ball.xml": `<mujoco><option timestep="0.005"/>
<worldbody><geom name="floor" type="plane" size="5 5 0.1"/>
<body name="ball" pos="0 0 1"><freejoint name="root"/><geom name="skin" type="sphere" size="0.1" mass="2"/><site name="imu"/>
<body name="arm" pos="0 0 0.1"><joint name="neck" type="ball"/><geom type="capsule" fromto="0 0 0 0 0 0.2" size="0.02" mass="0.1" contype="0" conaffinity="0"/>
<body name="hand" pos="0 0 0.2"><joint name="wrist" type="hinge" axis="1 0 0" damping="0.01"/><geom type="sphere" size="0.03" mass="0.05" contype="0" conaffinity="0"/></body></body></body></worldbody>
<actuator><position name="turn" joint="wrist" kp="0.1" ctrllimited="true" ctrlrange="-1 1"/></actuator>
<sensor><accelerometer name="acc" site="imu"/><jointpos name="wrist_angle" joint="wrist"/></sensor>
<keyframe><key name="resting" qpos="0 0 0.1 1 0 0 0 1 0 0 0 0.3"/></keyframe></mujoco>`,
		"task.yaml": `name: ball
simulator: {model: ball.xml, frame_skip: 4}
horizon: 20
keyframe: resting
places: {matrix: xmat ball}
observation:
  - {name: height, from: "qpos root[2]", unit: m}
  - {name: "quaternion {}", each: [w, x, y, z], from: xquat ball, kind: unit}
  - {name: "neck {}", each: [w, x, y, z], from: qpos neck, kind: unit}
  - {name: "neck rate {}", each: [x, y, z], from: qvel neck, unit: rad/s}
  - {name: wrist, from: sensor wrist_angle, unit: rad}
  - {name: "acceleration {}", each: [x, y, z], from: sensor acc, unit: m/s²}
  - {name: "force {}", each: [x, y, z], from: "contact ball[3]", unit: N}
  - {name: "velocity {}", each: [x, y, z], from: "cvel ball[3]", unit: m/s}
  - {name: centre, from: "subtree_com ball[2]", unit: m}
  - {name: clock, from: time, unit: s}
  - {name: tilt, formula: "acos(min(1, matrix[8]))", unit: rad}
action:
  - {name: wrist target, servo: turn}
reset:
  - {name: lift, into: qpos root, first: 2, count: 1, uniform: [0, 0]}
  - {name: neck, into: qpos neck, normal: [0, 0.01]}
  - {name: speed, into: qvel wrist, uniform: [-0.01, 0.01]}
reward: {up: 1 - next.tilt}
terminated: next.height < 0.05
`}
}

func TestATaskWithoutAnOriginalIsPlayed(t *testing.T) {
	needsLibrary(t)
	own := ownTask(t, ballFiles())
	w, err := Open(own, Options{Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if w.Task().Timestep != 0.005 || w.Task().Velocities != 10 || w.Task().Pose[11] != 0.3 || own.Timestep != 0 {
		t.Errorf("completed as %+v", w.Task().Pose)
	}
	e := firstEpisodes(t, w, 1, 0, 1, idle)[0]
	width := len(own.Observation)
	last := wide(e.obs[len(e.obs)-width:])
	at := func(name string) float64 {
		for i, entry := range own.Observation {
			if entry.Name == name {
				return last[i]
			}
		}
		t.Fatalf("no entry %s", name)
		return 0
	}
	// The floor carries 2.15 kg at rest, and gravity is what an accelerometer shows; a soft contact and the
	// swinging arm leave some per cent.
	if weight := 2.15 * 9.81; !within(at("force z"), weight, 0.1*weight) {
		t.Errorf("force %v N, want %v", at("force z"), weight)
	}
	if !within(at("acceleration z"), 9.81, 1.5) {
		t.Errorf("acceleration %v", at("acceleration z"))
	}
	if !within(at("clock"), 20*0.02, 1e-6) { // float32
		t.Errorf("clock %v", at("clock"))
	}
	if norm := math.Hypot(math.Hypot(at("neck w"), at("neck x")), math.Hypot(at("neck y"), at("neck z"))); !within(norm, 1, 1e-6) {
		t.Errorf("neck quaternion of length %v", norm)
	}
	if !(at("wrist") < 0.3) || e.terminated {
		t.Errorf("the wrist stays at %v", at("wrist"))
	}
}

// Two quaternions that follow each other are two unit vectors, to the model and to its diagnosis.
func TestQuaternionsMayBeNeighbours(t *testing.T) {
	own := ownTask(t, ballFiles())
	if kinds := own.ObservationKinds()[1:9]; !slices.Equal(kinds, []string{"unit", "unit", "unit", "unit", "next-unit", "unit", "unit", "unit"}) {
		t.Errorf("kinds %v", kinds)
	}
	var groups []string
	for _, q := range own.Quantities() {
		groups = append(groups, q.Name)
	}
	if !slices.Contains(groups, "quaternion w … quaternion z") || !slices.Contains(groups, "neck w … neck z") {
		t.Errorf("groups %q", groups)
	}
}

// What the loader cannot see, the world refuses with the entry's name.
func TestTasksThatDoNotFitTheirModel(t *testing.T) {
	needsLibrary(t)
	for old, c := range map[string][2]string{
		"qpos root[2]":           {"qpos root[20]", "ball/task.yaml:7:27: observation height: qpos root[20]: joint root has 7 numbers, [0] to [6]"},
		"from: sensor acc, unit": {"from: \"sensor acc[2]\", unit", "observation acceleration y: sensor acc[3]: sensor acc has 3 numbers, [0] to [2]"},
		"qvel wrist, uniform":    {"qvel wrist, first: 1, uniform", "ball/task.yaml:23:5: ball: draw speed: numbers 1 to 1 of qvel, joint wrist has one number, [0]"},
		"neck, unit: rad/s}":     {"neck, unit: rad/s}\n  - {name: odd, from: \"qvel neck[3]\"}", "ball/task.yaml:11:24: observation odd: qvel neck[3]: joint neck has 3 numbers, [0] to [2]"},
		"each: [w, x, y, z], from: xquat ball, kind: unit": {"each: [w, x, y, z], from: \"goal[0]\", kind: constant", "observation quaternion w: goal[0]: goal has no numbers"},
		"cvel ball[3]":       {"cvel ball[4]", "observation velocity z: cvel ball[6]: body ball has 6 numbers, [0] to [5]"},
		"keyframe: resting":  {"pose: [1, 2]", "ball/task.yaml:4:7: ball: the model has nq 12, nv 10, the task 2, 10"},
		"frame_skip: 4":      {"frame_skip: 4, timestep: 0.01", "ball/task.yaml:2:55: ball: the model's timestep is 0.005 s, the task's 0.01 s"},
		"first: 2, count: 1": {"first: 2, count: 12", "ball/task.yaml:21:5: ball: draw lift: numbers 2 to 13 of qpos, joint root has 7 numbers, [0] to [6]"},
		"terminated: next":   {"marker: {position: [0, 0, 0]}\nterminated: next", "the model has no mocap body"},
	} {
		files := ballFiles()
		if !strings.Contains(files["task.yaml"], old) {
			t.Fatalf("no %s", old)
		}
		files["task.yaml"] = strings.Replace(files["task.yaml"], old, c[0], 1)
		if _, err := Open(ownTask(t, files), Options{Workers: 1}); err == nil || !strings.Contains(err.Error(), c[1]) {
			t.Errorf("%s: error %v, want one with %q", c[0], err, c[1])
		}
	}
}

// A reward that is not finite is told with the place of its formula, and no episode with it is handed over.
func TestRewardsThatAreNotFiniteAreNamed(t *testing.T) {
	needsLibrary(t)
	for _, formula := range []string{"log(-1 - abs(next.tilt))", "1/(tilt - tilt)", "1e200*(1 + next.tilt*next.tilt)"} {
		files := ballFiles()
		files["task.yaml"] = strings.Replace(files["task.yaml"], "up: 1 - next.tilt", "up: 1 - next.tilt, \n  odd: \""+formula+"\"", 1)
		w, err := Open(ownTask(t, files), Options{Workers: 1})
		if err != nil {
			t.Fatal(err)
		}
		defer w.Close()
		err = w.Sample(context.Background(), 1, 0, idle, func(Episode) bool {
			t.Error("an episode was handed over")
			return false
		})
		if !errors.Is(err, ErrReward) || !strings.Contains(err.Error(), "ball/task.yaml:25:9: reward odd is ") {
			t.Errorf("%s: %v", formula, err)
		}
	}
}

// A model that does not compile is named by its file, in MuJoCo's words.
func TestModelsThatDoNotCompileAreNamed(t *testing.T) {
	needsLibrary(t)
	files := ballFiles()
	files["ball.xml"] = strings.Replace(files["ball.xml"], `size="0.1" mass="2"`, `size="-1" mass="2"`, 1)
	_, err := Open(ownTask(t, files), Options{})
	if err == nil || !strings.Contains(err.Error(), "ball/ball.xml: mujoco: compile model") || errors.Is(err, mujoco.ErrMissing) {
		t.Errorf("error %v", err)
	}
}
