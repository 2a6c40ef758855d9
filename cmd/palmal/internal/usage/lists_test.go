package usage

import (
	"encoding/json"
	"math"
	"testing"
)

type figure float64

func (n figure) MarshalJSON() ([]byte, error) {
	if math.IsNaN(float64(n)) {
		return []byte("null"), nil
	}
	return json.Marshal(float64(n))
}

type Inner struct {
	List  []int            `json:"list"`
	Map   map[string][]int `json:"map"`
	Maybe *Inner           `json:"maybe"`
	Left  []int            `json:"left,omitempty"`
}

type outer struct {
	Inner
	hidden  []int
	Unknown figure  `json:"unknown"`
	Many    []Inner `json:"many"`
	Any     any     `json:"any"`
	To      *Inner  `json:"to"`
}

func TestListsAreNeverNull(t *testing.T) {
	value := outer{Unknown: figure(math.NaN()), Many: []Inner{{}}, Any: map[string]any{"list": []string(nil), "none": nil}, To: &Inner{}}
	text, err := json.Marshal(WithLists(value))
	in := `{"list":[],"map":{},"maybe":null}`
	want := `{"list":[],"map":{},"maybe":null,"unknown":null,"many":[` + in + `],"any":{"list":[],"none":null},"to":` + in + `}`
	if err != nil || string(text) != want {
		t.Errorf("%s, %v\nwant %s", text, err, want)
	}
	if value.To.List != nil || value.Many[0].Map != nil {
		t.Error("the value itself was changed")
	}
	if WithLists(nil) != nil {
		t.Error("nothing became something")
	}
}
