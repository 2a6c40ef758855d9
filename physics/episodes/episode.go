package episodes

import (
	"errors"
	"fmt"
)

// Episode is one recorded episode of T decisions. It does not say of which task it is.
type Episode struct {
	Observations []float32 // [T+1,O]
	Actions      []float32 // [T,A] as applied
	Rewards      []float64 // [T]; nil where none were recorded
	Terminated   bool      // the task ended it: the last state has value 0
	Truncated    bool      // a time limit, or whoever recorded it, ended it

	Dt     float64        // seconds between two observations; 0 where not recorded
	Times  []float64      // [T+1] seconds at which the observations were taken; nil where not recorded
	Policy int            // number of the policy that acted; -1 where not recorded
	Meta   map[string]any // what else the file says of the episode, as JSON; nil for nothing

	Size Size // widths of the rows
}

// Size holds the widths of the rows of an episode.
type Size struct{ Observation, Action int }

// String writes both widths for messages.
func (s Size) String() string {
	return fmt.Sprintf("%d observation entries and %d actions", s.Observation, s.Action)
}

// unknownPolicy is the number of a policy that was not recorded.
const unknownPolicy = -1

// Decisions is T.
func (e Episode) Decisions() int {
	if e.Size.Action < 1 {
		return 0
	}
	return len(e.Actions) / e.Size.Action
}

// Check refuses an episode whose lists contradict each other or hold a number that is not finite. It names the
// list and the row.
func (e Episode) Check() error {
	t := e.Decisions()
	if e.Size.Observation < 1 || e.Size.Action < 1 {
		return fmt.Errorf("%v: want at least one of each", e.Size)
	}
	if t < 1 {
		return errors.New("no decision: an episode needs at least one action and two observations")
	}
	lengths := []struct {
		name      string
		got, want int
		optional  bool
	}{
		{"observations", len(e.Observations), (t + 1) * e.Size.Observation, false},
		{"actions", len(e.Actions), t * e.Size.Action, false},
		{"rewards", len(e.Rewards), t, true},
		{"times", len(e.Times), t + 1, true},
	}
	for _, l := range lengths {
		if l.got != l.want && !(l.optional && l.got == 0) {
			return fmt.Errorf("%s: %d numbers, want %d for %d decisions of %v", l.name, l.got, l.want, t, e.Size)
		}
	}
	if e.Terminated && e.Truncated {
		return errors.New("is terminated and truncated: want one at most")
	}
	if !isNumber(float64(e.Policy)) {
		return fmt.Errorf("policy: %d, want the whole number of a policy", e.Policy)
	}
	return errors.Join(e.checkNumbers(), e.checkMeta())
}

// checkNumbers refuses numbers that are not finite, and times that stand still or go back.
func (e Episode) checkNumbers() error {
	err := errors.Join(finite("observations", e.Observations, e.Size.Observation), finite("actions", e.Actions, e.Size.Action),
		finite("rewards", e.Rewards, 1), finite("times", e.Times, 1))
	if err != nil {
		return err
	}
	if !(e.Dt >= 0) || e.Dt-e.Dt != 0 {
		return fmt.Errorf("dt: %g s between two observations, want a positive number", e.Dt)
	}
	for i := 1; i < len(e.Times); i++ {
		if !(e.Times[i] > e.Times[i-1]) {
			return fmt.Errorf("times: %g s in row %d follows %g s: want times that grow", e.Times[i], i, e.Times[i-1])
		}
	}
	return nil
}

// finite refuses the first number that is not finite and names its row and column.
func finite[F float32 | float64](name string, list []F, width int) error {
	for i, x := range list {
		if x-x != 0 {
			return fmt.Errorf("%s: row %d, column %d is %v, want a finite number", name, i/width, i%width, x)
		}
	}
	return nil
}
