package palmal_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/palmal-rl/palmal"
	"github.com/palmal-rl/palmal/algo"
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

func (b *bare) Spec() palmal.Spec                    { return b.s.Spec() }
func (b *bare) Reset(seed uint64) ([]float32, error) { return b.s.Reset(seed) }
func (b *bare) Step(action []float32) ([]float32, float64, bool, bool, error) {
	obs, reward, terminated, _, err := b.s.Step(action)
	return obs, reward, false, terminated, err
}

func (e *ending) Step(action []float32) ([]float32, float64, bool, bool, error) {
	obs, reward, _, _, err := e.bare.Step(action)
	return obs, reward, true, false, err
}

func (o *odd) Spec() palmal.Spec {
	s := o.bare.Spec()
	o.change(&s)
	return s
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
