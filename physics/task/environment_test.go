package task

import (
	"errors"
	"io/fs"
	"strings"
	"testing"
)

const inPython = `name: e
simulator: {gymnasium: {id: E-v0, kwargs: {a: [1, x]}, wrappers: ["m:W"], append: [info.speed], timeout: 2}}
horizon: 5
observation:
  - {name: "o {}", each: [x, y], from: "observation[0]"}
  - {name: side, from: info side}
action:
  - {name: push}
`

func loadText(text string) (*Task, error) {
	return Load(Source{File: FileName, Read: func(name string) ([]byte, error) {
		if name == FileName {
			return []byte(text), nil
		}
		return nil, fs.ErrNotExist
	}})
}

func TestAnEnvironmentIsReadWhole(t *testing.T) {
	one, err := loadText(inPython + "reward: learned\nterminated: python\n")
	if err != nil {
		t.Fatal(err)
	}
	e := one.Environment
	if one.Simulator != Gymnasium || e.ID != "E-v0" || string(e.Kwargs) != `{"a":[1,"x"]}` || e.Wrappers[0] != "m:W" || e.Append[0] != "speed" || e.Timeout != 2 {
		t.Errorf("environment %+v, kwargs %s", e, e.Kwargs)
	}
	var from []string
	for _, entry := range one.Observation {
		from = append(from, entry.From.String())
	}
	if got := strings.Join(from, ", "); got != "observation[0], observation[1], info side, info speed" {
		t.Errorf("observation from %s", got)
	}
	reward, end := one.Learns()
	if batched, ended := one.Batches(); !reward || end || batched || !ended {
		t.Errorf("learns %v, %v, in batches %v, %v", reward, end, batched, ended)
	}
	if rewards, _ := one.Programs(); rewards != nil {
		t.Error("a task that asks Python has a program")
	}
}

func TestWithoutAnOpenEnvironmentNothingIsMadeUp(t *testing.T) {
	one, err := loadText(inPython + "reward: python\nterminated: python\n")
	if err != nil {
		t.Fatal(err)
	}
	terms := []float64{1}
	if one.Rewards(terms, make([]float64, 4), make([]float64, 1), make([]float64, 4)); terms[0] == terms[0] {
		t.Errorf("reward %v, want NaN", terms[0])
	}
	if !one.Terminated(make([]float64, 4)) {
		t.Error("a state whose end is unknown does not end")
	}
	if err := one.RewardBatch(terms, nil, nil, nil); !errors.Is(err, ErrJudge) {
		t.Errorf("%v", err)
	}
}

func TestMistakesOfEnvironmentsAreNamed(t *testing.T) {
	robot := "name: e\nsimulator: {go: cartpole, timestep: 0.02}\nhorizon: 5\nobservation: [{name: x, from: \"qpos[0]\"}]\naction: [{name: push}]\n"
	for text, want := range map[string]string{
		inPython + "reward: learned\n":                                                   "terminated is missing: want a formula, never, learned, or python",
		inPython + "reward: pyhton\nterminated: never\n":                                 `reward "pyhton": want terms and formulas, or one of learned and python, did you mean "python"`,
		inPython + "reward: learned\nterminated: learnt\n":                               `unknown name "learnt"`,
		robot + "reward: learned\nterminated: never\n":                                   "reward learned is for environments of Gymnasium",
		robot + "reward: {a: 1}\nterminated: learned\n":                                  "terminated learned is for environments of Gymnasium",
		strings.Replace(inPython, "m:W", "mW", 1) + "reward: learned\nterminated: never": `"mW": want MODULE:CLASS`,
		strings.Replace(inPython, "info.speed", "speed", 1) + "reward: learned":          `"speed": want info.KEY`,
		strings.Replace(inPython, "timeout: 2", "timeout: 0", 1) + "reward: learned":     "timeout 0: want seconds above 0",
		strings.Replace(inPython, "{name: push}", "{name: push, motor: m}", 1):           "has no actuators",
	} {
		if _, err := loadText(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

func TestKwargsAreYAML(t *testing.T) {
	text, err := Kwargs([]string{"a=4", "b=[1, x]", "c=", "d=off the wall"})
	if err != nil || string(text) != `{"a":4,"b":[1,"x"],"c":null,"d":"off the wall"}` {
		t.Errorf("%s, %v", text, err)
	}
	for _, bad := range [][]string{{"a"}, {"=1"}, {"a=1", "a=2"}, {"a=[1"}} {
		if _, err := Kwargs(bad); err == nil {
			t.Errorf("%v is taken", bad)
		}
	}
}
