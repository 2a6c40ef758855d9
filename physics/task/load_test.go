package task

import (
	"errors"
	"io/fs"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"
)

// load reads a task from texts by path.
func load(files map[string]string) (*Task, error) {
	return Load(Source{Folder: "arm", File: "task.yaml", Read: func(name string) ([]byte, error) {
		text, ok := files[name]
		if !ok {
			return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
		}
		return []byte(text), nil
	}})
}

const armModel = `<mujoco><compiler meshdir="meshes"/><asset><mesh file="tip.stl"/></asset><include file="more.xml"/>
<worldbody><body name="arm"><joint name="hip"/><site name="tip"/></body></worldbody>
<actuator><motor name="pull" joint="hip"/></actuator><sensor><jointvel name="spin" joint="hip"/></sensor></mujoco>`

const armTask = `name: arm
simulator: {model: parts/arm.xml, frame_skip: 2}
horizon: 10
places: {hip: qpos hip}
aims: {turn: 2*goal.target}
computed: {off: turn - hip}
observation:
  - {name: "tip {}", each: [x, y, z], from: site_xpos tip}
  - {name: spin, from: sensor spin, clip: 5}
  - {name: target, from: "goal[0]", kind: constant}
  - {name: miss, formula: off, kind: angle, inert: true}
  - {name: "hip {}", each: {sine: sin, cosine: cos}, formula: "{}(hip)", kind: unit}
action:
  - {name: force, motor: pull, range: [-2, 2]}
reset:
  - {name: target, into: goal, uniform: [-pi/2, pi/2]}
parameters:
  cost: 0.5
  far: {value: 2, unit: m, meaning: too far}
definitions: {distance: norm(tip)}
reward:
  near: -next.distance
  effort: -cost*squares(action)
terminated: next.distance > far
success: {step: next.distance < 0.1, episode: steps > 3}
measures: {distance: {formula: next.distance, unit: m}}
retarget: {target: goal.target}
`

func armFiles() map[string]string {
	return map[string]string{"task.yaml": armTask, "parts/arm.xml": armModel, "parts/meshes/tip.stl": "solid", "parts/more.xml": "<mujoco/>", "tuned.yaml": "all: {seed: 2}"}
}

func TestATaskIsReadFromItsFolder(t *testing.T) {
	arm, err := load(armFiles())
	if err != nil {
		t.Fatal(err)
	}
	if len(arm.Observation) != 8 || arm.Observation[1].Name != "tip y" || arm.Observation[1].From != (Place{Field: SiteXYZ, Element: "tip", Index: 1}) {
		t.Errorf("observation %+v", arm.Observation)
	}
	if e := arm.Observation[3]; !e.Clip || e.Low != -5 || e.From.Field != Sensor {
		t.Errorf("spin: %+v", e)
	}
	if e := arm.Observation[5]; e.Kind != Angle || e.Low != -math.Pi || e.From.Element != "off" || !e.Inert {
		t.Errorf("miss: %+v", e)
	}
	if low, high := arm.ActionBox(); low[0] != -2 || high[0] != 2 {
		t.Errorf("action box %v, %v", low, high)
	}
	if d := arm.Reset[0]; d.High != math.Pi/2 || d.Count != 1 || arm.Goals() != 1 {
		t.Errorf("draw %+v", d)
	}
	next, terms := []float64{0, 3, 4, 0, 7, 0, 0, 1}, make([]float64, 2)
	if arm.Rewards(terms, next, []float64{2}, next); terms[0] != -5 || terms[1] != -2 || !arm.Terminated(next) || arm.Achieved(next) {
		t.Errorf("terms %v", terms)
	}
	obs := slices.Clone(next)
	if arm.Retarget(obs, []float64{0, 0, 0, 0, 9, 0, 0, 0}); obs[4] != 9 || !arm.HasGoal() {
		t.Errorf("retargeted %v", obs)
	}
	if arm.Succeeded(Episode{Achieved: 4}) != 1 || arm.Succeeded(Episode{Achieved: 3}) != 0 {
		t.Error("success of an episode")
	}
	if len(arm.Assets) != 2 || string(arm.Assets["tip.stl"]) != "solid" || string(arm.Presets["tuned"]) == "" || len(arm.Files) != 5 {
		t.Errorf("assets %v, files %v", arm.Assets, arm.Files)
	}
	if name, _ := arm.Identity(); !strings.HasPrefix(name, "arm@") {
		t.Errorf("identity %q could be a built-in task's", name)
	}
}

// Two files of the same base name stay apart by their paths, in a model and in a model that it attaches.
func TestFilesOfTheSameNameStayApart(t *testing.T) {
	files := map[string]string{"arm.xml": `<mujoco><compiler meshdir="m"/><asset><mesh file="seen/tip.stl"/><mesh name="b" file="felt/tip.stl"/>
<mesh name="again" file="felt/tip.stl"/><model name="hand" file="hands/left.xml"/></asset></mujoco>`, "m/seen/tip.stl": "seen", "m/felt/tip.stl": "felt",
		"hands/left.xml": `<mujoco><asset><mesh file="palm.stl"/></asset></mujoco>`, "hands/palm.stl": "palm"}
	_, assets, _, err := ReadModel(Source{File: "arm.xml", Read: func(name string) ([]byte, error) {
		if text, ok := files[name]; ok {
			return []byte(text), nil
		}
		return nil, fs.ErrNotExist
	}})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"tip.stl": "seen", "m/felt/tip.stl": "felt", "left.xml": files["hands/left.xml"], "palm.stl": "palm"}
	for name, text := range want {
		if string(assets[name]) != text {
			t.Errorf("%s is %q, want %q", name, assets[name], text)
		}
	}
	if len(assets) != len(want) {
		t.Errorf("assets %q", slices.Sorted(maps.Keys(assets)))
	}
}

// What is in any file of a task changes its digest.
func TestDigestIsThatOfAllFiles(t *testing.T) {
	seen := map[string]string{}
	for changed := range armFiles() {
		files := armFiles()
		files[changed] += " "
		arm, err := load(files)
		if err != nil {
			t.Fatalf("%s: %v", changed, err)
		}
		if other, twice := seen[arm.Digest]; twice {
			t.Errorf("%s and %s changed: the same digest", changed, other)
		}
		seen[arm.Digest] = changed
	}
}

// Every mistake of a file is reported at once, with its place and what was meant.
func TestAllMistakesAreReportedWithTheirPlaces(t *testing.T) {
	files := armFiles()
	for old, changed := range map[string]string{
		"horizon: 10": "horizont: 10", "qpos hip}": "qpos hipp}", "2*goal.target}": "2*goal.targe}", "sensor spin": "senser spin",
		"kind: constant": "kind: constnt", "motor: pull": "motor: pul", "[-2, 2]": "[2, -2]", "uniform: [-pi/2": "uniform: [-pj/2",
		"value: 2,": "valu: 2,", "next.distance > far": "0 < next.distance < far", "steps > 3": "step > 3", "target: goal.target": "tarket: goal.target",
		"-cost*squares(action)": "-cost*squares(acton)", "meaning: too far}": "meaning: too far}\n  cost: 3",
	} {
		if !strings.Contains(files["task.yaml"], old) {
			t.Fatalf("no %s", old)
		}
		files["task.yaml"] = strings.Replace(files["task.yaml"], old, changed, 1)
	}
	delete(files, "parts/meshes/tip.stl")
	_, err := load(files)
	if !errors.Is(err, ErrTask) {
		t.Fatalf("error %v", err)
	}
	for _, want := range []string{
		"arm/task.yaml:1:1: horizon is missing", "arm/task.yaml:2:20: the model needs tip.stl", `arm/task.yaml:3:1: unknown key "horizont", did you mean "horizon"?`,
		`arm/task.yaml:4:15: the model has no joint "hipp", did you mean "hip"?`, `arm/task.yaml:5:21: unknown name "targe" after goal., did you mean "target"?`,
		`arm/task.yaml:9:24: unknown field "senser": did you mean "sensor"?`, `arm/task.yaml:10:43: unknown kind "constnt", did you mean "constant"?`,
		`arm/task.yaml:14:26: the model has no actuator "pul"`, "arm/task.yaml:14:38: bounds [2, -2]", `arm/task.yaml:16:43: unknown name "pj"`,
		`arm/task.yaml:19:9: unknown key "valu", did you mean "value"?`, "arm/task.yaml:19:8: value is missing", "arm/task.yaml:20:3: cost is given twice",
		`arm/task.yaml:24:25: unknown name "acton"`, "arm/task.yaml:25:13: 0 < next.distance < far compares a condition: write 0 < next.distance && next.distance < far",
		`arm/task.yaml:26:47: unknown name "step", did you mean "steps"?`, `arm/task.yaml:28:12: unknown entry "tarket", did you mean "target"?`,
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is missing", want)
		}
	}
	if t.Failed() {
		t.Log(err)
	}
}

// Files that are no MJCF, or that never end, are refused in words instead of by what they lack.
func TestModelsThatAreNone(t *testing.T) {
	for text, want := range map[string]string{
		"": `want an MJCF file, whose first element is mujoco, found ""`, "root:x:0:0": `found ""`, "<robot/>": `found "robot"`,
		`<mujoco><include file="arm.xml"/></mujoco>`: "parts/arm.xml includes itself",
	} {
		files := armFiles()
		files["parts/arm.xml"] = text
		_, err := load(files)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(want, "found") && strings.Contains(err.Error(), "the model has no") {
			t.Errorf("%q: error %v, want one with %q", text, err, want)
		}
	}
}

// Whole numbers have a limit, which is told.
func TestWholeNumbersHaveALimit(t *testing.T) {
	for _, value := range []string{"1e12", "1000001", "-5", "2.5", "many"} {
		files := armFiles()
		files["task.yaml"] = strings.Replace(files["task.yaml"], "horizon: 10", "horizon: "+value, 1)
		if _, err := load(files); err == nil || !strings.Contains(err.Error(), "want a whole number from 1 to 1000000") {
			t.Errorf("%s: error %v", value, err)
		}
	}
}

// YAML reads 010 as 8, Go reads it as 10: a task file means neither. A whole number may be written as one of its size.
func TestNumbersOfTaskFilesMeanWhatTheyLookLike(t *testing.T) {
	for value, horizon := range map[string]int{"10": 10, "1e1": 10, "1_0": 10, "10.0": 10, "010": 0, "0x10": 0, "0b10": 0} {
		files := armFiles()
		files["task.yaml"] = strings.Replace(files["task.yaml"], "horizon: 10", "horizon: "+value, 1)
		switch own, err := load(files); {
		case horizon == 0 && (err == nil || !strings.Contains(err.Error(), "octal") && !strings.Contains(err.Error(), "decimal")):
			t.Errorf("horizon: %s: error %v, want one that says why", value, err)
		case horizon > 0 && (err != nil || own.Horizon != horizon):
			t.Errorf("horizon: %s: %v, error %v", value, own, err)
		}
	}
	files := armFiles()
	files["task.yaml"] = strings.Replace(files["task.yaml"], "horizon: 10", "horizon: 10\nsolved_at: 010", 1)
	if _, err := load(files); err == nil || !strings.Contains(err.Error(), "octal") {
		t.Errorf("solved_at: 010: error %v", err)
	}
}

// A line for each of no words would vanish.
func TestALineOfNoWordIsRefused(t *testing.T) {
	for _, each := range []string{"[]", "{}"} {
		files := armFiles()
		files["task.yaml"] = strings.Replace(files["task.yaml"], "kind: constant", "kind: constant, each: "+each, 1)
		if _, err := load(files); err == nil || !strings.Contains(err.Error(), ": want at least one word") {
			t.Errorf("each: %s: error %v", each, err)
		}
	}
}

// A list of formulas is a vector of numbers. One that holds itself has no end, and a condition is no list.
func TestAListIsOfFormulasOfNumbers(t *testing.T) {
	for changed, want := range map[string]string{
		"near: &loop [*loop]": "task.yaml:22:9: want a formula", "near: [[cost]]": "want a formula", "near: [cost < far]": "want a number",
		"near: [cost]\nfallen: [next.distance]": "task.yaml:23:9: want a condition", "near: &one cost\n  far: [*one]": "",
	} {
		files := armFiles()
		files["task.yaml"] = strings.Replace(files["task.yaml"], "near: -next.distance", changed, 1)
		if strings.Contains(changed, "fallen") {
			files["task.yaml"] = strings.Replace(files["task.yaml"], "\n  effort: -cost*squares(action)", "", 1)
		}
		if _, err := load(files); (want == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want one with %q", changed, err, want)
		}
	}
}

// Definitions that need each other are told as that.
func TestDefinitionsStandAboveTheirUse(t *testing.T) {
	files := armFiles()
	files["task.yaml"] = strings.Replace(files["task.yaml"], "{distance: norm(tip)}", "{one: 2*two, two: one/2, distance: norm(tip)}", 1)
	if _, err := load(files); err == nil || !strings.Contains(err.Error(), "two is defined further down") {
		t.Errorf("error %v", err)
	}
}

func TestFilesThatAreNoTasks(t *testing.T) {
	for text, want := range map[string]string{"": "want keys and values", "- 1": "want keys and values", "a: [": "line 1", "name: {}": "want a single value",
		armTask + "---\nhorizon: 20\n": "holds more than one document", strings.Replace(armTask, "name: arm", "name:", 1): `the name "": want letters`} {
		files := armFiles()
		files["task.yaml"] = text
		if _, err := load(files); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want one with %q", text, err, want)
		}
	}
	if _, err := load(nil); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("error %v of a folder without a file", err)
	}
}

func TestPlacesAreReadAsTheyAreShown(t *testing.T) {
	for _, text := range []string{"qpos hip", "xpos torso[2]", "sensor left foot", "goal[0]", "action[3]", "time", "qpos A:FRJ10[1]", "qpos[2]"} {
		p, _, _, err := parsePlace(text)
		if err != nil || p.String() != text {
			t.Errorf("%s: %q, error %v", text, p, err)
		}
	}
	if _, n, _, err := parsePlace("qpos root[3:7]"); err != nil || n != 4 {
		t.Errorf("%d numbers, error %v", n, err)
	}
	for _, text := range []string{"", "qpos hip[", "qpos hip[-1]", "qpos hip[3:2]", "qpos hip[1:2:3]", "Qpos hip", "qpos hip[x]"} {
		if _, _, _, err := parsePlace(text); err == nil {
			t.Errorf("%q was read", text)
		}
	}
}

func FuzzLoad(f *testing.F) {
	f.Add(armTask)
	f.Add("name: x\nsimulator: {go: cartpole, timestep: 0.1}\nhorizon: 3\nobservation: [{name: a, formula: b}]\naction: []\nreward: {}\n")
	f.Fuzz(func(t *testing.T, text string) {
		files := armFiles()
		files["task.yaml"] = text
		arm, err := load(files)
		if err == nil && (len(arm.Observation) == 0 || len(arm.Terms) == 0) {
			t.Error("a task without observation or reward was accepted")
		}
	})
}
