package algo_test

import (
	"context"
	"slices"
	"testing"

	"github.com/palmal-rl/palmal/algo"
	"github.com/palmal-rl/palmal/nn"
	"github.com/palmal-rl/palmal/nn/nntest"
	"github.com/palmal-rl/palmal/physics"
)

// circled is a cartpole of which a model is told that the pole goes round and that two entries are unit
// vectors.
type circled struct{ nn.Task }

func (circled) ObservationKinds() []string {
	return []string{nn.KindUnit, nn.KindPredicted, nn.KindAngle, nn.KindUnit}
}

// taskSeen notes what kinds of entries the rollouts of a model have.
type taskSeen struct {
	nn.Backend
	kinds []string
}

func (s *taskSeen) Rollout(p nn.Policy, m nn.Ensemble, task nn.Task, starts nn.Starts, o nn.RolloutOptions) (nn.Paths, error) {
	s.kinds = task.ObservationKinds()
	return s.Backend.Rollout(p, m, task, starts, o)
}

// makes notes what the ensembles of a game are blind to.
type makes struct {
	nn.Backend
	blind []bool
}

func (m *makes) NewEnsemble(shape nn.EnsembleShape, parameters []float32) (nn.Ensemble, error) {
	m.blind = shape.Blind
	return m.Backend.NewEnsemble(shape, parameters)
}

// Goal x and y are the last two entries of pointmass; everything in a cartpole moves it.
func TestBlindModelDoesNotSeeGoals(t *testing.T) {
	for name, want := range map[string][]bool{"pointmass": {false, false, false, false, true, true}, "cartpole": make([]bool, 4)} {
		for _, blind := range []bool{true, false} {
			c := tiny(t, algo.PAL)
			c.Model.Mask = blind
			world, err := physics.Open(builtin(t, name), physics.Options{Workers: 1, ActionRepeat: c.Repeat})
			if err != nil {
				t.Fatal(err)
			}
			defer world.Close()
			made := &makes{Backend: nntest.Reference()}
			g, err := algo.New(c, made, world, world.Task(), algo.Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer g.Close()
			if blind && !slices.Equal(made.blind, want) || !blind && made.blind != nil {
				t.Errorf("%s, blind %v: the ensemble is blind to %v, want %v", name, blind, made.blind, want)
			}
		}
	}
}

// The reference backend refuses a rollout whose task and ensemble differ, so both follow the key.
func TestPlainModelTakesAnglesAndUnitVectorsForNumbers(t *testing.T) {
	for _, plain := range []bool{false, true} {
		c := tiny(t, algo.PAL)
		c.Model.RawAngles = plain
		world, err := physics.Open(builtin(t, "cartpole"), physics.Options{Workers: 1, ActionRepeat: c.Repeat})
		if err != nil {
			t.Fatal(err)
		}
		defer world.Close()
		task := circled{world.Task()}
		seen := &taskSeen{Backend: nntest.Reference()}
		g, err := algo.New(c, seen, world, task, algo.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer g.Close()
		if _, err := g.Iterate(context.Background()); err != nil {
			t.Fatal(err)
		}
		want := task.ObservationKinds()
		if plain {
			want = slices.Repeat([]string{nn.KindPredicted}, 4)
		}
		if !slices.Equal(seen.kinds, want) {
			t.Errorf("plain %v: model rollouts of kinds %v, want %v", plain, seen.kinds, want)
		}
	}
}
