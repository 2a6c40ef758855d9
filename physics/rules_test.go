package physics

import (
	"context"
	"strings"
	"testing"
)

// ruled is a cart-pole whose episodes never end, with these lines of rules.
func ruled(t *testing.T, rules string) *Judgement {
	t.Helper()
	j, err := Judge(context.Background(), ownTask(t, map[string]string{"task.yaml": `name: ruled
simulator: {go: cartpole, timestep: 0.02}
horizon: 50
observation:
  - {name: cart, from: "qpos[0]"}
  - {name: pole, from: "qpos[1]"}
action: [{name: force}]
pose: [0, 0]
velocities: 2
reset: [{name: start, into: qpos, count: 2, uniform: [-0.1, 0.1]}]
reward: {near: -next.cart*next.cart}
` + rules}))
	if err != nil {
		t.Fatal(err)
	}
	return j
}

// A rule by which all random steps look alike is doubted, with its place and the share of the steps.
func TestRulesThatTellNoStepsApartAreNamed(t *testing.T) {
	for rules, want := range map[string]string{
		"fallen: next.cart < 3\n": "ball/task.yaml:12:9: fallen ends random episodes of training after 1 decisions, since it holds in 100 % of their steps",
		"risk: 0.1\nlimits:\n  kept: next.cart < 3\n  speed: next.cart > 3\n": "ball/task.yaml:15:10: limit speed is broken in 100 % of random steps",
		"success: {step: next.cart < 3, episode: last}\n":                     "ball/task.yaml:12:17: success.step holds in 100 % of random steps",
	} {
		j := ruled(t, rules)
		if len(j.Doubts) != 1 || !strings.HasPrefix(j.Doubts[0], want) {
			t.Errorf("%s: doubts %q, want one that begins with %q", rules, j.Doubts, want)
		}
	}
}

// A rule that some random steps meet is not doubted, nor one that none meets: a fall is far off, and a success rare at first.
func TestRulesThatTellStepsApartAreCounted(t *testing.T) {
	j := ruled(t, `fallen: abs(next.pole) > 0.5
success: {step: next.cart > 3, episode: last}
risk: 0.1
limits: {upright: abs(next.pole) < 0.3}
`)
	if len(j.Doubts) > 0 {
		t.Errorf("doubts %q", j.Doubts)
	}
	if len(j.Rules) != 3 || j.Rules[0].Name != "fallen" || j.Rules[1].Name != "limit upright" || j.Rules[2].Name != "success.step" {
		t.Fatalf("rules %v", j.Rules)
	}
	if fallen, upright, success := j.Rules[0].Holds, j.Rules[1].Holds, j.Rules[2].Holds; !(fallen > 0 && fallen < 1 && upright > 0 && upright < 1-fallen) || success != 0 {
		t.Errorf("rules %v", j.Rules)
	}
}
