package algo_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/palmal-rl/palmal/algo"
	"github.com/palmal-rl/palmal/nn/nntest"
)

// With npg.other_goals an intermediate start is a state that was met, at its time, with the goal of any
// episode so far; an initial one is as it was.
func TestIntermediateStartsPursueTheGoalsOfOtherEpisodes(t *testing.T) {
	const width, body = 6, 4 // pointmass: four numbers of the mass, then its goal
	c := tinyOn(t, algo.PAL, "pointmass", 50)
	c.InitialSamples, c.Buffer = 250, 500
	c.NPG.StartsPerMember, c.NPG.BufferStarts, c.NPG.OtherGoals, c.Diagnostics = 20, 0.5, true, 0
	world := openWorld(t, "pointmass", c, 1)
	k, w := &clerk{Backend: nntest.Reference()}, &witness{World: world}
	g, err := algo.New(c, k, w, world.Task(), algo.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	if _, err := g.Iterate(context.Background()); err != nil {
		t.Fatal(err)
	}
	exchanged := 0
	for _, starts := range k.starts {
		obs := starts.Observations.Data().([]float32)
		for i, time := range starts.Times {
			state, at := obs[i*width:(i+1)*width], int(time)*width
			met := slices.IndexFunc(w.episodes, func(e []float32) bool {
				return at+width <= len(e) && slices.Equal(e[at:at+body], state[:body])
			})
			aimed := slices.IndexFunc(w.episodes, func(e []float32) bool { return slices.Equal(e[body:width], state[body:]) })
			if met < 0 || aimed < 0 {
				t.Fatalf("start %d at time %g: state of episode %d, goal of episode %d", i, time, met, aimed)
			}
			if met != aimed {
				exchanged++
				if i < 10 {
					t.Errorf("initial start %d has the goal of another episode", i)
				}
			}
		}
	}
	// One in five or more draws its own goal again.
	if intermediate := 10 * len(k.starts); exchanged < intermediate/2 {
		t.Errorf("%d of %d intermediate starts pursue another goal", exchanged, intermediate)
	}
}

func TestTasksWithoutGoalsHaveNoneToExchange(t *testing.T) {
	c := tiny(t, algo.PAL)
	c.NPG.OtherGoals = true
	world := openWorld(t, "cartpole", c, 1)
	if _, err := algo.New(c, nntest.Reference(), world, world.Task(), algo.Options{}); err == nil || !strings.Contains(err.Error(), "npg.other_goals") {
		t.Errorf("error %v, want one that names the key", err)
	}
}
