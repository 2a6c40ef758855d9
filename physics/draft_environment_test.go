package physics

import (
	"io/fs"
	"slices"
	"strings"
	"testing"

	"github.com/palmal-rl/palmal/physics/remote"
	"github.com/palmal-rl/palmal/physics/task"
)

// TestNumbersOfSpacesHaveNamesOfTheirOwnInFormulas: keys of a Dict may be any words, and names in formulas have letters, digits
// and _ alone.
func TestNumbersOfSpacesHaveNamesOfTheirOwnInFormulas(t *testing.T) {
	space := func(name string, width int) remote.Space {
		return remote.Space{Name: name, Low: make([]*float64, width), High: make([]*float64, width)}
	}
	for _, c := range []struct {
		spaces []remote.Space
		goals  bool
		want   []string
	}{
		{[]remote.Space{space("a-b", 1), space("a_b", 1), space("a b", 1)}, false, []string{"a-b", "a_b 2", "a b 3"}},
		{[]remote.Space{space("a", 2), space("a 0", 1)}, false, []string{"a", "a 0 2"}},
		{[]remote.Space{space("a", 1), space("a!", 3), space("a 1", 1)}, false, []string{"a", "a!", "a 1 2"}},
		{[]remote.Space{space("a_b", 1), space("a-b", 1), space("a b 2", 1)}, false, []string{"a_b", "a-b 2", "a b 2 2"}},
		{[]remote.Space{space("x.y", 1), space("x.y", 1)}, false, []string{"x.y", "x.y 2"}}, // x: {y: ...} beside x.y
		{[]remote.Space{space("achieved goal", 1), space("achieved_goal", 1), space("desired_goal", 1)}, true, []string{"achieved goal 2", "achieved_goal", "desired_goal"}},
		{[]remote.Space{space("Δ", 1), space("é", 1)}, false, []string{"Δ", "é"}},                                   // formulas call neither
		{[]remote.Space{space("observation", 2), space("position", 1)}, false, []string{"observation", "position"}}, // nothing coincides
	} {
		var got []string
		seen := map[string]bool{}
		for _, s := range distinct(c.spaces, c.goals) {
			got = append(got, s.Name)
			for _, name := range remote.Names(s) {
				id := task.IdentifierOf(name)
				if id != "" && seen[id] {
					t.Errorf("%v: formulas would call two numbers %q", got, id)
				}
				seen[id] = true
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}

// TestADraftPursuesTheGoalOfAnotherEpisode: what the other episode achieved in its first observation is where it began.
func TestADraftPursuesTheGoalOfAnotherEpisode(t *testing.T) {
	one, minus := 1.0, -1.0
	space := func(name string, width int) remote.Space {
		return remote.Space{Name: name, Low: slices.Repeat([]*float64{&minus}, width), High: slices.Repeat([]*float64{&one}, width)}
	}
	d := &draft{}
	d.line("name: reach\ntitle: reach\nsource: a test\nsimulator: {gymnasium: {id: Reach-v0}}\nhorizon: 10")
	h := &remote.Hello{Goal: true, Reward: true, Observation: []remote.Space{space("achieved_goal", 2), space("desired_goal", 2)},
		Action: []remote.Space{space("push", 1)}}
	d.spaces(h)
	d.sources(h)
	drafted, err := task.Load(task.Source{File: task.FileName, Read: func(name string) ([]byte, error) {
		if name != task.FileName {
			return nil, fs.ErrNotExist
		}
		return []byte(strings.TrimSpace(d.text.String())), nil
	}})
	if err != nil {
		t.Fatalf("%v\n%s", err, d.text.String())
	}
	obs := []float64{0.1, 0.2, 0.3, 0.4}
	if drafted.Retarget(obs, []float64{0.5, 0.6, 0.7, 0.8}); !slices.Equal(obs, []float64{0.1, 0.2, 0.7, 0.8}) {
		t.Errorf("an observation under the goal (0.7, 0.8) is %v", obs)
	}
}
