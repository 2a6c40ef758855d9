package palmal_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/palmal-rl/palmal"
	"github.com/palmal-rl/palmal/algo"
	"github.com/palmal-rl/palmal/nn"
)

// slider is a mass on a rail that a force moves; it has to stand at 0. It falls off the rail beyond 2.
type slider struct {
	x, v   float64
	closed *int
	// The next fields are faults.
	rewards, ends, sizes, number float64
	fails                        error
}

func (*slider) Spec() palmal.Spec {
	return palmal.Spec{Name: "slider", Horizon: 20, Dt: 0.1, Observation: []palmal.Entry{{Name: "x", Unit: "m"}, {Name: "v", Unit: "m/s"}},
		Action: []palmal.Action{{Name: "force", Low: -2, High: 2}}}
}

func (s *slider) Reset(seed uint64) ([]float32, error) {
	draw := rand.New(rand.NewPCG(seed, 1))
	s.x, s.v = 2*draw.Float64()-1, 0
	return s.observe(), nil
}

func (s *slider) observe() []float32 { return []float32{float32(s.x), float32(s.v)} }

func (s *slider) Step(action []float32) ([]float32, float64, bool, bool, error) {
	x := float64(float32(s.x))
	s.v += 0.1 * float64(action[0])
	s.x += 0.1 * s.v
	obs := s.observe()
	if s.sizes != 0 {
		obs = obs[:1]
	}
	if s.number != 0 {
		obs[0] = float32(math.NaN())
	}
	return obs, -x*x + s.rewards, s.Terminated([]float64{s.x, s.v}) || s.ends != 0, false, s.fails
}

func (*slider) RewardTerms() []string                      { return []string{"distance"} }
func (*slider) Rewards(terms, obs, action, next []float64) { terms[0] = -obs[0] * obs[0] }
func (*slider) Terminated(next []float64) bool             { return math.Abs(next[0]) > 2 }
func (s *slider) Close() error {
	if s.closed != nil {
		*s.closed++
	}
	return nil
}

func newSlider() (palmal.Env, error) { return &slider{}, nil }

// small are settings of a run of about a second.
func small() []string {
	return []string{"model.hidden=16,16", "model.members=2", "model.epochs=3", "policy.hidden=8,8", "value.hidden=8,8", "value.min_steps=4", "npg.steps=2",
		"npg.starts_per_member=10", "npg.horizon=20", "initial_samples=200", "samples_per_iteration=100", "evaluation.episodes=3", "diagnostic_starts=0"}
}

func options(t *testing.T, name string) palmal.Options {
	return palmal.Options{Out: filepath.Join(t.TempDir(), name), Samples: 500, Seed: 3, Set: small(), Workers: 2,
		Warn: func(text string) { t.Log(text) }}
}

// learned is what a run left that does not depend on the clock: its records, and its policy at some states.
func learned(t *testing.T, r *palmal.Run) string {
	t.Helper()
	records, err := r.Records()
	if err != nil {
		t.Fatal(err)
	}
	for i := range records {
		records[i].Timing = algo.Timing{}
	}
	policy, err := palmal.Load(r.Path)
	if err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprintf("%+v", dereferenced(records))
	action := make([]float32, 1)
	for _, x := range []float32{-1, 0, 0.5} {
		if err := policy.Act([]float32{x, 0}, action); err != nil {
			t.Fatal(err)
		}
		text += fmt.Sprint(action)
	}
	return text
}

// dereferenced shows the evaluations instead of where they lie.
func dereferenced(records []palmal.Record) []any {
	var all []any
	for _, r := range records {
		all = append(all, r.Evaluation.Return, r.Evaluation.Min)
		r.Evaluation = nil
		all = append(all, r)
	}
	return all
}

func TestACancelledRunResumesToTheSameBytes(t *testing.T) {
	whole, err := palmal.Train(context.Background(), newSlider, options(t, "whole"))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancelCause(context.Background())
	cause := errors.New("enough for today")
	o := options(t, "parts")
	o.Progress, o.Workers = func(palmal.Record) { cancel(cause) }, 1
	part, err := palmal.Train(ctx, newSlider, o)
	if !errors.Is(err, cause) || part == nil {
		t.Fatalf("got %v, want the cause of the cancellation", err)
	}
	if status, err := part.Status(); err != nil || status != "interrupted" {
		t.Errorf("status %q, %v", status, err)
	}
	if records, err := part.Records(); err != nil || len(records) < 1 || len(records) > 2 { // the signal may come an iteration late
		t.Fatalf("%d records, %v", len(records), err)
	}
	rest, err := palmal.Resume(context.Background(), part.Path, newSlider, palmal.Options{Workers: 3})
	if err != nil {
		t.Fatal(err)
	}
	if a, b := learned(t, whole), learned(t, rest); a != b {
		t.Errorf("a run in two parts differs from a whole one:\n%s\n%s", a, b)
	}
}

func TestAFinishedRunKeepsItsConfiguration(t *testing.T) {
	r, err := palmal.Train(context.Background(), newSlider, options(t, "run"))
	if err != nil {
		t.Fatal(err)
	}
	told := ""
	again, err := palmal.Resume(context.Background(), r.Path, newSlider, palmal.Options{Set: []string{"npg.steps=7"}, Warn: func(text string) { told += text }})
	if err != nil {
		t.Fatal(err)
	}
	if was, is := r.Config()["npg.steps"], again.Config()["npg.steps"]; was != is || !strings.Contains(told, "nothing is left to play") {
		t.Errorf("npg.steps was %s, is %s; told %q", was, is, told)
	}
}

func TestARewardIsLearnedWhereNoneIsComputed(t *testing.T) {
	o := options(t, "run")
	r, err := palmal.Train(context.Background(), func() (palmal.Env, error) { return &bare{}, nil }, o)
	if err != nil {
		t.Fatal(err)
	}
	if got := r.Config()["model.learn_reward"]; got != "true" {
		t.Errorf("model.learn_reward is %s", got)
	}
	if _, err := palmal.Resume(context.Background(), r.Path, newSlider, palmal.Options{}); err == nil || !strings.Contains(err.Error(), "is not that of the run") {
		t.Errorf("another environment: %v", err)
	}
}

// bare is a slider without the optional methods; nothing terminates.
type bare struct{ s slider }

func (b *bare) Spec() palmal.Spec                    { return b.s.Spec() }
func (b *bare) Reset(seed uint64) ([]float32, error) { return b.s.Reset(seed) }
func (b *bare) Step(action []float32) ([]float32, float64, bool, bool, error) {
	obs, reward, terminated, _, err := b.s.Step(action)
	return obs, reward, false, terminated, err
}

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

func (e *ending) Step(action []float32) ([]float32, float64, bool, bool, error) {
	obs, reward, _, _, err := e.bare.Step(action)
	return obs, reward, true, false, err
}

// odd has another Spec.
type odd struct {
	bare
	change func(*palmal.Spec)
}

func (o *odd) Spec() palmal.Spec {
	s := o.bare.Spec()
	o.change(&s)
	return s
}

func TestEnvironmentsThatCannotBeLearnedAreRefused(t *testing.T) {
	made := 0
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

func TestARunBeginsWithTheNetworksAndTheDataOfAnother(t *testing.T) {
	first, err := palmal.Train(context.Background(), newSlider, options(t, "first"))
	if err != nil {
		t.Fatal(err)
	}
	o := options(t, "second")
	o.From, o.Data, o.Set = first.Path, []string{first.Path}, append(small(), "buffer=0")
	second, err := palmal.Train(context.Background(), newSlider, o)
	if err != nil {
		t.Fatal(err)
	}
	records, err := second.Records()
	if err != nil {
		t.Fatal(err)
	}
	if m := records[0].Model; m.Data == nil || !m.Data.Joined || m.Rows <= m.Data.Rows || m.LossFresh != m.LossFresh {
		t.Errorf("the first iteration: %+v", m)
	}
	if err := os.RemoveAll(first.Path); err != nil {
		t.Fatal(err)
	}
	if _, err := palmal.Resume(context.Background(), second.Path, newSlider, palmal.Options{Samples: 700}); err != nil {
		t.Errorf("without the first run: %v", err)
	}
}
