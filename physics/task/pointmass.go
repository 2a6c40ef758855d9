package task

import "math"

// Observation of pointmass.
const (
	pointmassX = iota
	pointmassY
	pointmassVX
	pointmassVY
	pointmassGoalX
	pointmassGoalY
)

// Parameters of pointmass.
const (
	pointmassControlCost = iota
	pointmassSuccessDistance
)

// pointmass is a mass of 1 kg in the plane that a force has to bring to a goal:
// the smallest task with a goal, for tests and first runs. It is our own.
func pointmass() *Task {
	goal := func(name string, i int) Entry {
		return constant(name, "m", Place{Field: GoalNumber, Index: i})
	}
	return &Task{
		Name: "pointmass", Title: "Point mass in the plane", Source: "palmal pointmass v1",
		Simulator: Go, Timestep: 0.1, FrameSkip: 1, Horizon: 50,
		Observation: []Entry{
			free("x", "m", Place{Field: Position, Index: 0}),
			free("y", "m", Place{Field: Position, Index: 1}),
			free("x velocity", "m/s", Place{Field: Velocity, Index: 0}),
			free("y velocity", "m/s", Place{Field: Velocity, Index: 1}),
			goal("goal x", 0),
			goal("goal y", 1),
		},
		Action: []Entry{
			{Name: "x force", Unit: "N", Low: -1, High: 1, From: Place{Field: Control, Index: 0}},
			{Name: "y force", Unit: "N", Low: -1, High: 1, From: Place{Field: Control, Index: 1}},
		},
		Pose: []float64{0, 0}, Velocities: 2,
		Reset: []Draw{
			{Name: "position", Into: Position, Count: 2, Distribution: Uniform, Low: -0.1, High: 0.1},
			{Name: "goal", Into: GoalNumber, Count: 2, Distribution: Uniform, Low: -1, High: 1},
		},
		Parameters: []Parameter{
			{"control_cost", "1/N²", "weight of the squared force", 0.01},
			{"success_distance", "m", "an episode succeeds if it ends nearer than this to the goal", 0.1},
		},
		Terms: []Term{
			{"distance", "-|position' - goal|", func(_, _, _, next []float64) float64 { return -pointmassDistance(next) }},
			{"control", "-control_cost·|a|²", func(p, _, act, _ []float64) float64 { return -p[pointmassControlCost] * squares(act) }},
		},
		Termination: "never",
		Success:     "distance to the goal below success_distance at the last step",
		Measures:    []Measure{{Name: "distance", Unit: "m", Formula: "|position' - goal|", of: pointmassDistance}},
		retarget:    func(obs, goal []float64) { copy(obs[pointmassGoalX:], goal[pointmassGoalX:]) },
		achieved: func(p, next []float64) bool {
			return pointmassDistance(next) < p[pointmassSuccessDistance]
		},
		success: atEnd,
	}
}

func pointmassDistance(obs []float64) float64 {
	return math.Hypot(obs[pointmassX]-obs[pointmassGoalX], obs[pointmassY]-obs[pointmassGoalY])
}
