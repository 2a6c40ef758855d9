package task

import "fmt"

// Observation of ant, as far as reward and termination use it.
const (
	antHeight = 0
	antXVel   = 27
)

// Parameters of ant.
const (
	antAlive = iota
	antControlCost
	antMinHeight
	antMaxHeight
)

// ant follows gym Ant-v2 (gym 0.17.1) on MuJoCo ≥ 2.0, where the 84 contact forces
// at the end of its observation, and the cost of them, are identically 0: they
// are left out here. The observation is extended by x_vel, from which gym's
// reward is computed: the mean forward speed of the torso over the step, by the
// Cartesian position that the simulator leaves behind (one Runge-Kutta stage old).
func ant() *Task {
	return &Task{
		Name: "ant", Title: "Four-legged ant",
		Source:    "gym Ant-v2 without contact forces, observation extended by x_vel",
		Simulator: MuJoCo, Timestep: 0.01, FrameSkip: 5, Horizon: 1000,
		Observation: antObservation(),
		Action:      antAction(),
		Pose:        []float64{0, 0, 0.75, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, Velocities: 14,
		Reset: []Draw{ // the quaternion too; the simulator then normalises it
			{Name: "position", Into: Position, Count: 15, Distribution: Uniform, Low: -0.1, High: 0.1},
			{Name: "velocity", Into: Velocity, Count: 14, Distribution: Normal, Std: 0.1},
		},
		Parameters: []Parameter{
			{"alive_bonus", "", "reward of every step, the terminating one too", 1},
			{"control_cost", "", "weight of the squared action", 0.5},
			{"min_height", "m", "the torso must not be below this", 0.2},
			{"max_height", "m", "the torso must not be above this", 1},
		},
		Terms: []Term{
			{"forward", "x_vel'", func(_, _, _, next []float64) float64 { return next[antXVel] }},
			{"control", "-control_cost·|a|²", func(p, _, act, _ []float64) float64 { return -p[antControlCost] * squares(act) }},
			{"alive", "alive_bonus", func(p, _, _, _ []float64) float64 { return p[antAlive] }},
		},
		Termination: "not (min_height ≤ torso height' ≤ max_height)",
		Threshold:   6000,
		Measures:    []Measure{entry("height", "m", "torso height'", antHeight), entry("x_vel", "m/s", "x_vel'", antXVel)},
		alive: func(p, next []float64) bool {
			return next[antHeight] >= p[antMinHeight] && next[antHeight] <= p[antMaxHeight]
		},
	}
}

func antObservation() []Entry {
	root := func(name, unit, field string, i int) Entry {
		return free(name, unit, Place{Field: field, Element: "root", Index: i})
	}
	entries := []Entry{root("torso height", "m", Position, 2)}
	for i, axis := range []string{"w", "x", "y", "z"} {
		e := root("torso quaternion "+axis, "", Position, 3+i)
		e.Kind, e.Low, e.High = Unit, -1, 1
		entries = append(entries, e)
	}
	for leg := 1; leg <= 4; leg++ {
		for _, joint := range []string{"hip", "ankle"} {
			name := fmt.Sprintf("%s_%d", joint, leg)
			entries = append(entries, free(name+" angle", "rad", Place{Field: Position, Element: name}))
		}
	}
	for i, axis := range []string{"x", "y", "z"} {
		entries = append(entries, root("torso "+axis+" velocity, world", "m/s", Velocity, i))
	}
	for i, axis := range []string{"x", "y", "z"} {
		entries = append(entries, root("torso "+axis+" angular velocity, body", "rad/s", Velocity, 3+i))
	}
	for leg := 1; leg <= 4; leg++ {
		for _, joint := range []string{"hip", "ankle"} {
			name := fmt.Sprintf("%s_%d", joint, leg)
			entries = append(entries, free(name+" rate", "rad/s", Place{Field: Velocity, Element: name}))
		}
	}
	return append(entries, free("x_vel", "m/s", Place{Field: BodyXYZ, Element: "torso", Rate: true}))
}

// antAction lists the torques in gym's order, which is not that of the joints.
func antAction() []Entry {
	var entries []Entry
	for _, leg := range []int{4, 1, 2, 3} {
		for _, joint := range []string{"hip", "ankle"} {
			name := fmt.Sprintf("%s_%d", joint, leg)
			entries = append(entries, motor(name+" torque", "150 N·m", 1, name))
		}
	}
	return entries
}
