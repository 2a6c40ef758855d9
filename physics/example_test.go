package physics_test

import (
	"context"
	"fmt"

	"gorgonia.org/tensor"

	"github.com/palmal-rl/palmal/physics"
	"github.com/palmal-rl/palmal/physics/tasks"
)

// Three episodes in which a spring pulls the mass to its goal.
func ExampleWorld_Play() {
	pointmass, err := tasks.Get("pointmass")
	if err != nil {
		panic(err)
	}
	w, err := physics.Open(pointmass, physics.Options{})
	if err != nil {
		panic(err)
	}
	defer w.Close()
	spring := func() func(uint64, int, []float32, []float32) {
		return func(_ uint64, _ int, obs, action []float32) {
			for i := range action {
				action[i] = 4*(obs[4+i]-obs[i]) - 4*obs[2+i]
			}
		}
	}
	episodes := 0
	err = w.Play(context.Background(), 1, 0, spring,
		func(observations, actions, rewards *tensor.Dense, samples int, terminated bool, success float64) bool {
			fmt.Println(observations.Shape(), actions.Shape(), rewards.Shape(), samples, terminated, success)
			episodes++
			return episodes < 3
		})
	if err != nil {
		panic(err)
	}
	// Output:
	// (51, 6) (50, 2) (50, 2) 50 false 1
	// (51, 6) (50, 2) (50, 2) 50 false 1
	// (51, 6) (50, 2) (50, 2) 50 false 1
}
