package task

import (
	"fmt"
	"math"
)

// Observation of dkitty_orient, as far as reward, termination and success use it.
const (
	dkittyPosition = 0 // x, y, z
	dkittyUpright  = 48
	dkittyFacing   = 49 // x, y
	dkittyDesired  = 51 // x, y
)

// Parameters of dkitty_orient.
const (
	dkittyMinUpright = iota
	dkittyUprightReward
	dkittyFallCost
	dkittyErrorCost
	dkittyDistanceCost
	dkittyNear
	dkittySteady
	dkittyNearBonus
	dkittySuccess
	dkittySuccessBonus
)

// dkittyOrient follows ROBEL DKittyOrientRandom-v0 (robel 5b0fd37), two of whose
// lines do not what their comments say, and are kept: the distance cost counts all
// three coordinates, since its slice is that of the batch, and the small bonus is
// paid once, since adding NumPy booleans is a logical or.
//
// An action sets the servos' target angles within their ranges; no target is further
// from its joint than π rad/s would turn it within a step.
//
// The desired facing is the unit vector from the torso to a point fixed in the world,
// 1 m from the origin: it turns by a tenth of a radian when the torso moves by 0.1 m,
// more than the error that success allows. So it is predicted, as a unit vector, not
// held constant. The current facing is the horizontal part of the torso's y axis; it
// is shorter than 1 where the torso leans, so it is predicted as it is.
//
// The success of an episode is ours; that of a step is ROBEL's.
func dkittyOrient() *Task {
	action := dkittyAction()
	return &Task{
		Name: "dkitty_orient", Title: "Four-legged robot turning on the spot", Source: "ROBEL DKittyOrientRandom-v0",
		Simulator: MuJoCo, Timestep: 0.0025, FrameSkip: 40, Horizon: 80,
		Observation: dkittyObservation(action),
		Action:      action,
		Pose:        make([]float64, 18), Velocities: 18,
		Reset: []Draw{
			{Name: "heading", Into: Position, First: 5, Count: 1, Distribution: Uniform, Low: -math.Pi / 3, High: math.Pi / 3},
			{Name: "target", Into: GoalNumber, Count: 1, Distribution: Uniform, Low: 2 * math.Pi / 3, High: 4 * math.Pi / 3},
		},
		Parameters: []Parameter{
			{"min_upright", "", "the robot has fallen below this", 0.9},
			{"upright_reward", "", "reward of standing straight", 2},
			{"fall_cost", "", "cost of having fallen", 500},
			{"error_cost", "1/rad", "weight of the angle between facing and target", 4},
			{"distance_cost", "1/m", "weight of the torso's distance from where it started", 4},
			{"near", "rad", "the angle is small below this", 0.26},
			{"steady", "", "the torso is level above this", 0.96},
			{"near_bonus", "", "reward of a small angle or a level torso", 5},
			{"success_angle", "rad", "a step succeeds if the angle is below this and the torso is level", 0.087},
			{"success_bonus", "", "reward of a successful step", 10},
		},
		Terms:       dkittyTerms(),
		Termination: "upright' < min_upright",
		Success:     "angle to the target below success_angle with a level torso at the last step, without a fall",
		Measures: []Measure{
			{Name: "angle error", Unit: "rad", Formula: "angle'", of: dkittyAngle},
			{Name: "facing", Unit: "rad", Formula: "atan2(facing y', facing x')", Circular: true, of: func(next []float64) float64 {
				return math.Atan2(next[dkittyFacing+1], next[dkittyFacing])
			}},
		},
		alive:    func(p, next []float64) bool { return !(next[dkittyUpright] < p[dkittyMinUpright]) },
		achieved: dkittyAchieved,
		retarget: dkittyRetarget,
		success:  atEnd,
	}
}

func dkittyTerms() []Term {
	return []Term{
		{"upright", "upright_reward·(upright' - min_upright)/(1 - min_upright)", func(p, _, _, next []float64) float64 {
			return p[dkittyUprightReward] * (next[dkittyUpright] - p[dkittyMinUpright]) / (1 - p[dkittyMinUpright])
		}},
		{"fall", "-fall_cost if upright' < min_upright", func(p, _, _, next []float64) float64 {
			if next[dkittyUpright] < p[dkittyMinUpright] {
				return -p[dkittyFallCost]
			}
			return 0
		}},
		{"error", "-error_cost·angle'", func(p, _, _, next []float64) float64 {
			return -p[dkittyErrorCost] * dkittyAngle(next)
		}},
		{"distance", "-distance_cost·|position'|", func(p, _, _, next []float64) float64 {
			return -p[dkittyDistanceCost] * math.Sqrt(squares(next[dkittyPosition:dkittyPosition+3]))
		}},
		{"near", "near_bonus if angle' < near or upright' > steady", func(p, _, _, next []float64) float64 {
			if next[dkittyUpright] > p[dkittySteady] || dkittyAngle(next) < p[dkittyNear] {
				return p[dkittyNearBonus]
			}
			return 0
		}},
		{"success", "success_bonus if angle' < success_angle and upright' > steady", func(p, _, _, next []float64) float64 {
			if dkittyAchieved(p, next) {
				return p[dkittySuccessBonus]
			}
			return 0
		}},
	}
}

func dkittyAchieved(p, next []float64) bool {
	return next[dkittyUpright] > p[dkittySteady] && dkittyAngle(next) < p[dkittySuccess]
}

// dkittyAngle returns the angle between current and desired facing in [0, π]. ROBEL
// takes the arccosine of the normalised product; this is the same angle without its
// loss of digits near 0 and π, and needs no lengths.
func dkittyAngle(obs []float64) float64 {
	x, y := obs[dkittyFacing], obs[dkittyFacing+1]
	u, v := obs[dkittyDesired], obs[dkittyDesired+1]
	return math.Atan2(math.Abs(x*v-y*u), x*u+y*v)
}

// dkittyRetarget finds the target where the line of sight of goal leaves the circle of 1 m about the origin.
func dkittyRetarget(obs, goal []float64) {
	x, y, u, v := goal[dkittyPosition], goal[dkittyPosition+1], goal[dkittyDesired], goal[dkittyDesired+1]
	along := x*u + y*v
	far := -along + math.Sqrt(max(0, along*along+1-x*x-y*y))
	dx, dy := x+far*u-obs[dkittyPosition], y+far*v-obs[dkittyPosition+1]
	length := math.Hypot(dx, dy)
	obs[dkittyDesired], obs[dkittyDesired+1] = dx/length, dy/length
}

// eachKittyJoint visits the leg joints in the order of model and action.
func eachKittyJoint(visit func(name, joint string)) {
	legs := []string{"front right", "front left", "back left", "back right"}
	for i, leg := range []string{"FR", "FL", "BL", "BR"} {
		for k, part := range []string{"hip", "knee", "foot"} {
			visit(legs[i]+" "+part, fmt.Sprintf("A:%sJ%d%d", leg, i+1, k))
		}
	}
}

func dkittyAction() []Entry {
	var entries []Entry
	eachKittyJoint(func(name, joint string) { entries = append(entries, servo(name+" target", joint)) })
	return entries
}

func dkittyObservation(action []Entry) []Entry {
	var entries []Entry
	for _, axis := range []string{"x", "y", "z"} {
		entries = append(entries, free("torso "+axis, "m", Place{Field: Position, Element: "T" + axis}))
	}
	for i, axis := range []string{"x", "y", "z"} {
		entries = append(entries, wrapped("torso r"+axis, Place{Field: Computed, Element: "Euler angle " + axis + " of xmat kitty_frame", Index: i}))
	}
	eachKittyJoint(func(name, joint string) {
		entries = append(entries, free(name+" angle", "rad", Place{Field: Position, Element: joint}))
	})
	for _, axis := range []string{"x", "y", "z"} {
		entries = append(entries, free("torso "+axis+" velocity", "m/s", Place{Field: Velocity, Element: "T" + axis}))
	}
	for _, axis := range []string{"x", "y", "z"} {
		entries = append(entries, free("torso r"+axis+" rate", "rad/s", Place{Field: Velocity, Element: "R" + axis}))
	}
	eachKittyJoint(func(name, joint string) {
		entries = append(entries, free(name+" rate", "rad/s", Place{Field: Velocity, Element: joint}))
	})
	entries = append(entries, taken(action)...)
	level := func(name, formula string, i int) Entry {
		e := free(name, "", Place{Field: Computed, Element: formula, Index: i})
		e.Low, e.High = -1, 1
		return e
	}
	return append(entries,
		level("upright", "xmat kitty_frame[z,z]", 3),
		level("facing x", "xmat kitty_frame[x,y]", 4),
		level("facing y", "xmat kitty_frame[y,y]", 5),
		direction("desired facing x", Place{Field: Computed, Element: "x from torso to target", Index: 6}),
		direction("desired facing y", Place{Field: Computed, Element: "y from torso to target", Index: 7}))
}
