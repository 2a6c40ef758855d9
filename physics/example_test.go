package physics_test

import (
	"context"
	"fmt"

	"github.com/palmal-rl/palmal/physics"
	"github.com/palmal-rl/palmal/physics/tasks"
)

// Three episodes in which a spring pulls the mass to its goal.
func ExampleWorld_Sample() {
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
	err = w.Sample(context.Background(), 1, 0, spring,
		func(e physics.Episode) bool {
			fmt.Println(len(e.Observations), len(e.Actions), len(e.Rewards), e.Samples, e.Terminated, e.Success)
			episodes++
			return episodes < 3
		})
	if err != nil {
		panic(err)
	}
	// Output:
	// 306 100 100 50 false 1
	// 306 100 100 50 false 1
	// 306 100 100 50 false 1
}
