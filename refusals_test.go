package palmal_test

import (
	"context"
	"errors"
	"math"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/palmal-rl/palmal"
	"github.com/palmal-rl/palmal/nn"
)

// bare is a slider without the optional methods; nothing terminates.
type bare struct{ s slider }

// TestFaultsOfAnEnvironmentEndTheRun holds a message for each kind.
func TestFaultsOfAnEnvironmentEndTheRun(t *testing.T) {
	broken := errors.New("the cable broke")
	for want, fault := range map[string]slider{
		"Step returned 1 observation entries, Spec has 2":                          {sizes: 1},
		"Step returned NaN for entry x":                                            {number: 1},
		"Step returned reward":                                                     {rewards: 1},
		"reward is not finite in float32: Step returned NaN":                       {rewards: math.NaN()},
		"episode 0, step 0: reward is not finite in float32: Step returned 1e+300": {rewards: 1e300},
		"Step returned terminated true, Terminated says false":                     {ends: 1},
		"slider: episode 0, step 0: the cable broke":                               {fails: broken},
	} {
		closed := 0
		fault.closed = &closed
		o := options(t, "run")
		o.Workers = 1
		r, err := palmal.Train(context.Background(), func() (palmal.Env, error) { f := fault; return &f, nil }, o)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
		if fault.fails != nil && !errors.Is(err, broken) {
			t.Error("the environment's error is not wrapped")
		}
		if closed != 1 {
			t.Errorf("%s: closed %d times", want, closed)
		}
		if status, _ := r.Status(); status != "failed" {
			t.Errorf("%s: status %s", want, status)
		}
	}
}

// ending is a bare one that terminates.
type ending struct{ bare }

// odd has another Spec.
type odd struct {
	bare
	change func(*palmal.Spec)
}

func TestEnvironmentsThatCannotBeLearnedAreRefused(t *testing.T) {
	made := 0
	if run, err := palmal.Train(context.Background(), nil, palmal.Options{Samples: 10}); err == nil || !strings.Contains(err.Error(), "newEnv returned nil") {
		t.Errorf("no newEnv: run %v, error %v", run, err)
	}
	for want, newEnv := range map[string]func() (palmal.Env, error){
		"has no method Terminated": func() (palmal.Env, error) { return &ending{}, nil },
		"newEnv returned nil":      func() (palmal.Env, error) { return nil, nil },
		"no licence":               func() (palmal.Env, error) { return nil, errors.New("no licence") },
		"two instances have different": func() (palmal.Env, error) {
			made++
			n := made
			return &odd{change: func(s *palmal.Spec) { s.Dt = float64(n) }}, nil
		},
		"Spec.Observation[1]: ": func() (palmal.Env, error) {
			return &odd{change: func(s *palmal.Spec) { s.Observation[1].Name = "x" }}, nil
		},
		"Spec.Action[0]: ": func() (palmal.Env, error) { return &odd{change: func(s *palmal.Spec) { s.Action[0].High = -2 }}, nil },
		"Spec.Horizon: 0":  func() (palmal.Env, error) { return &odd{change: func(s *palmal.Spec) { s.Horizon = 0 }}, nil },
		"Spec.Dt: ":        func() (palmal.Env, error) { return &odd{change: func(s *palmal.Spec) { s.Dt = math.Inf(1) }}, nil },
		"Spec.Dt: timestep -1: want seconds above 0": func() (palmal.Env, error) {
			return &odd{change: func(s *palmal.Spec) { s.Dt = -1 }}, nil
		},
		`Spec.Observation[0].Kind: unknown kind "angel"`: func() (palmal.Env, error) {
			return &odd{change: func(s *palmal.Spec) { s.Observation[0].Kind = "angel" }}, nil
		},
		"Spec: action: want at least one entry":                       func() (palmal.Env, error) { return &odd{change: func(s *palmal.Spec) { s.Action = nil }}, nil },
		"Spec.Name: the name \"../x\": want letters, digits, _ and -": func() (palmal.Env, error) { return &odd{change: func(s *palmal.Spec) { s.Name = "../x" }}, nil },
	} {
		if _, err := palmal.Train(context.Background(), newEnv, options(t, "run")); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

func TestMistakesInOptionsAreRefusedBeforeAnythingIsWritten(t *testing.T) {
	for want, change := range map[string]func(*palmal.Options){
		"Options.Set: unknown key \"npg.stepz\"": func(o *palmal.Options) { o.Set = append(o.Set, "npg.stepz=3") },
		"Options.Set \"npg.steps\": want":        func(o *palmal.Options) { o.Set = append(o.Set, "npg.steps") },
		"unknown algorithm \"0\"":                func(o *palmal.Options) { o.Algorithm = "0" },
		"sac":                                    func(o *palmal.Options) { o.Algorithm = "sac" },
		"perturbations":                          func(o *palmal.Options) { o.Set = append(o.Set, "perturbations=[\"100:force=2\"]") },
		"general":                                func(o *palmal.Options) { o.Preset = "best" },
		"did you mean \"npg.steps\"?\nOptions.Workers: run.workers is -1, must be at least 0": func(o *palmal.Options) {
			o.Workers, o.Set = -1, append(o.Set, "npg.stepz=3")
		},
		"Options.Backend returned nil": func(o *palmal.Options) { o.Backend = func() (nn.Backend, error) { return nil, nil } },
	} {
		o := options(t, "run")
		change(&o)
		if _, err := palmal.Train(context.Background(), newSlider, o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
		if _, err := os.Stat(o.Out); err == nil {
			t.Errorf("%s: wrote %s", want, o.Out)
		}
	}
	o := options(t, "run")
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := palmal.Train(ctx, newSlider, o); !errors.Is(err, context.Canceled) {
		t.Errorf("a context that is over: %v", err)
	}
}

func TestAPolicyRefusesWhatItCannotAnswer(t *testing.T) {
	r, err := palmal.Train(context.Background(), newSlider, options(t, "run"))
	if err != nil {
		t.Fatal(err)
	}
	policy, err := r.BestPolicy()
	if err != nil {
		t.Fatal(err)
	}
	action := make([]float32, 1)
	for _, obs := range [][]float32{{1}, {1, float32(math.NaN())}, {1, float32(math.Inf(1))}} {
		if policy.Act(obs, action) == nil {
			t.Errorf("acts on %v", obs)
		}
	}
	if policy.Act([]float32{1, 2}, nil) == nil {
		t.Error("acts into nothing")
	}
	other := make([]float32, 1)
	if err := errors.Join(policy.Act([]float32{1, 0}, action), policy.Clone().Act([]float32{1, 0}, other)); err != nil || !reflect.DeepEqual(action, other) {
		t.Errorf("a clone acts %v, not %v: %v", other, action, err)
	}
}
