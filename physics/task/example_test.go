package task_test

import (
	"fmt"

	"github.com/palmal-rl/palmal/physics/task"
)

// A task's tables say where its numbers come from.
func ExampleGet() {
	t, err := task.Get("hopper")
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
	// forward = x_vel'
	// alive = alive_bonus
	// control = -control_cost·|a|²
}
