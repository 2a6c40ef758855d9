package task

import (
	"encoding/json"
	"math"
)

// Kinds of observation entries: how a learned model gets the next value.
const (
	Predicted  = "predicted"   // the model predicts it
	LastAction = "last-action" // the action just applied, clipped
	Constant   = "constant"    // fixed within an episode, as a goal
	Angle      = "angle"       // predicted, wrapped to [-π, π)
	Unit       = "unit"        // a run of adjacent entries is one unit vector, and so is a line of several
	NextUnit   = "next-unit"   // the first entry of a unit vector that follows another one; where a line says so, and in ObservationKinds
)

// Entry is one number of an observation or of an action.
type Entry struct {
	Name string
	Unit string  // "" for pure numbers
	Low  float64 // lower bound, -Inf for none; actions, and observations with Clip, are clipped to the bounds
	High float64 // upper bound, +Inf for none
	Clip bool
	Kind string // kind of an observation entry; "" in actions
	// Inert marks an observation entry on which no other entry's next value depends, given the rest and the
	// action: a goal, an error measured from it, or the last action.
	Inert bool
	From  Place   // where it is read or written
	Noise float64 // standard deviation of the sensor noise of an observation entry
	Delay int     // environment steps until a value is observed; until then the first one is
	next  bool    // the first entry of a unit vector that follows another one
	Servo *Servo  // maps an action entry to the target of a position servo; nil: the entry is written unchanged
}

// Servo maps an action entry, -1 to 1, to the angles of a joint from Low to High.
type Servo struct {
	Low, High float64 // rad, or m of a slide joint
	Model     bool    // Low and High are the control range of the model's actuator
}

// Drive says how actions reach the actuators.
type Drive struct {
	Speed  float64 `json:"speed,omitempty"`  // largest speed of servos, rad/s: a target is at most one step's motion away from its joint; 0: any
	Single bool    `json:"single,omitempty"` // constants of servos, and sums of them, are rounded to float32
	Delay  int     `json:"delay,omitempty"`  // environment steps until an action arrives
	Rate   float64 `json:"rate,omitempty"`   // largest change of an action entry per environment step; 0: any
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
		Noise float64  `json:"noise,omitempty"`
		Delay int      `json:"delay,omitempty"`
		From  string   `json:"from"`
	}{e.Name, e.Unit, finite(e.Low), finite(e.High), e.Clip, e.Kind, e.Inert, e.Noise, e.Delay, e.From.String()})
}

func finite(x float64) *float64 {
	if math.IsInf(x, 0) {
		return nil
	}
	return &x
}

// Draw is one line of the reset distribution: Count independent numbers, added to
// the default value of the entries of Into from First on.
type Draw struct {
	Name    string `json:"name"`
	Into    string `json:"into"`              // Position, Velocity or GoalNumber
	Element string `json:"element,omitempty"` // joint to which the numbers belong; First counts from its first
	First   int    `json:"first"`
	Count   int    `json:"count"` // 0: all
	Chance
}

// Parameter is a named constant of reward, termination or success.
type Parameter struct {
	Name    string  `json:"name"`
	Unit    string  `json:"unit"`
	Meaning string  `json:"meaning"`
	Value   float64 `json:"value"`
}
