package palmal_test

import (
	"context"
	"strings"
	"testing"

	"github.com/palmal-rl/palmal"
)

// seeker is a slider that counts its own successes in what it keeps for an episode.
type seeker struct {
	bare
	judged []float64 // what the latest episode showed
}

func (s *seeker) Reset(seed uint64) ([]float32, error) {
	s.judged = s.judged[:0]
	return s.bare.Reset(seed)
}

func (s *seeker) Retarget(obs, goal []float64) {}

func (s *seeker) Success(next []float64, terminated bool) float64 {
	s.judged = append(s.judged, next[len(next)-2])
	return float64(len(s.judged)) // 1 where this instance played the episode, and nobody else asked it
}

// TestSuccessIsAskedOfTheInstanceThatPlayed holds that an environment needs no lock to judge its own episode; -race sees the rest.
func TestSuccessIsAskedOfTheInstanceThatPlayed(t *testing.T) {
	o := options(t, "run")
	o.Workers = 3
	r, err := palmal.Train(context.Background(), func() (palmal.Env, error) { return &seeker{}, nil }, o)
	if err != nil {
		t.Fatal(err)
	}
	records, err := r.Records()
	if err != nil {
		t.Fatal(err)
	}
	for _, record := range records {
		if record.Sampled.Success != 1 {
			t.Errorf("iteration %d: success %v, want 1 of every instance", record.Iteration, record.Sampled.Success)
		}
	}
}

// TestRelabelNamesWhatItLacks holds that an environment with goals is not told that it has none.
func TestRelabelNamesWhatItLacks(t *testing.T) {
	for want, newEnv := range map[string]func() (palmal.Env, error){
		"relabel: task slider has no goals":               newSlider,
		"relabel: the reward of task slider is learned, ": func() (palmal.Env, error) { return &seeker{}, nil },
	} {
		o := options(t, "run")
		o.Set = append(o.Set, "relabel=0.5")
		if _, err := palmal.Train(context.Background(), newEnv, o); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

// boastful is a seeker of more success than there is.
type boastful struct{ seeker }

func (*boastful) Success([]float64, bool) float64 { return 7 }

// TestMoreThanAWholeSuccessIsRefused holds that reports show shares of episodes.
func TestMoreThanAWholeSuccessIsRefused(t *testing.T) {
	_, err := palmal.Train(context.Background(), func() (palmal.Env, error) { return &boastful{}, nil }, options(t, "run"))
	if err == nil || !strings.Contains(err.Error(), "Success returned 7, want 0 to 1") {
		t.Errorf("got %v", err)
	}
}
