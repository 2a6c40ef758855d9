package task

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
)

// Place is a number in the state of a simulator.
type Place struct {
	Field   string // see the constants
	Element string // name of the joint, body, site or actuator; "" if Index counts through the whole field
	Index   int
	Rate    bool // (value after − value before)/dt of an environment step instead of the value; 0 after a reset
}

// Fields of a Place.
const (
	Position     = "qpos"        // generalised positions, by joint
	Velocity     = "qvel"        // generalised velocities, by joint
	BodyXYZ      = "xpos"        // position of a body's frame in the world, lagging as the simulator leaves it
	BodyQuat     = "xquat"       // quaternion of a body's frame (w, x, y, z), lagging likewise
	BodyMatrix   = "xmat"        // rotation matrix of a body's frame, row by row, lagging likewise
	BodyVelocity = "cvel"        // velocity of a body about its tree's centre of mass: 3 angular, 3 linear, lagging likewise
	TreeCentre   = "subtree_com" // centre of mass of a body and its descendants, lagging likewise
	SiteXYZ      = "site_xpos"   // position of a site in the world, lagging likewise
	SiteMatrix   = "site_xmat"   // rotation matrix of a site, row by row, lagging likewise
	Sensor       = "sensor"      // measurements of a sensor of the model
	Contact      = "contact"     // external force on a body, contacts included: 3 torque (N·m), 3 force (N), about its tree's centre
	RestQuat     = "body_quat"   // quaternion of a body in its parent's frame, of the model
	Control      = "ctrl"        // control by actuator; actions are written here
	GoalNumber   = "goal"        // numbers drawn at reset, in the order of the draws
	LastTaken    = "action"      // the action just applied, after clipping
	Observed     = "observation" // numbers of an environment's observation, flattened
	Info         = "info"        // an entry of an environment's info, by its key
	Clock        = "time"        // time since the episode began, s
	Drawn        = "randomised"  // number drawn for the episode's model, by the name of its draw
	Sent         = "sent"        // number of the observation that a robot sends, by its index
	Computed     = "computed"    // value of a formula, which Element shows; Index counts the computed entries
)

// widths holds how many numbers an element has in each field of a simulator. Joints and sensors differ, so
// that a place names the first number unless it says more.
func widths() map[string]int {
	return map[string]int{Position: 1, Velocity: 1, BodyXYZ: 3, BodyQuat: 4, BodyMatrix: 9, BodyVelocity: 6, TreeCentre: 3,
		SiteXYZ: 3, SiteMatrix: 9, Sensor: 1, Contact: 6, RestQuat: 4, Control: 1, GoalNumber: 1, LastTaken: 1, Clock: 1, Drawn: 1, Observed: 1, Info: 1}
}

// String returns the place as in "qpos root[2]" or "Δqpos rootx/dt", or the formula
// of a computed number.
func (p Place) String() string {
	if p.Field == Computed {
		return p.Element
	}
	s := p.Field
	if p.Element != "" {
		s += " " + p.Element
	}
	if p.Index != 0 || p.Element == "" && p.Field != Clock {
		s += fmt.Sprintf("[%d]", p.Index)
	}
	if p.Rate {
		return "Δ" + s + "/dt"
	}
	return s
}

// parsePlace reads "qpos root[2]", "goal[0]" or, for several numbers, "qpos root[3:7]". indexed reports
// whether the text selects numbers of the element; n is their count.
func parsePlace(text string) (p Place, n int, indexed bool, err error) {
	known := widths()
	m := regexp.MustCompile(`^([a-z_]+)(?: ([^\[\]]+))?(?:\[(\d+)(?::(\d+))?\])?$`).FindStringSubmatch(text)
	if m == nil {
		return p, 1, false, fmt.Errorf("%q: want FIELD NAME or FIELD NAME[INDEX], as in qpos hip or xpos torso[2]", text)
	}
	p.Field, p.Element = m[1], m[2]
	if known[p.Field] == 0 {
		var names []string
		for name := range known {
			names = append(names, name)
		}
		slices.Sort(names)
		return p, 1, false, unknown("field", p.Field, names)
	}
	n = known[p.Field]
	if m[3] == "" {
		return p, n, false, nil
	}
	p.Index, _ = strconv.Atoi(m[3]) // digits; one that overflows fits no model
	n = 1
	if m[4] != "" {
		end, _ := strconv.Atoi(m[4])
		if n = end - p.Index; n < 1 {
			return p, 1, true, fmt.Errorf("%q: the numbers end before they begin", text)
		}
	}
	return p, n, true, nil
}
