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
