package task

import "github.com/palmal-rl/palmal/physics/task/formula"

// Scene is what a task reads and computes in its simulator besides single numbers, and how it begins
// an episode there. Its formulas read a row of Size numbers, the places' first and then Aims, the
// goal numbers that were drawn, the last action, and Constants.
type Scene struct {
	Passes   Passes
	Places   []NamedPlace
	Aims     []*formula.Program // numbers made of the drawn goal once an episode; each may use those before it
	FirstAim int                // in the row
	Size     int                // of the row: numbers of Places and Aims
	// MarkerPosition [3] and MarkerQuaternion [4] are what the model's mocap body shows; nil where it
	// stays as the model has it.
	MarkerPosition, MarkerQuaternion *formula.Program
	Computed                         *formula.Program // the computed entries of the observation, in order; nil where there are none
	Limits                           []Limit
}

// Passes counts the forward passes that the original's code makes besides the one with which every
// episode begins. Each overwrites the solver's warm start, so their number shows in the last digits.
type Passes struct {
	BeforeStart int // before the start state is set
	AfterGoal   int // after the goal is shown
	AfterStep   int // after every environment step
}

// NamedPlace is a run of numbers of the simulator that formulas use.
type NamedPlace struct {
	Name  string
	Place Place
	First int // in the row of Scene
	Count int
}

// Limit ends an episode whose state is beyond what the original allows but the observation does not
// show: when a number of Field from First on is not below Below in size.
type Limit struct {
	Field string // Position or Velocity
	First int
	Below float64
}

// Constants are what formulas over a scene know besides: the task's parameters, and dt, the duration
// of an environment step in seconds.
func (t *Task) Constants() []float64 {
	return append(append([]float64(nil), t.values...), t.Dt())
}

// Perturbation is a change of the task's model that has a name, with one number.
type Perturbation struct {
	Name    string  `json:"name"`
	Unit    string  `json:"unit"`
	Meaning string  `json:"meaning"`
	Value   float64 `json:"value"` // in the model as it is
	Low     float64 `json:"low"`   // smallest possible value
	High    float64 `json:"high"`  // largest
	Edits   []Edit  `json:"-"`
}

// Edit sets an attribute of a named element of the model; "" names the only element of a tag.
type Edit struct {
	Element, Name, Attribute string
	Value                    *formula.Program // numbers of the attribute, made of the perturbation's value
}

// Recording says how recordings of the original are laid out: which of the task's own numbers each
// recorded number is, and within which bounds they replay.
type Recording struct {
	Qpos, Qvel, Observation []Recorded // nil: as the task's own, observations without rates
	Success                 string     // name of the list of successes
	Bounds                  Bounds
	Goal                    RecordedGoal
}

// Recorded says what a recorded number is.
type Recorded struct {
	Kind  int // Own, Ignored, Zero or OfVelocity
	Index int
}

// Kinds of recorded numbers.
const (
	Own        = iota // the task's own number of that index
	Ignored           // whatever it is
	Zero              // has to be 0
	OfVelocity        // generalised velocity of that index
)

// Bounds are the largest differences of a replay.
type Bounds struct {
	Qpos   float64 `json:"qpos"`
	Qvel   float64 `json:"qvel"`
	Obs    float64 `json:"obs"`
	Reward float64 `json:"reward"`
}

// RecordedGoal says where recordings keep the goal: in one list of Count numbers of which Drawn makes
// those that are drawn at reset, or, where Field is "", in a list for each draw, by its name.
type RecordedGoal struct {
	Field string
	Count int
	Drawn *formula.Program // nil: the numbers as they are
}
