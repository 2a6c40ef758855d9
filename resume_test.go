package palmal_test

import (
	"context"
	"strings"
	"testing"

	"github.com/palmal-rl/palmal"
)

// TestAResumedRunRefusesAllThatItCannotChangeAtOnce holds that no option of Resume is passed over in silence.
func TestAResumedRunRefusesAllThatItCannotChangeAtOnce(t *testing.T) {
	r, err := palmal.Train(context.Background(), newSlider, options(t, "run"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		options palmal.Options
		want    []string
	}{
		{palmal.Options{Samples: 900, Set: []string{`perturbations=["600:force=2"]`}}, []string{`perturbations is ["600:force=2"]: want none`}},
		{palmal.Options{Workers: -1, Set: []string{"npg.stepz=3", "npg.steps"}},
			[]string{"Options.Workers", "run.workers is -1", `unknown key "npg.stepz"`, `Options.Set "npg.steps": want key=value`}},
	} {
		_, err := palmal.Resume(context.Background(), r.Path, newSlider, c.options)
		for _, want := range c.want {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("got %v, want %q", err, want)
			}
		}
	}
	if _, err := palmal.Resume(context.Background(), r.Path, newSlider, palmal.Options{Samples: 900}); err != nil {
		t.Errorf("after what was refused: %v", err)
	}
}

// TestBoundsMoveInAnyOrderWhenARunResumes holds that Resume judges its options together, as the program does.
func TestBoundsMoveInAnyOrderWhenARunResumes(t *testing.T) {
	begun := options(t, "run")
	begun.Set = append(begun.Set, "model.min_steps=10", "model.max_steps=20")
	r, err := palmal.Train(context.Background(), newSlider, begun)
	if err != nil {
		t.Fatal(err)
	}
	o := palmal.Options{Samples: 600, Set: []string{"model.min_steps=30", "model.max_steps=40"}}
	if _, err := palmal.Resume(context.Background(), r.Path, newSlider, o); err != nil {
		t.Error(err)
	}
}
