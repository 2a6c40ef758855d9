package physics

import (
	"math"

	"github.com/palmal-rl/palmal/physics/task"
)

// layout is how recordings of a task are laid out: which of the task's own numbers
// each recorded number is.
type layout struct {
	qpos, qvel []int          // own index, or ignored
	obs        []int          // own entry, zero, or ignored where it is one of
	velocities map[int]int    // recorded entries that are velocities of the state
	rates      map[string]int // extra recorded lists, and the observation entry that each is
	success    string         // the list of successes
	goal       func(f *fields, t *task.Task) []float64
	bounds     Fields // within which recordings replay
}

// Recorded numbers that are none of the task's own.
const (
	ignored = -1 // whatever they are
	zero    = -2 // have to be 0
)

// layoutOf returns the layout of a task's recordings. Those of gym lack x_vel.
func layoutOf(t *task.Task) layout {
	l := layout{
		qpos: indices(0, len(t.Pose)), qvel: indices(0, t.Velocities),
		rates: map[string]int{}, success: "success", goal: goalByDraw,
		bounds: Fields{1e-9, 1e-9, 1e-9, 1e-9},
	}
	for i, e := range t.Observation {
		if e.From.Rate {
			l.rates[e.Name] = i
		} else {
			l.obs = append(l.obs, i)
		}
	}
	switch t.Name {
	case "ant": // gym's observation ends with 84 contact forces
		for range 84 {
			l.obs = append(l.obs, zero)
		}
		// Contacts amplify rounding; the inputs of recordings are rounded too.
		l.bounds = Fields{Qpos: 1e-3, Qvel: 2e-2, Obs: 2e-2, Reward: 2e-2}
	case "dclaw_turn":
		l.dclaw()
	case "dkitty_orient":
		l.goal = goalNamed("target_angle")
		// The points of the torso's meshes are known to 4e-9 m; a fallen robot lies on them.
		l.bounds = Fields{1e-6, 1e-6, 1e-6, 1e-6}
	case "reacher7dof":
		l.goal = goalNamed("target_pos")
	case "pen":
		l.success, l.goal = "goal_achieved", penGoal
		l.obs = indices(0, 45) // the original's; the velocities of the hand are in qvel
		l.velocities = map[int]int{30: 27, 31: 28, 32: 29}
		for entry := range l.velocities { // rates of the pen's hinges, instead of which the task has its angular velocity
			l.obs[entry] = ignored
		}
	}
	return l
}

// dclaw sets the layout of ROBEL's own observation of 21 entries, and of a state in
// which the nine joints of a claw for display stand between claw and valve.
func (l *layout) dclaw() {
	joints := indices(0, 9)
	for range 9 {
		joints = append(joints, ignored)
	}
	l.qpos = append(joints, 9)
	l.qvel = l.qpos
	l.obs = append(indices(0, 9), 18, 19)    // angles; cos and sin of the valve
	l.obs = append(l.obs, indices(21, 9)...) // last action
	l.obs = append(l.obs, 30)                // target error
	l.goal = goalNamed("target_angle")
}

// indices returns n numbers from first on.
func indices(first, n int) []int {
	x := make([]int, n)
	for i := range x {
		x[i] = first + i
	}
	return x
}

// own returns n numbers of the task's own from recorded ones.
func own(layout []int, recorded []float64, n int) []float64 {
	x := make([]float64, n)
	for i, to := range layout {
		if to != ignored && i < len(recorded) {
			x[to] = recorded[i]
		}
	}
	return x
}

// compare calls differ for every recorded entry with the world's value for it.
func (l layout) compare(recorded, own, qvel []float64, differ func(entry int, recorded, own float64)) {
	for i, entry := range l.obs {
		velocity, ofState := l.velocities[i]
		switch {
		case ofState:
			differ(i, recorded[i], qvel[velocity])
		case entry == zero:
			differ(i, recorded[i], 0)
		default:
			differ(i, recorded[i], own[entry])
		}
	}
}

// goalByDraw returns the goal numbers of the episode: in the field goal, one list of
// numbers for each of the task's draws of goals, by the draw's name.
func goalByDraw(f *fields, t *task.Task) []float64 {
	goal := make([]float64, goals(t))
	if len(goal) == 0 {
		return goal
	}
	f.inside("goal", func(drawn *fields) {
		for _, d := range t.Reset {
			if d.Into == task.GoalNumber {
				copy(goal[d.First:], drawn.vector(d.Name, d.Count))
			}
		}
	})
	return goal
}

// goalNamed returns a reader of goal numbers that stand in the field goal under one
// name, as a list, or as a number if there is one.
func goalNamed(name string) func(*fields, *task.Task) []float64 {
	return func(f *fields, t *task.Task) (goal []float64) {
		f.inside("goal", func(drawn *fields) {
			if n := goals(t); n > 1 {
				goal = drawn.vector(name, n)
			} else {
				goal = []float64{drawn.number(name)}
			}
		})
		return goal
	}
}

// penGoal returns the two angles of which pen-v0 makes the desired quaternion
// (cos ex/2·cos ey/2, sin ex/2·cos ey/2, cos ex/2·sin ey/2, sin ex/2·sin ey/2).
func penGoal(f *fields, _ *task.Task) (goal []float64) {
	f.inside("goal", func(drawn *fields) {
		if q := drawn.vector("desired_orien_quat", 4); q != nil {
			goal = []float64{2 * math.Atan2(q[1], q[0]), 2 * math.Atan2(q[2], q[0])}
		}
	})
	return goal
}
