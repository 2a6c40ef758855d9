package remote

import (
	"encoding/json"
	"fmt"
	"io"
	"time"
)

// Request says which environment to serve, and how.
type Request struct {
	ID       string          `json:"id"`
	Kwargs   json.RawMessage `json:"kwargs,omitempty"`   // an object
	Wrappers []string        `json:"wrappers,omitempty"` // MODULE:CLASS, the innermost first
	Info     []string        `json:"info,omitempty"`     // keys of the info of a step that are asked for
	Folder   string          `json:"folder,omitempty"`   // where modules are looked for first; "" is the current directory
	Render   bool            `json:"render,omitempty"`   // whether pictures will be asked for

	Python      string        `json:"-"` // program; "" looks for python3, then python
	Diagnostics io.Writer     `json:"-"` // gets what the environment prints; nil: nobody
	StepLimit   time.Duration `json:"-"` // longest time of an answer; 0 is a minute
}

// Space is one Box of an observation or an action, flattened.
type Space struct {
	Name string     `json:"name"`
	Low  []*float64 `json:"low"` // nil: no bound
	High []*float64 `json:"high"`
}

// Hello is what an environment says of itself.
type Hello struct {
	Protocol    int               `json:"protocol"`
	Observation []Space           `json:"observation"`
	Action      []Space           `json:"action"`
	Horizon     *int              `json:"horizon"`    // steps until an episode is cut; nil: no limit
	Dt          *float64          `json:"dt"`         // duration of a step, s; nil: unknown
	Reward      bool              `json:"reward"`     // whether it has a method that rewards many transitions
	Terminated  bool              `json:"terminated"` // and one that ends them
	Goal        bool              `json:"goal"`       // whether it observes achieved and desired goals
	Render      bool              `json:"render"`     // whether it draws
	Threshold   *float64          `json:"threshold"`  // return at which it counts as solved; nil: none
	Versions    map[string]string `json:"versions"`
	Error       string            `json:"error"` // why there is no environment, a traceback
	Kind        string            `json:"kind"`  // class of that error
}

// Actions returns the names of the action's numbers.
func (h *Hello) Actions() []string { return Names(h.Action...) }

// Observations returns the names of the observation's numbers.
func (h *Hello) Observations() []string { return Names(h.Observation...) }

// Names returns the names of the numbers of spaces.
func Names(spaces ...Space) []string {
	var all []string
	for _, s := range spaces {
		for i := range s.Low {
			name := s.Name
			if len(s.Low) > 1 {
				name = fmt.Sprintf("%s %d", s.Name, i)
			}
			all = append(all, name)
		}
	}
	return all
}

// width counts the numbers of spaces.
func width(spaces []Space) int {
	n := 0
	for _, s := range spaces {
		n += len(s.Low)
	}
	return n
}
