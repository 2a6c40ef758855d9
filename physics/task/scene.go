package task

import "github.com/palmal-rl/palmal/physics/task/formula"

// Scene is what a task computes from its simulator, and how an episode begins there. Its formulas read a
// row of Size numbers (those of the places, then Aims), the drawn goal numbers, the last action, and
// Constants.
type Scene struct {
	Passes   Passes
	Places   []NamedPlace
	Aims     []*formula.Program // numbers computed from the drawn goal once an episode; each may use earlier ones
	FirstAim int                // index of the first aim in the row
	Size     int                // length of the row: numbers of Places and Aims
	// MarkerPosition [3] and MarkerQuaternion [4] are the pose of the model's mocap body; nil where it
	// keeps the model's.
	MarkerPosition, MarkerQuaternion *formula.Program
	Computed                         *formula.Program // the computed entries of the observation, in order; nil where there are none
	Limits                           []Limit
}

// Passes counts the forward passes of the original's code, without the one that begins every episode.
// Each overwrites the solver's warm start, so their number affects the last digits.
type Passes struct {
	BeforeStart int // passes before the start state is set
	AfterGoal   int // passes after the goal is shown
	AfterStep   int // passes after every environment step
}

// NamedPlace is a run of numbers of the simulator that formulas use.
type NamedPlace struct {
	Name  string
	Place Place
	First int // index of the first number in the row of Scene
	Count int
}

// Limit ends an episode when a number of Field from First on is not below Below in magnitude. The original
// tests that too, although its observation does not show it.
type Limit struct {
	Field string // Position or Velocity
	First int
	Below float64
}

// Constants are the constants of formulas over a scene: the task's parameters, and dt, the duration of an
// environment step in seconds.
func (t *Task) Constants() []float64 {
	return append(append([]float64(nil), t.values...), t.Dt())
}

// Perturbation is a named change of the task's model by one number.
type Perturbation struct {
	Name    string  `json:"name"`
	Unit    string  `json:"unit"`
	Meaning string  `json:"meaning"`
	Value   float64 `json:"value"` // value in the unchanged model
	Low     float64 `json:"low"`   // smallest possible value
	High    float64 `json:"high"`  // largest
	Edits   []Edit  `json:"-"`
}

// Edit sets an attribute of a named element of the model; "" names the only element of a tag.
type Edit struct {
	Element, Name, Attribute string
	Value                    *formula.Program // numbers of the attribute, computed from the perturbation's value
}

// Recording describes the layout of the original's recordings: the task's own number for each recorded
// one, and the bounds of a replay.
type Recording struct {
	Qpos, Qvel, Observation []Recorded // nil: as the task's own, observations without rates
	Success                 string     // name of the list of successes
	Bounds                  Bounds
	Goal                    RecordedGoal
}

// Recorded is the meaning of a recorded number.
type Recorded struct {
	Kind  int // Own, Ignored, Zero or OfVelocity
	Index int
}

// Kinds of recorded numbers.
const (
	Own        = iota // the task's own number of that index
	Ignored           // may have any value
	Zero              // must be 0
	OfVelocity        // generalised velocity of that index
)

// Bounds are the largest differences of a replay.
type Bounds struct {
	Qpos   float64 `json:"qpos"`
	Qvel   float64 `json:"qvel"`
	Obs    float64 `json:"obs"`
	Reward float64 `json:"reward"`
}

// RecordedGoal says where recordings keep the goal: in one list of Count numbers, from which Drawn computes
// those drawn at reset, or, where Field is "", in a list for each draw, by its name.
type RecordedGoal struct {
	Field string
	Count int
	Drawn *formula.Program // nil: the numbers as they are
}
