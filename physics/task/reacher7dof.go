package task

import "math"

// Observation of reacher7dof, as far as reward and success use it.
const (
	reacherTip  = 14 // x, y, z
	reacherGoal = 17
)

// Parameters of reacher7dof.
const (
	reacherL1Cost = iota
	reacherL2Cost
	reacherMaxEntry
	reacherSuccess
)

// reacher7dof follows mjrl_reacher_7dof-v0 (mjrl 3871d93): seven torques move the
// tip of an arm without gravity to a point. Joint velocities are in rad per
// environment step, and the tip is where it was one simulation step before, since
// the original reads what the simulator leaves behind. It has no success; ours is
// the tip within the radius of the displayed target.
func reacher7dof() *Task {
	return &Task{
		Name: "reacher7dof", Title: "Seven-jointed arm reaching a point",
		Source:    "mjrl mjrl_reacher_7dof-v0",
		Simulator: MuJoCo, Timestep: 0.01, FrameSkip: 4, Horizon: 50,
		Observation: reacherObservation(),
		Action:      reacherAction(),
		Pose:        make([]float64, 7), Velocities: 7,
		Reset: []Draw{
			{Name: "target_x", Into: GoalNumber, First: 0, Count: 1, Distribution: Uniform, Low: -0.3, High: 0.3},
			{Name: "target_y", Into: GoalNumber, First: 1, Count: 1, Distribution: Uniform, Low: -0.2, High: 0.2},
			{Name: "target_z", Into: GoalNumber, First: 2, Count: 1, Distribution: Uniform, Low: -0.25, High: 0.25},
		},
		Parameters: []Parameter{
			{"l1_cost", "1/m", "weight of the distance along the axes", 1},
			{"l2_cost", "1/m", "weight of the distance", 5},
			{"max_entry", "m", "positions are clipped to ± this in the reward", 10},
			{"success_distance", "m", "a step succeeds if the tip is nearer than this to the target", 0.05},
		},
		Terms: []Term{
			{"l1", "-l1_cost·(|dx'| + |dy'| + |dz'|)", func(p, _, _, next []float64) float64 {
				d := reacherOffset(p, next)
				return -p[reacherL1Cost] * (math.Abs(d[0]) + math.Abs(d[1]) + math.Abs(d[2]))
			}},
			{"l2", "-l2_cost·|d'|", func(p, _, _, next []float64) float64 {
				d := reacherOffset(p, next)
				return -p[reacherL2Cost] * math.Sqrt(squares(d[:]))
			}},
		},
		Termination: "never",
		Success:     "the tip within success_distance of the target at the last step",
		Measures:    []Measure{{Name: "distance", Unit: "m", Formula: "|tip' - target|", of: reacherDistance}},
		retarget:    func(obs, goal []float64) { copy(obs[reacherGoal:], goal[reacherGoal:]) },
		achieved:    func(p, next []float64) bool { return reacherDistance(next) < p[reacherSuccess] },
		success:     atEnd,
	}
}

// reacherOffset returns tip − target with the entries clipped, as in the reward.
func reacherOffset(p, next []float64) (d [3]float64) {
	clip := func(x float64) float64 { return min(max(x, -p[reacherMaxEntry]), p[reacherMaxEntry]) }
	for i := range d {
		d[i] = clip(next[reacherTip+i]) - clip(next[reacherGoal+i])
	}
	return d
}

func reacherDistance(obs []float64) float64 {
	sum := 0.0
	for i := range 3 {
		d := obs[reacherTip+i] - obs[reacherGoal+i]
		sum += d * d
	}
	return math.Sqrt(sum)
}

// eachReacherJoint visits the joints from the shoulder on; actuators are named as
// the joints, without "_joint".
func eachReacherJoint(visit func(i int, name, actuator string)) {
	actuators := []string{"r_shoulder_pan", "r_shoulder_lift", "r_upper_arm_roll", "r_elbow_flex",
		"r_forearm_roll", "r_wrist_flex", "r_wrist_roll"}
	for i, name := range []string{"shoulder pan", "shoulder lift", "upper arm roll", "elbow flex",
		"forearm roll", "wrist flex", "wrist roll"} {
		visit(i, name, actuators[i])
	}
}

func reacherObservation() []Entry {
	var angles, rates []Entry
	eachReacherJoint(func(i int, name, actuator string) {
		joint := actuator + "_joint"
		angles = append(angles, free(name+" angle", "rad", Place{Field: Position, Element: joint}))
		rates = append(rates, free(name+" rate", "rad/step", Place{Field: Computed, Element: "qvel " + joint + "·dt", Index: i}))
	})
	entries := append(angles, rates...)
	for i, axis := range []string{"x", "y", "z"} {
		entries = append(entries, free("tip "+axis, "m", Place{Field: SiteXYZ, Element: "finger", Index: i}))
	}
	for i, axis := range []string{"x", "y", "z"} {
		entries = append(entries, constant("target "+axis, "m", Place{Field: GoalNumber, Index: i}))
	}
	return entries
}

func reacherAction() []Entry {
	var entries []Entry
	eachReacherJoint(func(i int, name, actuator string) {
		unit := "10 N·m"
		if i == 0 {
			unit = "20 N·m"
		}
		entries = append(entries, motor(name+" torque", unit, 1, actuator))
	})
	return entries
}
