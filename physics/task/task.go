package task

import (
	"fmt"
	"math"
	"slices"
)

// Simulators that a task can run on.
const (
	Go     = "go"     // analytic, in package physics
	MuJoCo = "mujoco" // package physics/mujoco
)

// Task is everything about a task but its simulation. Get returns one that the
// caller owns; Set and SetDraw change it before it is used.
type Task struct {
	Name      string  `json:"name"`
	Title     string  `json:"title"`
	Source    string  `json:"source"`    // environment that it follows, with version
	Simulator string  `json:"simulator"` // Go or MuJoCo
	Model     []byte  `json:"-"`         // MJCF text, with MuJoCo
	Timestep  float64 `json:"timestep"`  // of the simulator, s
	FrameSkip int     `json:"frame_skip"`
	Horizon   int     `json:"horizon"` // environment steps until an episode is cut

	Observation []Entry `json:"observation"` // [O]
	Action      []Entry `json:"action"`      // [A]

	Pose       []float64 `json:"pose"`       // default positions, [nq]
	Velocities int       `json:"velocities"` // nv
	Reset      []Draw    `json:"reset"`      // in the order in which numbers are drawn

	Parameters  []Parameter `json:"parameters"`
	Terms       []Term      `json:"terms"`       // of the reward, which is their sum
	Termination string      `json:"termination"` // in words; "never"
	Success     string      `json:"success"`     // of an episode, in words; "" where there is none
	Measures    []Measure   `json:"measures"`    // what else says how a task goes
	Threshold   float64     `json:"threshold"`   // return at which the source calls the task solved; 0 where it does not

	alive    func(p, next []float64) bool         // nil where nothing terminates
	achieved func(p, next []float64) bool         // a step's success; nil where there is none
	success  func(p []float64, e Episode) float64 // nil where there is none
	retarget func(obs, goal []float64)            // nil where there is no goal
	values   []float64                            // of Parameters
}

// Term is one named part of the reward.
type Term struct {
	Name    string `json:"name"`
	Formula string `json:"formula"`

	of func(p, obs, act, next []float64) float64
}

// Episode is what an episode's success is decided from.
type Episode struct {
	Terminated bool
	Achieved   int  // number of environment steps that count as successful
	Last       bool // whether the last step does
}

// Clone returns a copy whose parameters and draws can be set without changing t's.
func (t *Task) Clone() *Task {
	c := *t
	c.Reset, c.Parameters, c.values = slices.Clone(t.Reset), slices.Clone(t.Parameters), slices.Clone(t.values)
	return &c
}

// Dt returns the duration of one environment step in seconds.
func (t *Task) Dt() float64 { return t.Timestep * float64(t.FrameSkip) }

// Identity returns the task's name and the values of its parameters in their
// fixed order, as a backend's kernel for the task takes them.
func (t *Task) Identity() (name string, parameters []float64) { return t.Name, t.values }

// ObservationKinds returns the kind of every observation entry, [O].
func (t *Task) ObservationKinds() []string {
	kinds := make([]string, len(t.Observation))
	for i, e := range t.Observation {
		kinds[i] = e.Kind
	}
	return kinds
}

// InertEntries tells which observation entries no other depends on, [O].
func (t *Task) InertEntries() []bool {
	inert := make([]bool, len(t.Observation))
	for i, e := range t.Observation {
		inert[i] = e.Inert
	}
	return inert
}

// ActionBox returns the bounds of every action entry, [A] each. Actions are
// clipped to it before a world applies them.
func (t *Task) ActionBox() (low, high []float64) {
	for _, e := range t.Action {
		low, high = append(low, e.Low), append(high, e.High)
	}
	return low, high
}

// RewardTerms returns the names of the reward's terms, in order.
func (t *Task) RewardTerms() []string {
	names := make([]string, len(t.Terms))
	for i, term := range t.Terms {
		names[i] = term.Name
	}
	return names
}

// Rewards fills terms with the reward of the step from obs by act to next; the
// reward is their sum, in order. It allocates nothing.
func (t *Task) Rewards(terms, obs, act, next []float64) {
	for i := range t.Terms {
		terms[i] = t.Terms[i].of(t.values, obs, act, next)
	}
}

// Terminated tells whether next ends the episode. A next that is not finite does.
// Being cut at the horizon is not a termination.
func (t *Task) Terminated(next []float64) bool {
	for _, x := range next {
		if x-x != 0 { // NaN or infinite
			return true
		}
	}
	return t.alive != nil && !t.alive(t.values, next)
}

// Achieved tells whether next counts as a successful step.
func (t *Task) Achieved(next []float64) bool {
	return t.achieved != nil && t.achieved(t.values, next)
}

// Succeeded returns an episode's success, 0 or 1, or NaN where the task has none.
func (t *Task) Succeeded(e Episode) float64 {
	if t.success == nil {
		return math.NaN()
	}
	return t.success(t.values, e)
}

// HasGoal tells whether episodes pursue a goal that differs between them.
func (t *Task) HasGoal() bool { return t.retarget != nil }

// Retarget turns obs [O] into the observation of the same state in an episode with the goal that
// the observation goal [O] shows, up to rounding; without a goal it does nothing.
func (t *Task) Retarget(obs, goal []float64) {
	if t.retarget != nil {
		t.retarget(obs, goal)
	}
}

// Judge returns the success of an episode of which next [T,O] are the observations after its decisions of
// repeat environment steps each, as if all steps of a decision had been as the last.
func (t *Task) Judge(next []float64, repeat int, terminated bool) float64 {
	e := Episode{Terminated: terminated}
	for ; len(next) > 0; next = next[len(t.Observation):] {
		if e.Last = t.Achieved(next[:len(t.Observation)]); e.Last {
			e.Achieved += repeat
		}
	}
	return t.Succeeded(e)
}

// Rates returns the indices of observation entries that are mean rates over a
// step; over a decision of several steps they are the mean over all of them.
func (t *Task) Rates() []int {
	var rates []int
	for i, e := range t.Observation {
		if e.From.Rate {
			rates = append(rates, i)
		}
	}
	return rates
}

// Set overrides the value of a parameter.
func (t *Task) Set(parameter string, value float64) error {
	var names []string
	for i, p := range t.Parameters {
		if p.Name != parameter {
			names = append(names, p.Name)
			continue
		}
		if math.IsNaN(value) || math.IsInf(value, 0) {
			return fmt.Errorf("%s: parameter %s: %v is not finite", t.Name, parameter, value)
		}
		t.Parameters[i].Value, t.values[i] = value, value
		return nil
	}
	return fmt.Errorf("%s: %w", t.Name, unknown("parameter", parameter, names))
}

// SetDraw overrides the bounds of a uniform draw of the reset, as a goal box.
func (t *Task) SetDraw(draw string, low, high float64) error {
	var names []string
	for i, d := range t.Reset {
		if d.Name != draw {
			names = append(names, d.Name)
			continue
		}
		if d.Distribution != Uniform {
			return fmt.Errorf("%s: draw %s is %s, its bounds cannot be set", t.Name, draw, d.Distribution)
		}
		if !(low <= high) || math.IsInf(high-low, 0) {
			return fmt.Errorf("%s: draw %s: bounds [%v, %v], want finite low ≤ high", t.Name, draw, low, high)
		}
		t.Reset[i].Low, t.Reset[i].High = low, high
		return nil
	}
	return fmt.Errorf("%s: %w", t.Name, unknown("draw", draw, names))
}

// survival is the success rule of tasks whose only aim is to last.
func survival(_ []float64, e Episode) float64 {
	if e.Terminated {
		return 0
	}
	return 1
}

// atEnd is the success rule of tasks whose last step has to be successful.
func atEnd(_ []float64, e Episode) float64 {
	if e.Last && !e.Terminated {
		return 1
	}
	return 0
}
