package algo_test

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/palmal-rl/palmal/algo"
	"github.com/palmal-rl/palmal/nn/nntest"
)

// careful is a configuration of gaussian members and of fits with all there is.
func careful(t *testing.T) algo.Config {
	t.Helper()
	c := pathwise(t, "pointmass")
	m := &c.Model
	m.Kind, m.Noise, m.WeightDecay, m.Dropout, m.LayerDecay = "gaussian", 1, 0, 0.0075, 2.5e-4
	m.WarmUp, m.AnnealFloor, m.FirstFit, m.Restart, m.HoldOut, m.WeighRows = 30, 0.05, 2, true, 0.2, true
	m.LearningRate = 0.003 // fits are short here
	return c
}

// The bound is that of deterministic members: at rest the return is -38 on average.
func TestGaussianMembersMoveTheMass(t *testing.T) {
	c := careful(t)
	c.Policy.Average = 0
	g := newGameIn(t, openWorld(t, "pointmass", c, 1), c, cpuBackend(t))
	var last algo.Record
	for i := range 3 {
		r, err := g.Iterate(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if want := c.Model.MinSteps * map[bool]int{true: 2, false: 1}[i == 0]; r.Model.Steps != want {
			t.Errorf("fit %d took %d steps, want %d", i+1, r.Model.Steps, want)
		}
		last = r
	}
	if got := float64(last.Evaluation.Return); !(got >= -14) {
		t.Errorf("return %g after %d samples, want -14", got, last.Evaluation.Samples)
	}
	held, cal := last.Model.Held, last.Model.Calibration
	if held == nil || held.Rows < last.Model.Rows/10 || !(held.Kept > 0) || !(math.Abs(float64(held.Loss)) < 100) {
		t.Errorf("implausible rows held out: %+v", held)
	}
	if cal == nil || !(cal.Noise > 0 && cal.Disagreement > 0 && cal.Within1 > 0 && cal.Within2 >= cal.Within1) {
		t.Errorf("implausible calibration: %+v", cal)
	}
}

// Games with gaussian members resume to the same records, with both players that improve a policy.
func TestGaussianGamesAreRestored(t *testing.T) {
	for _, player := range []string{algo.PlayerPathwise, algo.PlayerNPG} {
		c := careful(t)
		c.InitialSamples, c.SamplesPerIteration, c.NPG.Steps, c.Model.MaxSteps, c.Model.MinSteps = 100, 50, 2, 20, 20
		c.Model.StateNoise, c.Model.Beta = player == algo.PlayerNPG, 0.5
		c.Policy.Player, c.Evaluation.Episodes, c.NPG.StartsPerMember = player, 2, 4
		backend := cpuBackend(t)
		whole, resumed := newGameIn(t, openWorld(t, "pointmass", c, 2), c, backend), newGameIn(t, openWorld(t, "pointmass", c, 1), c, backend)
		checkRestored(t, whole, resumed, 2)
	}
}

func TestMembersNameTheBackendThatLacksThem(t *testing.T) {
	for key, change := range map[string]func(*algo.ModelConfig){
		"model.kind":  func(m *algo.ModelConfig) { m.Kind = "gaussian" },
		"hold_out":    func(m *algo.ModelConfig) { m.HoldOut = 0.1 },
		"weigh_rows":  func(m *algo.ModelConfig) { m.WeighRows = true },
		"layer_decay": func(m *algo.ModelConfig) { m.LayerDecay = 1e-3 },
		"restart":     func(m *algo.ModelConfig) { m.Restart = true },
		"precision":   func(m *algo.ModelConfig) { m.Precision = "bf16x3" },
	} {
		c := tiny(t, algo.PAL)
		change(&c.Model)
		world := openWorld(t, "pointmass", c, 1)
		g, err := algo.New(c, plodder{nntest.Reference()}, world, world.Task(), algo.Options{})
		if err == nil {
			g.Close()
		}
		var problem algo.Problem
		if !errors.As(err, &problem) || !strings.Contains(err.Error(), "plodder") || !strings.Contains(err.Error(), key) {
			t.Errorf("%s: error %v, want a problem that names the backend and the key", key, err)
		}
	}
}

func TestKeysOfMembersAreChecked(t *testing.T) {
	for key, change := range map[string]func(*algo.ModelConfig){
		"model.kind":         func(m *algo.ModelConfig) { m.Kind = "normal" },
		"model.activation":   func(m *algo.ModelConfig) { m.Activation = "tanh" },
		"model.layer_decay":  func(m *algo.ModelConfig) { m.LayerDecay = 1e4 },
		"model.warm_up":      func(m *algo.ModelConfig) { m.WarmUp = -1 },
		"model.anneal_floor": func(m *algo.ModelConfig) { m.AnnealFloor = 1.1 },
		"model.first_fit":    func(m *algo.ModelConfig) { m.FirstFit = 0 },
		"model.hold_out":     func(m *algo.ModelConfig) { m.HoldOut = 0.95 },
		"model.dropout":      func(m *algo.ModelConfig) { m.Dropout = 0.95 },
		"model.beta":         func(m *algo.ModelConfig) { m.Beta = 2 },
		"model.loss":         func(m *algo.ModelConfig) { m.Loss = "raw" },
		"model.precision":    func(m *algo.ModelConfig) { m.Precision = "half" },
	} {
		c := careful(t)
		change(&c.Model)
		checkProblem(t, c, key)
	}
	for key, change := range map[string]func(*algo.ModelConfig){
		"model.dropout":     func(m *algo.ModelConfig) { m.Dropout = 0.1 },
		"model.beta":        func(m *algo.ModelConfig) { m.Beta = 0.5 },
		"model.state_noise": func(m *algo.ModelConfig) { m.StateNoise = true },
	} {
		c := tiny(t, algo.PAL)
		change(&c.Model)
		checkProblem(t, c, key)
	}
}

// checkProblem wants a problem with a key, and no other.
func checkProblem(t *testing.T, c algo.Config, key string) {
	t.Helper()
	problems := c.Validate()
	if len(problems) == 0 {
		t.Errorf("%s: no problem", key)
	}
	for _, p := range problems {
		if p.Key != key {
			t.Errorf("%s: problem %v", key, p)
		}
	}
}
