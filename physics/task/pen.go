package task

import "math"

// Observation of pen, as far as reward, termination and success use it.
const (
	penHeight  = 26
	penAxis    = 33 // x, y, z
	penDesired = 36 // x, y, z
	penOffset  = 39 // x, y, z
	penError   = 42 // x, y, z
)

// Parameters of pen.
const (
	penNear = iota
	penAligned
	penAlignedBonus
	penWellAligned
	penSuccessBonus
	penMinHeight
	penDropCost
	penSuccessSteps
)

// pen follows pen-v0 (mj_envs 0539d5c; Adroit c98c9c9): a hand turns a pen until it
// points as a target does. The action box is ±1, that of the environment since
// December 2020. It ends when the pen is dropped, which Gymnasium-Robotics' copy does
// not. Positions of pen and axis are those of one simulation step before, since the
// original reads what the simulator leaves behind.
//
// The original's observation of 45 entries is extended by the velocities of the hand's
// joints, which the paper's has (its appendix B, the in-hand task): they are
// part of the state, and no model of single transitions can know them otherwise.
//
// Where the original has the rates of the pen's three hinges, this has its angular velocity. The hinges
// are in series, and the first and the last are parallel where the pen is upright, as it is on the way
// to most targets: there the rates have no bounds, and behind it the same motion has the rates of one
// sign or of the other, by the side on which the pen came by, which no entry tells.
func pen() *Task {
	return &Task{
		Name: "pen", Title: "Hand turning a pen",
		Source:    "mj_envs pen-v0, observation with other velocities",
		Simulator: MuJoCo, Timestep: 0.002, FrameSkip: 5, Horizon: 100,
		Observation: penObservation(),
		Action:      penAction(),
		Pose:        make([]float64, 30), Velocities: 30,
		Reset: []Draw{ // the target is turned about x by the first number, then about its y by the second
			{Name: "target_x", Into: GoalNumber, First: 0, Count: 1, Distribution: Uniform, Low: -1, High: 1},
			{Name: "target_y", Into: GoalNumber, First: 1, Count: 1, Distribution: Uniform, Low: -1, High: 1},
		},
		Parameters: []Parameter{
			{"near", "m", "the pen is in place if it is nearer than this", 0.075},
			{"aligned", "", "cosine above which the pen is roughly aligned", 0.9},
			{"aligned_bonus", "", "reward of a pen in place and roughly aligned", 10},
			{"well_aligned", "", "cosine above which the pen is aligned", 0.95},
			{"success_bonus", "", "reward of a pen in place and aligned, besides aligned_bonus", 50},
			{"min_height", "m", "the pen has been dropped below this", 0.075},
			{"drop_cost", "", "cost of having dropped the pen", 5},
			{"success_steps", "", "an episode succeeds with more successful steps than this", 20},
		},
		Terms:       penTerms(),
		Termination: "pen height' < min_height",
		Success:     "more than success_steps steps with the pen in place and aligned",
		Measures:    []Measure{{Name: "alignment", Formula: "pen axis'·desired axis", of: penAlignment}},
		retarget:    penRetarget,
		alive:       func(p, next []float64) bool { return !(next[penHeight] < p[penMinHeight]) },
		achieved:    func(p, next []float64) bool { return penHeld(p, next, penWellAligned) },
		success: func(p []float64, e Episode) float64 {
			if float64(e.Achieved) > p[penSuccessSteps] {
				return 1
			}
			return 0
		},
	}
}

func penTerms() []Term {
	return []Term{
		{"distance", "-|pen offset'|", func(_, _, _, next []float64) float64 { return -penDistance(next) }},
		{"alignment", "pen axis'·desired axis", func(_, _, _, next []float64) float64 { return penAlignment(next) }},
		{"aligned", "aligned_bonus if |pen offset'| < near and alignment' > aligned", func(p, _, _, next []float64) float64 {
			if penHeld(p, next, penAligned) {
				return p[penAlignedBonus]
			}
			return 0
		}},
		{"success", "success_bonus if |pen offset'| < near and alignment' > well_aligned", func(p, _, _, next []float64) float64 {
			if penHeld(p, next, penWellAligned) {
				return p[penSuccessBonus]
			}
			return 0
		}},
		{"drop", "-drop_cost if pen height' < min_height", func(p, _, _, next []float64) float64 {
			if next[penHeight] < p[penMinHeight] {
				return -p[penDropCost]
			}
			return 0
		}},
	}
}

// penHeld tells whether the pen is in place with at least the alignment of that
// parameter.
func penHeld(p, next []float64, alignment int) bool {
	return penDistance(next) < p[penNear] && penAlignment(next) > p[alignment]
}

func penRetarget(obs, goal []float64) {
	for i := range 3 {
		obs[penDesired+i] = goal[penDesired+i]
		obs[penError+i] = obs[penAxis+i] - obs[penDesired+i]
	}
}

func penDistance(obs []float64) float64 {
	return math.Sqrt(squares(obs[penOffset : penOffset+3]))
}

func penAlignment(obs []float64) float64 {
	sum := 0.0
	for i := range 3 {
		sum += obs[penAxis+i] * obs[penDesired+i]
	}
	return sum
}

// penJoints are the hand's joints in the order of model, observation and action:
// wrist, then first, middle, ring and little finger and thumb.
func penJoints() []string {
	return []string{"WRJ1", "WRJ0", "FFJ3", "FFJ2", "FFJ1", "FFJ0", "MFJ3", "MFJ2", "MFJ1", "MFJ0", "RFJ3", "RFJ2",
		"RFJ1", "RFJ0", "LFJ4", "LFJ3", "LFJ2", "LFJ1", "LFJ0", "THJ4", "THJ3", "THJ2", "THJ1", "THJ0"}
}

func penAction() []Entry {
	var entries []Entry
	for _, joint := range penJoints() {
		entries = append(entries, servo(joint+" target", "A_"+joint))
	}
	return entries
}

func penObservation() []Entry {
	var entries []Entry
	for _, joint := range penJoints() {
		entries = append(entries, free(joint+" angle", "rad", Place{Field: Position, Element: joint}))
	}
	axes := []string{"x", "y", "z"}
	for i, axis := range axes {
		entries = append(entries, free("pen "+axis, "m", Place{Field: BodyXYZ, Element: "Object", Index: i}))
	}
	for _, axis := range axes {
		entries = append(entries, free("pen velocity T"+axis, "m/s", Place{Field: Velocity, Element: "OBJT" + axis}))
	}
	for i, axis := range axes {
		entries = append(entries, free("pen angular velocity "+axis, "rad/s", Place{Field: Computed, Element: axis + " of the pen's angular velocity in the world", Index: 12 + i}))
	}
	for i, axis := range axes {
		entries = append(entries, direction("pen axis "+axis, Place{Field: Computed, Element: axis + " of the pen's axis", Index: i}))
	}
	for i, axis := range axes {
		e := constant("desired axis "+axis, "", Place{Field: Computed, Element: axis + " of the target's axis", Index: 3 + i})
		e.Low, e.High = -1, 1
		entries = append(entries, e)
	}
	for i, axis := range axes {
		entries = append(entries, free("pen offset "+axis, "m", Place{Field: Computed, Element: axis + " of xpos Object - site_xpos eps_ball", Index: 6 + i}))
	}
	for i, axis := range axes {
		entries = append(entries, free("axis error "+axis, "", Place{Field: Computed, Element: axis + " of pen axis - desired axis", Index: 9 + i}).inert())
	}
	for _, joint := range penJoints() {
		entries = append(entries, free(joint+" velocity", "rad/s", Place{Field: Velocity, Element: joint}))
	}
	return entries
}
