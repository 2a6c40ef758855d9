package tasks

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// swing is a model that fits the example of docs/task-file.md.
const swing = `<mujoco><worldbody><body name="cart"><joint name="slider" type="slide" axis="1 0 0"/><geom size="0.1" mass="1"/>
<body name="pole"><joint name="hinge" axis="0 1 0"/><geom type="capsule" fromto="0 0 0 0 0 0.6" size="0.03"/></body></body></worldbody>
<actuator><motor name="push" joint="slider"/></actuator><sensor><jointvel name="spin" joint="hinge"/></sensor>
<keyframe><key name="hanging" qpos="0 3.14159"/></keyframe></mujoco>`

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// The task file in the documentation is one.
func TestTheDocumentedTaskIsOne(t *testing.T) {
	text, err := os.ReadFile("../../docs/task-file.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "```yaml\n")
	example, _, found := strings.Cut(rest, "```")
	if !found {
		t.Fatal("no example")
	}
	folder := t.TempDir()
	write(t, folder+"/task.yaml", example)
	write(t, folder+"/robot.xml", swing)
	one, err := Find(folder + "/")
	if err != nil {
		t.Fatal(err)
	}
	if one.Name != "swing" || len(one.Observation) != 6 || one.BuiltIn {
		t.Errorf("%+v", one)
	}
}

// A file may name files outside of its folder. A copy keeps them inside.
func TestFilesOutsideOfTheFolder(t *testing.T) {
	top := t.TempDir()
	task := "name: a\nsimulator: {model: ../robots/robot.xml}\nhorizon: 3\nobservation: [{name: x, from: qpos slider}]\naction: [{name: f, motor: push}]\nreward: {alive: 1}\n"
	write(t, top+"/a/task.yaml", task)
	write(t, top+"/robots/robot.xml", swing)
	one, err := Load(top + "/a")
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range one.Files {
		write(t, filepath.Join(top, "copy", Inside(name)), string(text))
	}
	if err := os.RemoveAll(top + "/robots"); err != nil {
		t.Fatal(err)
	}
	again, err := Load(top + "/copy/task.yaml")
	if err != nil || again.Digest != one.Digest {
		t.Errorf("error %v of the copy", err)
	}
	if err := os.RemoveAll(filepath.Join(top, "copy", "_above")); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(top + "/copy/task.yaml"); err == nil || strings.Contains(err.Error(), "_above") {
		t.Errorf("error %v of a file that is nowhere, want the name that the task gives it", err)
	}
	for name, want := range map[string]string{"a/b.xml": "a/b.xml", "../b.xml": "_above/b.xml", "../../b/../c": "_above/_above/b/_above/c", "/etc/b.xml": "_root/etc/b.xml"} {
		if got := Inside(name); got != want {
			t.Errorf("%s is kept as %s, want %s", name, got, want)
		}
	}
}

func TestNamesAndPaths(t *testing.T) {
	for name, want := range map[string]bool{"hopper": false, "./hopper": true, "my.yaml": true, ".": true, "a/b": true, "a.b": false} {
		if IsPath(name) != want {
			t.Errorf("%s: path %v", name, !want)
		}
	}
	for name, want := range map[string]string{"hoper": `unknown task "hoper", did you mean "hopper"?`, "zzz": "there are pointmass, cartpole", "./zzz": "no such file",
		"testdata": "for the folder of that name write"} {
		if name == "testdata" {
			t.Chdir(t.TempDir())
			write(t, "testdata/x", "")
		}
		if _, err := Find(name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want one with %q", name, err, want)
		}
	}
}
