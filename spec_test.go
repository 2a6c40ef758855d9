package palmal_test

import (
	"context"
	"math"
	"strings"
	"testing"

	"github.com/palmal-rl/palmal"
)

// TestNumbersOfASpecThatAreNotFiniteAreNamedAtOnce holds one line for each of them, and none that only follows from one.
func TestNumbersOfASpecThatAreNotFiniteAreNamedAtOnce(t *testing.T) {
	newEnv := func() (palmal.Env, error) {
		return &odd{change: func(s *palmal.Spec) {
			s.Dt, s.SolvedAt, s.Horizon = math.NaN(), math.Inf(1), 0
			s.Action[0].Low, s.Action[0].High = math.Inf(-1), math.NaN()
		}}, nil
	}
	_, err := palmal.Train(context.Background(), newEnv, options(t, "run"))
	if err == nil {
		t.Fatal("it was learned")
	}
	for _, want := range []string{"Spec.Dt: NaN: want a finite number", "Spec.SolvedAt: +Inf: want a finite number", "Spec.Horizon: 0",
		"Spec.Action[0].Low: -Inf: want a finite number", "Spec.Action[0].High: NaN: want a finite number"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	if lines := strings.Count(err.Error(), "\n") + 1; lines != 5 {
		t.Errorf("%d lines for 5 mistakes: %v", lines, err)
	}
}

// TestEntriesThatAreNotOfTheirKindsEndTheRun holds that no model learns an observation that contradicts its Spec.
func TestEntriesThatAreNotOfTheirKindsEndTheRun(t *testing.T) {
	for want, kind := range map[string]palmal.Kind{
		"within an episode, which kind constant rules out": palmal.Constant,
		"and kind unit wants length 1":                     palmal.Unit,
		"and kind last-action wants the action":            palmal.LastAction,
	} {
		newEnv := func() (palmal.Env, error) {
			return &odd{change: func(s *palmal.Spec) { s.Observation[1].Kind = kind }}, nil
		}
		_, err := palmal.Train(context.Background(), newEnv, options(t, "run"))
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "entry v ") {
			t.Errorf("%s: got %v, want %q", kind, err, want)
		}
	}
}
