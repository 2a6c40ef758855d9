package algo_test

import (
	"context"
	"slices"
	"testing"

	"github.com/palmal-rl/palmal/algo"
	"github.com/palmal-rl/palmal/nn"
	"github.com/palmal-rl/palmal/nn/nntest"
)

// pupil is a backend that keeps the data of the last fit.
type pupil struct {
	clerk
	data nn.Transitions
}

func (p *pupil) Fit(m nn.Ensemble, data nn.Transitions, o nn.FitOptions) (nn.FitReport, error) {
	p.data = data
	return p.clerk.Fit(m, data, o)
}

// Where episodes are relabelled, the model's data show the relabelled goals, and model paths begin in the world's initial
// states, with the world's goals.
func TestPractisedEpisodesAreKeptWithTheirGoals(t *testing.T) {
	const width, body = 6, 4 // pointmass: four numbers of the mass, then its goal
	c := tinyOn(t, algo.PAL, "pointmass", 50)
	c.InitialSamples, c.SamplesPerIteration, c.Buffer, c.Relabel = 250, 150, 1000, 1
	c.NPG.BufferStarts, c.Diagnostics = 0, 0
	world := openWorld(t, "pointmass", c, 1)
	k, w := &pupil{clerk: clerk{Backend: nntest.Reference()}}, &witness{World: world}
	g := newGameOf(t, w, world.Task(), c, k)
	for range 2 {
		if _, err := g.Iterate(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	data, row := k.data.Observations.Data().([]float32), 0
	own := 0
	for number, e := range w.episodes { // those of the last turn were collected after the fit
		if row == len(data) {
			break
		}
		goal := data[row+body : row+width]
		for at := 0; at < len(e)-width; at, row = at+width, row+width {
			if !slices.Equal(data[row:row+body], e[at:at+body]) || !slices.Equal(data[row+body:row+width], goal) {
				t.Fatalf("episode %d: %v in the data, %v in the world", number, data[row:row+width], e[at:at+width])
			}
		}
		if slices.Equal(goal, e[body:width]) {
			own++
		} else if !slices.ContainsFunc(w.episodes[:number], func(past []float32) bool { return slices.Equal(past[body:width], goal) }) {
			t.Errorf("episode %d pursues %v, the goal of no earlier one", number, goal)
		}
	}
	// The initial data are 5 episodes, which have no missed goal to pursue yet.
	if row != len(data) || own != 5 || row < 8*50*width {
		t.Errorf("%d of %d numbers compared; %d of %d episodes pursue their own goal", row, len(data), own, len(w.episodes))
	}
	for _, starts := range k.starts {
		obs := starts.Observations.Data().([]float32)
		for i := range starts.Times {
			if !slices.ContainsFunc(w.episodes, func(e []float32) bool { return slices.Equal(e[:width], obs[i*width:(i+1)*width]) }) {
				t.Fatalf("a model path begins at %v, where no episode of the world did", obs[i*width:(i+1)*width])
			}
		}
	}
}

// Relabelled goals follow from the data, so a restored game relabels the same.
func TestRestoredGamePractisesTheSameGoals(t *testing.T) {
	c := tinyOn(t, algo.PAL, "pointmass", 50)
	c.InitialSamples, c.SamplesPerIteration, c.Buffer, c.Relabel = 250, 150, 400, 0.7
	whole := newGameIn(t, openWorld(t, "pointmass", c, 2), c, nntest.Reference())
	resumed := newGameIn(t, openWorld(t, "pointmass", c, 1), c, nntest.Reference())
	checkRestored(t, whole, resumed, 2)
}
