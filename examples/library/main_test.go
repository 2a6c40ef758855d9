package main

import (
	"path/filepath"
	"testing"

	"github.com/palmal-rl/palmal"
)

// TestThePendulumSwingsUpAndHolds trains the example, and lets its policy act in the environment by itself.
func TestThePendulumSwingsUpAndHolds(t *testing.T) {
	if testing.Short() {
		t.Skip("trains for some ten seconds")
	}
	out := filepath.Join(t.TempDir(), "run")
	if err := train([]string{out}); err != nil {
		t.Fatal(err)
	}
	policy, err := palmal.Load(out)
	if err != nil {
		t.Fatal(err)
	}
	const episodes = 20
	held := 0
	action := make([]float32, 1)
	for seed := range uint64(episodes) {
		p := &pendulum{}
		obs, err := p.Reset(seed)
		for range p.Spec().Horizon {
			if err == nil {
				err = policy.Act(obs, action)
			}
			obs, _, _, _, _ = p.Step(action)
		}
		if err != nil {
			t.Fatal(err)
		}
		if obs[0] > 0.95 { // less than 18 degrees from upright
			held++
		}
	}
	if held < episodes*9/10 { // it stopped when the mean return of two evaluations said so
		t.Errorf("stands upright at the end of %d of %d episodes", held, episodes)
	}
}
