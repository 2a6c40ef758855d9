package task

import "math"

// pendulumAngle is the pole's angle in the observation of inverted_pendulum.
const pendulumAngle = 1

// invertedPendulum follows gym InvertedPendulum-v2 (gym 0.17.1). The success of an
// episode is ours; gym's threshold of return 950 asks for a little less.
func invertedPendulum() *Task {
	const maxAngle = 0
	return &Task{
		Name: "inverted_pendulum", Title: "Inverted pendulum on a cart", Source: "gym InvertedPendulum-v2",
		Simulator: MuJoCo, Timestep: 0.02, FrameSkip: 2, Horizon: 1000,
		Observation: []Entry{
			free("cart position", "m", Place{Field: Position, Element: "slider"}),
			free("pole angle", "rad", Place{Field: Position, Element: "hinge"}),
			free("cart velocity", "m/s", Place{Field: Velocity, Element: "slider"}),
			free("pole rate", "rad/s", Place{Field: Velocity, Element: "hinge"}),
		},
		Action: []Entry{motor("force", "100 N", 3, "slide")},
		Pose:   []float64{0, 0}, Velocities: 2,
		Reset: []Draw{
			{Name: "position", Into: Position, Count: 2, Distribution: Uniform, Low: -0.01, High: 0.01},
			{Name: "velocity", Into: Velocity, Count: 2, Distribution: Uniform, Low: -0.01, High: 0.01},
		},
		Parameters: []Parameter{
			{"max_angle", "rad", "the pole has fallen beyond this", 0.2},
		},
		Terms: []Term{
			{"alive", "1", func(_, _, _, _ []float64) float64 { return 1 }},
		},
		Termination: "|pole angle'| > max_angle",
		Success:     "the episode lasts to its horizon",
		Threshold:   950,
		alive:       func(p, next []float64) bool { return math.Abs(next[pendulumAngle]) <= p[maxAngle] },
		success:     survival,
	}
}
