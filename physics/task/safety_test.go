package task

import (
	"math"
	"slices"
	"strings"
	"testing"
)

// limited is the arm with limits.
func limited(text string) map[string]string {
	files := armFiles()
	files["task.yaml"] += text
	return files
}

func TestLimitsAreConditionsOfAStep(t *testing.T) {
	arm, err := load(limited("limits: {reach: next.distance < far, force: abs(action.force) < 1, jump: abs(next.spin - spin) < 3}\nrisk: 0.05\n"))
	if err != nil {
		t.Fatal(err)
	}
	if names := arm.LimitNames(); !slices.Equal(names, []string{"reach", "force", "jump"}) || arm.AcceptedRisk() != 0.05 {
		t.Fatalf("limits %v, risk %g", names, arm.AcceptedRisk())
	}
	row := func(tip, spin float64) []float64 {
		obs := make([]float64, len(arm.Observation))
		obs[0], obs[3] = tip, spin
		return obs
	}
	for _, one := range []struct {
		obs, act, next []float64
		want           []bool
	}{
		{row(0, 0), []float64{0.5}, row(1, 1), []bool{false, false, false}},
		{row(0, 0), []float64{-1.5}, row(2.5, 4), []bool{true, true, true}},
		{row(0, 0), []float64{0}, row(math.NaN(), 0), []bool{true, false, false}},
	} {
		broken := make([]bool, 3)
		if arm.Broken(broken, one.obs, one.act, one.next); !slices.Equal(broken, one.want) {
			t.Errorf("from %v by %v to %v: broken %v, want %v", one.obs, one.act, one.next, broken, one.want)
		}
	}
}

func TestMistakesInLimitsAreNamed(t *testing.T) {
	for text, want := range map[string]string{
		"limits: {reach: next.distnace < far}\nrisk: 0.05\n": `"distance"`,
		"limits: {reach: next.distance}\nrisk: 0.05\n":       "condition",
		"limits: {reach: next.distance < far}\n":             "want risk",
		"risk: 0.05\n":                                       "there are no limits",
		"limits: {reach: next.distance < far}\nrisk: 1.5\n":  "probability",
		"limits: {reach: next.distance < far}\nrisk: 0\n":    "probability",
		"limits: [{of: qvel, below: 100}]\n":                 "state_limits",
	} {
		if _, err := load(limited(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want one with %s", text, err, want)
		}
	}
}

const robotTask = `name: arm
simulator: {robot: "tcp:7400", timestep: 0.05}
horizon: 10
observation:
  - {name: "joint {}", each: [a, b], range: [-3, 3]}
  - {name: last, kind: last-action}
action: [{name: torque, range: [-2, 2]}]
drive: {rate: 0.1}
reward: {near: -abs(next.joint_a)}
`

// The order of keys means nothing: the simulator may stand last.
func TestRobotSendsItsObservationInOrder(t *testing.T) {
	head, rest, _ := strings.Cut(robotTask, "horizon")
	for _, text := range []string{robotTask, "horizon" + rest + head} {
		arm, err := load(map[string]string{"task.yaml": text})
		if err != nil {
			t.Fatal(err)
		}
		if arm.Simulator != Robot || arm.World != "tcp:7400" || arm.Dt() != 0.05 || arm.Drive.Rate != 0.1 {
			t.Errorf("simulator %s, world %s, step %g, rate %g", arm.Simulator, arm.World, arm.Dt(), arm.Drive.Rate)
		}
		if e := arm.Observation[2]; e.Kind != LastAction || e.Low != -2 || e.High != 2 || !e.Inert {
			t.Errorf("the last action is %+v", e)
		}
	}
}

func TestWhatARobotCannotHaveIsNamed(t *testing.T) {
	for text, want := range map[string]string{
		strings.Replace(robotTask, "range: [-3, 3]", "from: qpos hip", 1):                     "want no from",
		strings.Replace(robotTask, "range: [-3, 3]", "noise: 1", 1):                           "noise",
		strings.Replace(robotTask, "range: [-2, 2]", "motor: hip", 1):                         "neither motor nor servo",
		robotTask + "reset: [{name: a, into: goal, uniform: [0, 1]}]\n":                       "want no reset",
		strings.Replace(robotTask, "rate: 0.1", "delay: 1", 1):                                "of drive only rate",
		strings.Replace(robotTask, ", timestep: 0.05", "", 1):                                 "timestep is missing",
		strings.Replace(robotTask, "timestep: 0.05", "timestep: -0.05", 1):                    "timestep -0.05: want seconds above 0",
		strings.Replace(robotTask, `robot: "tcp:7400"`, `robot: "tcp:7400", go: cartpole`, 1): "want one of model",
	} {
		if _, err := load(map[string]string{"task.yaml": text}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q\n%s", err, want, text)
		}
	}
}
