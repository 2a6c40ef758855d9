package task

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/palmal-rl/palmal/physics/task/formula"
)

// Simulators that a task can run on.
const (
	Go        = "go"        // analytic, in package physics
	MuJoCo    = "mujoco"    // package physics/mujoco
	Gymnasium = "gymnasium" // an environment in Python, by package physics/remote
	Robot     = "robot"     // a process or files outside this program, see package physics/remote
)

// Task is a task without its simulation. Load reads one; Set and SetDraw change it before use.
type Task struct {
	Name        string       `json:"name"`
	Title       string       `json:"title"`
	Source      string       `json:"source"`                // environment that it follows, with version
	Simulator   string       `json:"simulator"`             // Go, MuJoCo, Gymnasium or Robot
	World       string       `json:"world,omitempty"`       // name of the analytic world, with Go; where the robot is, with Robot
	Environment *Environment `json:"environment,omitempty"` // environment of Gymnasium; nil for other tasks
	RewardFrom  string       `json:"reward_from"`           // where the reward in a learned model comes from: Formula, Python or Learned
	EndFrom     string       `json:"termination_from"`      // and the termination
	Timestep    float64      `json:"timestep"`              // timestep of the simulator, s; 0 until the model is compiled where the file does not say
	FrameSkip   int          `json:"frame_skip"`
	Horizon     int          `json:"horizon"` // environment steps until an episode is cut

	Observation []Entry `json:"observation"` // [O]
	Action      []Entry `json:"action"`      // [A]
	Drive       Drive   `json:"drive,omitzero"`

	Pose       []float64 `json:"pose"`               // default positions, [nq]; nil: the model's
	Keyframe   string    `json:"keyframe,omitempty"` // keyframe of the model, for Pose
	Velocities int       `json:"velocities"`         // nv; 0: the model's
	Reset      []Draw    `json:"reset"`              // draws, in their order

	Parameters    []Parameter    `json:"parameters"`
	Definitions   []Term         `json:"definitions,omitempty"` // formulas that others use by their names
	Terms         []Term         `json:"terms"`                 // terms of the reward, which is their sum
	Termination   string         `json:"termination"`           // formula; "never"
	Fall          string         `json:"fallen,omitempty"`      // formula of the states that end episodes of training only; "" where there is none
	Success       string         `json:"success"`               // success of an episode, as formulas; "" where there is none
	Measures      []Measure      `json:"measures"`              // numbers that describe progress, not part of the reward
	Limits        []SafetyLimit  `json:"limits,omitempty"`      // conditions that every step should hold
	Risk          float64        `json:"risk,omitempty"`        // largest accepted probability that an episode breaks a limit
	Threshold     float64        `json:"threshold"`             // return at which the source calls the task solved; 0 where it does not
	Symmetries    []Symmetry     `json:"symmetries,omitempty"`
	Perturbations []Perturbation `json:"perturbations,omitempty"`
	// Randomise are numbers that are drawn for each episode and change the model.
	Randomise []Randomisation `json:"randomise,omitempty"`

	Scene     Scene             `json:"-"`
	Recording Recording         `json:"-"`
	ModelFile string            `json:"-"` // path of the MJCF, with MuJoCo
	Model     []byte            `json:"-"` // its text
	Assets    map[string][]byte `json:"-"` // files that it refers to, by base name, or by path where two have the same
	Presets   map[string][]byte `json:"-"` // training presets of the folder, YAML by name
	Folder    string            `json:"-"` // the task's folder, for messages
	File      string            `json:"-"` // the task file, from the folder
	Files     map[string][]byte `json:"-"` // everything that was read, by path from the task's folder
	Digest    string            `json:"-"` // SHA-256 of Files
	BuiltIn   bool              `json:"-"` // whether it came with the program

	judge     Judge             // computes what is from Python; nil until a world is open
	values    []float64         // values of Parameters
	where     map[string]string // places in the task file
	rewards   *formula.Program
	ended     *formula.Program // nil where nothing terminates
	fallen    *formula.Program // nil where there is no fall
	over      *formula.Program // ended or fallen; nil where there is no fall
	achieved  *formula.Program // success of a step; nil where there is none
	succeeded *formula.Program // success of an episode; nil where there is none
	retargets []retarget       // empty where there is no goal
}

// Term is one named part of the reward.
type Term struct {
	Name    string `json:"name"`
	Formula string `json:"formula"`
}

// Clone returns a copy whose parameters and draws can be set without changing t's.
func (t *Task) Clone() *Task {
	c := *t
	c.Reset, c.Parameters, c.values = slices.Clone(t.Reset), slices.Clone(t.Parameters), slices.Clone(t.values)
	c.Randomise = slices.Clone(t.Randomise)
	return &c
}

// Dt returns the duration of one environment step in seconds.
func (t *Task) Dt() float64 { return t.Timestep * float64(t.FrameSkip) }

// Identity returns the task's name and the values of its parameters in their
// fixed order, as a backend's kernel for the task takes them. The name of a user's task includes a digest
// of its files, so that it never equals a built-in one's.
func (t *Task) Identity() (name string, parameters []float64) {
	if t.BuiltIn {
		return t.Name, t.values
	}
	return t.Name + "@" + t.Digest[:12], t.values
}

// digest returns the SHA-256 of all files, in hexadecimal.
func (t *Task) digest() string {
	sum := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(t.Files)) {
		fmt.Fprintf(sum, "%d %s %d\n", len(name), name, len(t.Files[name]))
		sum.Write(t.Files[name])
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// ObservationKinds returns the kind of every observation entry, [O].
func (t *Task) ObservationKinds() []string {
	kinds := make([]string, len(t.Observation))
	for i, e := range t.Observation {
		if kinds[i] = e.Kind; e.next {
			kinds[i] = NextUnit
		}
	}
	return kinds
}

// InertEntries reports for every observation entry whether no other entry depends on it, [O].
func (t *Task) InertEntries() []bool {
	inert := make([]bool, len(t.Observation))
	for i, e := range t.Observation {
		inert[i] = e.Inert
	}
	return inert
}

// repeated returns for every observation entry the action entry that it shows as the last one, -1 for none, [O]. The k-th
// such entry shows action k.
func (t *Task) repeated() []int {
	shown, k := make([]int, len(t.Observation)), 0
	for i, e := range t.Observation {
		if shown[i] = -1; e.Kind == LastAction {
			shown[i], k = k, k+1
		}
	}
	return shown
}

// ObservationRange returns bounds of the observation entries that a model predicts as plain numbers, [O] each: those that the
// file states, infinite for none. Angles, unit vectors, goals and last actions stay within theirs by their kinds.
func (t *Task) ObservationRange() (low, high []float64) {
	for _, e := range t.Observation {
		if e.Kind != Predicted {
			e.Low, e.High = unbounded()
		}
		low, high = append(low, e.Low), append(high, e.High)
	}
	return low, high
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
	if t.RewardFrom == Python {
		t.rewardsOne(terms, obs, act, next)
		return
	}
	t.rewards.Eval(terms, &formula.Inputs{formula.Obs: obs, formula.Action: act, formula.Next: next, formula.Parameters: t.values})
}

// Terminated reports whether next ends the episode. A next that is not finite does.
// Being cut at the horizon is not a termination.
func (t *Task) Terminated(next []float64) bool {
	for _, x := range next {
		if x-x != 0 { // NaN or infinite
			return true
		}
	}
	if t.EndFrom == Python {
		return t.terminatedOne(next)
	}
	return t.ended != nil && t.ended.Holds(&formula.Inputs{formula.Next: next, formula.Parameters: t.values})
}

// Programs returns the programs of the reward, with an output for each term, and of the termination, nil where
// there is none, for devices; see formula.Program.Encode. Their parameters are those of Identity.
func (t *Task) Programs() (rewards, terminated []uint32) {
	if t.RewardFrom == Python || t.EndFrom == Python {
		return nil, nil
	}
	if t.ended != nil {
		terminated = t.ended.Encode()
	}
	return t.rewards.Encode(), terminated
}

// EachFormula visits the program of every formula of the task, with its description.
func (t *Task) EachFormula(visit func(what string, p *formula.Program)) {
	all := []struct {
		what string
		of   *formula.Program
	}{{"reward", t.rewards}, {"termination", t.ended}, {"fall", t.fallen}, {"success of a step", t.achieved}, {"success", t.succeeded},
		{"computed entries", t.Scene.Computed}, {"marker position", t.Scene.MarkerPosition}, {"marker quaternion", t.Scene.MarkerQuaternion}}
	for _, one := range all {
		if one.of != nil {
			visit(one.what, one.of)
		}
	}
	for _, m := range t.Measures {
		visit("measure "+m.Name, m.program)
	}
	for _, l := range t.Limits {
		visit("limit "+l.Name, l.program)
	}
	for _, r := range t.retargets {
		visit("goal of "+t.Observation[r.first].Name, r.of)
	}
	for _, p := range t.Scene.Aims {
		visit("aim", p)
	}
	for _, s := range t.Symmetries {
		for i, c := range s.changes {
			visit("symmetry "+s.Name+" of "+s.Changes[i].Name, c.of)
		}
	}
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
