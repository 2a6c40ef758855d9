package task

import (
	"encoding/json"
	"fmt"
	"math"
)

// Kinds of observation entries: how the next value comes about in a learned model.
const (
	Predicted  = "predicted"   // by the model
	LastAction = "last-action" // the action just applied, clipped
	Constant   = "constant"    // fixed within an episode, as a goal
	Angle      = "angle"       // predicted, wrapped to [-π, π)
	Unit       = "unit"        // a run of adjacent entries is one unit vector
)

// Entry is one number of an observation or of an action.
type Entry struct {
	Name string
	Unit string  // "" for pure numbers
	Low  float64 // bounds, ±Inf where there are none; an observation entry with Clip
	High float64 // and every action entry is clipped to them
	Clip bool
	Kind string // of an observation entry; "" in actions
	// Inert tells of an observation entry that no other entry's next value depends on, given the rest and
	// the action: a goal, an error that is measured from it, or the last action.
	Inert bool
	From  Place // where it is read or written
}

// Place is a number in the state of a simulator.
type Place struct {
	Field   string // see the constants
	Element string // name of the joint, body, site or actuator; "" if Index counts through the whole field
	Index   int
	Rate    bool // (value after − value before)/dt of an environment step instead of the value; 0 after a reset
}

// Fields of a Place.
const (
	Position   = "qpos"      // generalised positions, by joint
	Velocity   = "qvel"      // generalised velocities, by joint
	BodyXYZ    = "xpos"      // of a body's frame in the world, lagging as the simulator leaves it
	SiteXYZ    = "site_xpos" // of a site in the world, lagging likewise
	Control    = "ctrl"      // by actuator; actions are written here
	GoalNumber = "goal"      // numbers drawn at reset, in the order of the draws
	LastTaken  = "action"    // the action just applied, after clipping
	Computed   = "computed"  // by package physics from several numbers; Element is the formula
)

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
	if p.Index != 0 || p.Element == "" {
		s += fmt.Sprintf("[%d]", p.Index)
	}
	if p.Rate {
		return "Δ" + s + "/dt"
	}
	return s
}

// MarshalJSON writes absent bounds as null.
func (e Entry) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Name  string   `json:"name"`
		Unit  string   `json:"unit"`
		Low   *float64 `json:"low"`
		High  *float64 `json:"high"`
		Clip  bool     `json:"clip,omitempty"`
		Kind  string   `json:"kind,omitempty"`
		Inert bool     `json:"inert,omitempty"`
		From  string   `json:"from"`
	}{e.Name, e.Unit, finite(e.Low), finite(e.High), e.Clip, e.Kind, e.Inert, e.From.String()})
}

func finite(x float64) *float64 {
	if math.IsInf(x, 0) {
		return nil
	}
	return &x
}

// Distributions of a Draw.
const (
	Uniform = "uniform"
	Normal  = "normal"
)

// Draw is one line of the reset distribution: Count independent numbers, added to
// the default value of the entries of Into from First on.
type Draw struct {
	Name         string  `json:"name"`
	Into         string  `json:"into"` // Position, Velocity or GoalNumber
	First        int     `json:"first"`
	Count        int     `json:"count"`
	Distribution string  `json:"distribution"`
	Low          float64 `json:"low"` // bounds of Uniform
	High         float64 `json:"high"`
	Mean         float64 `json:"mean"` // moments of Normal
	Std          float64 `json:"std"`
}

// Parameter is a named constant of reward, termination or success.
type Parameter struct {
	Name    string  `json:"name"`
	Unit    string  `json:"unit"`
	Meaning string  `json:"meaning"`
	Value   float64 `json:"value"`
}

// free returns an observation entry without bounds that the model predicts.
func free(name, unit string, from Place) Entry {
	return Entry{Name: name, Unit: unit, Low: math.Inf(-1), High: math.Inf(1), Kind: Predicted, From: from}
}

// wrapped returns an entry for an angle in [-π, π).
func wrapped(name string, from Place) Entry {
	return Entry{Name: name, Unit: "rad", Low: -math.Pi, High: math.Pi, Kind: Angle, From: from}
}

// direction returns an entry for one coordinate of a unit vector.
func direction(name string, from Place) Entry {
	return Entry{Name: name, Low: -1, High: 1, Kind: Unit, From: from}
}

// constant returns an entry without bounds that stays as it is within an episode.
func constant(name, unit string, from Place) Entry {
	e := free(name, unit, from)
	e.Kind, e.Inert = Constant, true
	return e
}

// taken returns the entries of the last action, one for each of the action's.
func taken(action []Entry) []Entry {
	var entries []Entry
	for i, e := range action {
		entries = append(entries, Entry{Name: "last " + e.Name, Low: e.Low, High: e.High, Kind: LastAction, Inert: true,
			From: Place{Field: LastTaken, Index: i}})
	}
	return entries
}

// clipped returns e with its value clipped to ±bound.
func (e Entry) clipped(bound float64) Entry {
	e.Low, e.High, e.Clip = -bound, bound, true
	return e
}

// motor returns an action entry in ±bound, written unchanged to an actuator.
func motor(name, unit string, bound float64, actuator string) Entry {
	return Entry{Name: name, Unit: unit, Low: -bound, High: bound, From: Place{Field: Control, Element: actuator}}
}

// servo returns an action entry in ±1 that a world maps to the target angle of a
// position servo.
func servo(name, actuator string) Entry {
	return Entry{Name: name, Low: -1, High: 1, From: Place{Field: Control, Element: actuator}}
}

// inert returns e as an entry that no other depends on.
func (e Entry) inert() Entry {
	e.Inert = true
	return e
}

func squares(x []float64) float64 {
	sum := 0.0
	for _, v := range x {
		sum += v * v
	}
	return sum
}
