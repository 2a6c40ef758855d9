package task

import "math"

// Observation of cartpole.
const (
	cartpolePosition = iota
	cartpoleAngle
	cartpoleVelocity
	cartpoleRate
)

// Parameters of cartpole.
const (
	cartpoleMaxAngle = iota
	cartpoleMaxPosition
)

// cartpole is the cart and pole of Barto, Sutton and Anderson, "Neuronlike
// adaptive elements that can solve difficult learning control problems" (1983),
// with a continuous force and, as in gym CartPole-v0, without friction. Start
// states and horizon are gym's too; the order of the observation is ours.
func cartpole() *Task {
	return &Task{
		Name: "cartpole", Title: "Cart and pole", Source: "Barto, Sutton, Anderson 1983; gym CartPole-v0",
		Simulator: Go, Timestep: 0.02, FrameSkip: 1, Horizon: 200,
		Observation: []Entry{
			free("cart position", "m", Place{Field: Position, Index: 0}),
			free("pole angle", "rad", Place{Field: Position, Index: 1}),
			free("cart velocity", "m/s", Place{Field: Velocity, Index: 0}),
			free("pole rate", "rad/s", Place{Field: Velocity, Index: 1}),
		},
		Action: []Entry{
			{Name: "force", Unit: "10 N", Low: -1, High: 1, From: Place{Field: Control, Index: 0}},
		},
		Pose: []float64{0, 0}, Velocities: 2,
		Reset: []Draw{
			{Name: "position", Into: Position, Count: 2, Distribution: Uniform, Low: -0.05, High: 0.05},
			{Name: "velocity", Into: Velocity, Count: 2, Distribution: Uniform, Low: -0.05, High: 0.05},
		},
		Parameters: []Parameter{
			{"max_angle", "rad", "the pole has fallen beyond this", 12 * math.Pi / 180},
			{"max_position", "m", "the track ends here", 2.4},
		},
		Terms: []Term{
			{"alive", "1", func(_, _, _, _ []float64) float64 { return 1 }},
		},
		Termination: "|pole angle'| > max_angle or |cart position'| > max_position",
		Success:     "the episode lasts to its horizon",
		Threshold:   195,
		alive: func(p, next []float64) bool {
			return math.Abs(next[cartpoleAngle]) <= p[cartpoleMaxAngle] &&
				math.Abs(next[cartpolePosition]) <= p[cartpoleMaxPosition]
		},
		success: survival,
	}
}
