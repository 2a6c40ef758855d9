package task

import "math"

// Observation of hopper, as far as reward and termination use it.
const (
	hopperHeight = 0
	hopperPitch  = 1
	hopperXVel   = 11
)

// Parameters of hopper.
const (
	hopperAlive = iota
	hopperControlCost
	hopperMinHeight
	hopperMaxPitch
)

// hopper follows gym Hopper-v2 (gym 0.17.1), whose dynamics, reward and
// termination Hopper-v3 shares by default. The observation is extended by x_vel,
// the mean forward speed over the step, since gym's reward cannot be computed
// from its own observation.
//
// Gym also ends an episode when a position other than x, or an unclipped
// velocity, reaches 100; the observation does not show that, so the world tests
// it (see package physics).
func hopper() *Task {
	position := func(name, unit, joint string) Entry {
		return free(name, unit, Place{Field: Position, Element: joint})
	}
	velocity := func(name, unit, joint string) Entry {
		return free(name, unit, Place{Field: Velocity, Element: joint}).clipped(10)
	}
	return &Task{
		Name: "hopper", Title: "One-legged planar hopper", Source: "gym Hopper-v2, observation extended by x_vel",
		Simulator: MuJoCo, Timestep: 0.002, FrameSkip: 4, Horizon: 1000,
		Observation: []Entry{
			position("torso height", "m", "rootz"),
			position("torso pitch", "rad", "rooty"),
			position("thigh angle", "rad", "thigh_joint"),
			position("leg angle", "rad", "leg_joint"),
			position("foot angle", "rad", "foot_joint"),
			velocity("torso x velocity", "m/s", "rootx"),
			velocity("torso z velocity", "m/s", "rootz"),
			velocity("pitch rate", "rad/s", "rooty"),
			velocity("thigh rate", "rad/s", "thigh_joint"),
			velocity("leg rate", "rad/s", "leg_joint"),
			velocity("foot rate", "rad/s", "foot_joint"),
			free("x_vel", "m/s", Place{Field: Position, Element: "rootx", Rate: true}),
		},
		Action: []Entry{
			motor("thigh torque", "200 N·m", 1, "thigh"),
			motor("leg torque", "200 N·m", 1, "leg"),
			motor("foot torque", "200 N·m", 1, "foot"),
		},
		Pose: []float64{0, 1.25, 0, 0, 0, 0}, Velocities: 6,
		Reset: []Draw{
			{Name: "position", Into: Position, Count: 6, Distribution: Uniform, Low: -0.005, High: 0.005},
			{Name: "velocity", Into: Velocity, Count: 6, Distribution: Uniform, Low: -0.005, High: 0.005},
		},
		Parameters: []Parameter{
			{"alive_bonus", "", "reward of every step, the terminating one too", 1},
			{"control_cost", "", "weight of the squared action", 0.001},
			{"min_height", "m", "the torso must stay above this", 0.7},
			{"max_pitch", "rad", "the torso must lean less than this", 0.2},
		},
		Terms: []Term{
			{"forward", "x_vel'", func(_, _, _, next []float64) float64 { return next[hopperXVel] }},
			{"alive", "alive_bonus", func(p, _, _, _ []float64) float64 { return p[hopperAlive] }},
			{"control", "-control_cost·|a|²", func(p, _, act, _ []float64) float64 { return -p[hopperControlCost] * squares(act) }},
		},
		Termination: "not (torso height' > min_height and |torso pitch'| < max_pitch)",
		Threshold:   3800,
		Measures: []Measure{
			entry("height", "m", "torso height'", hopperHeight),
			entry("pitch", "rad", "torso pitch'", hopperPitch),
			entry("x_vel", "m/s", "x_vel'", hopperXVel),
		},
		alive: func(p, next []float64) bool {
			return next[hopperHeight] > p[hopperMinHeight] && math.Abs(next[hopperPitch]) < p[hopperMaxPitch]
		},
	}
}
