package task

import (
	"fmt"
	"math"
)

// Observation of dclaw_turn, as far as reward and success use it.
const (
	dclawAngles     = 0 // of the nine claw joints
	dclawVelocities = 9
	dclawValve      = 18 // cosine, sine
	dclawError      = 30
	dclawJoints     = 9
)

// dclawBend is π/3 as NumPy computes it, one rounding below the nearest number.
const dclawBend = 1.0471975511965976

// Parameters of dclaw_turn.
const (
	dclawErrorCost = iota
	dclawPoseCost
	dclawVelocityCost
	dclawMinVelocity
	dclawNear
	dclawNearBonus
	dclawSuccess
	dclawSuccessBonus
)

// dclawTurn follows ROBEL DClawTurnRandom-v0 (robel 5b0fd37). Its default
// observation is extended by the velocities of claw and valve, two of its optional
// keys in its own order, since its reward cannot be computed without them.
//
// An action sets the servos' target angles within ±0.48, ±π/3 and ±π/2 rad of a
// finger's top, middle and bottom joint, and no target is further from its joint
// than 2π/3 rad/s would turn it within a step: the target is rebuilt from joint and
// action at every step, so the last action carries no hidden state. It is in the
// observation because it is in the original's; a model need not predict it.
//
// The success of an episode is ours; that of a step is ROBEL's.
func dclawTurn() *Task {
	action := dclawAction()
	return &Task{
		Name: "dclaw_turn", Title: "Three-fingered claw turning a valve",
		Source:    "ROBEL DClawTurnRandom-v0, observation extended by velocities",
		Simulator: MuJoCo, Timestep: 0.0025, FrameSkip: 40, Horizon: 40,
		Observation: dclawObservation(action),
		Action:      action,
		Pose:        []float64{0, -dclawBend, dclawBend, 0, -dclawBend, dclawBend, 0, -dclawBend, dclawBend, 0},
		Velocities:  10,
		Reset: []Draw{
			{Name: "valve", Into: Position, First: 9, Count: 1, Distribution: Uniform, Low: -math.Pi / 3, High: math.Pi / 3},
			{Name: "target", Into: GoalNumber, Count: 1, Distribution: Uniform, Low: 2 * math.Pi / 3, High: 4 * math.Pi / 3},
		},
		Parameters: []Parameter{
			{"error_cost", "1/rad", "weight of the angle between valve and target", 5},
			{"pose_cost", "1/rad", "weight of the claw's distance from its first pose", 1},
			{"velocity_cost", "s/rad", "weight of the velocities that count", 1},
			{"min_velocity", "rad/s", "slower joints do not count", 0.5},
			{"near", "rad", "the error is small below this", 0.25},
			{"near_bonus", "", "reward of a small error", 10},
			{"success_angle", "rad", "a step succeeds if the error is below this", 0.1},
			{"success_bonus", "", "reward of a successful step, besides near_bonus", 50},
		},
		Terms:       dclawTerms(),
		Termination: "never",
		Success:     "|target error| below success_angle at the last step",
		Measures: []Measure{
			{Name: "angle error", Unit: "rad", Formula: "|target error'|", of: func(next []float64) float64 { return math.Abs(next[dclawError]) }},
			{Name: "valve angle", Unit: "rad", Formula: "atan2(valve sin', valve cos')", Circular: true, of: func(next []float64) float64 {
				return math.Atan2(next[dclawValve+1], next[dclawValve])
			}},
		},
		retarget: dclawRetarget,
		achieved: func(p, next []float64) bool { return math.Abs(next[dclawError]) < p[dclawSuccess] },
		success:  atEnd,
	}
}

func dclawTerms() []Term {
	bonus := func(name, formula string, angle, size int) Term {
		return Term{name, formula, func(p, _, _, next []float64) float64 {
			if math.Abs(next[dclawError]) < p[angle] {
				return p[size]
			}
			return 0
		}}
	}
	return []Term{
		{"error", "-error_cost·|target error'|", func(p, _, _, next []float64) float64 {
			return -p[dclawErrorCost] * math.Abs(next[dclawError])
		}},
		{"pose", "-pose_cost·|claw angles' - first pose|", dclawPose},
		{"velocity", "-velocity_cost·|claw rates' of at least min_velocity|", dclawVelocity},
		bonus("near", "near_bonus if |target error'| < near", dclawNear, dclawNearBonus),
		bonus("success", "success_bonus if |target error'| < success_angle", dclawSuccess, dclawSuccessBonus),
	}
}

// dclawRetarget finds the target's angle from the valve's and the error.
func dclawRetarget(obs, goal []float64) {
	valve := func(obs []float64) float64 { return math.Atan2(obs[dclawValve+1], obs[dclawValve]) }
	turn := goal[dclawError] + valve(goal) - valve(obs)
	obs[dclawError] = turn - 2*math.Pi*math.Floor((turn+math.Pi)/(2*math.Pi))
}

// dclawPose is the cost of the claw's distance from its pose after a reset, in
// which every finger is at (0, -π/3, π/3).
func dclawPose(p, _, _, next []float64) float64 {
	rest := [3]float64{0, -dclawBend, dclawBend}
	sum := 0.0
	for i, q := range next[dclawAngles : dclawAngles+dclawJoints] {
		d := q - rest[i%3]
		sum += d * d
	}
	return -p[dclawPoseCost] * math.Sqrt(sum)
}

func dclawVelocity(p, _, _, next []float64) float64 {
	sum := 0.0
	for _, v := range next[dclawVelocities : dclawVelocities+dclawJoints] {
		if math.Abs(v) >= p[dclawMinVelocity] {
			sum += v * v
		}
	}
	return -p[dclawVelocityCost] * math.Sqrt(sum)
}

// eachClawJoint visits the joints by finger, in the order of model and action.
func eachClawJoint(visit func(name, joint string)) {
	for i, finger := range []string{"FF", "MF", "TH"} {
		for k, part := range []string{"top", "middle", "bottom"} {
			visit(fmt.Sprintf("finger %d %s", i+1, part), fmt.Sprintf("%sJ%d%d", finger, i+1, k))
		}
	}
}

func dclawAction() []Entry {
	var entries []Entry
	eachClawJoint(func(name, joint string) { entries = append(entries, servo(name+" target", joint)) })
	return entries
}

func dclawObservation(action []Entry) []Entry {
	var entries []Entry
	eachClawJoint(func(name, joint string) {
		entries = append(entries, free(name+" angle", "rad", Place{Field: Position, Element: joint}))
	})
	eachClawJoint(func(name, joint string) {
		entries = append(entries, free(name+" rate", "rad/s", Place{Field: Velocity, Element: joint}))
	})
	entries = append(entries,
		direction("valve cos", Place{Field: Computed, Element: "cos(qpos valve)", Index: 0}),
		direction("valve sin", Place{Field: Computed, Element: "sin(qpos valve)", Index: 1}),
		free("valve rate", "rad/s", Place{Field: Velocity, Element: "valve"}))
	entries = append(entries, taken(action)...)
	return append(entries, wrapped("target error", Place{Field: Computed, Element: "goal[0] - qpos valve, wrapped", Index: 2}).inert())
}
