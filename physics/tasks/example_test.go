package tasks_test

import (
	"fmt"

	"github.com/palmal-rl/palmal/physics/tasks"
)

// A task's tables say where its numbers come from.
func ExampleGet() {
	t, err := tasks.Get("hopper")
	if err != nil {
		panic(err)
	}
	for _, i := range []int{0, 5, 11} {
		e := t.Observation[i]
		fmt.Println(i, e.Name, e.Unit, e.From)
	}
	for _, term := range t.Terms {
		fmt.Println(term.Name, "=", term.Formula)
	}
	// Output:
	// 0 torso height m qpos rootz
	// 5 torso x velocity m/s qvel rootx
	// 11 x_vel m/s Δqpos rootx/dt
	// forward = next.x_vel
	// alive = alive_bonus
	// control = -control_cost * squares(action)
}
