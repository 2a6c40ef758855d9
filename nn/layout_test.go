package nn_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/palmal-rl/palmal/nn"
)

// numbered are arrays of a layout, each of another number, and its counters.
func numbered(l nn.Layout) (arrays [][]float32, counters []int64) {
	for i, field := range l.Arrays {
		size := 1
		for _, n := range field.Shape {
			size *= n
		}
		arrays = append(arrays, slices.Repeat([]float32{float32(i)}, size))
	}
	return arrays, make([]int64, l.Counters)
}

func TestLayoutsReadWhatTheyMade(t *testing.T) {
	for _, l := range []nn.Layout{ensembleShape().Layout(), nn.PolicyShape{Observation: 3, Action: 2, Hidden: []int{4}}.Layout(),
		nn.ValueShape{Observation: 3, Hidden: []int{4}}.Layout()} {
		arrays, counters := numbered(l)
		state := l.State(arrays, counters)
		got, numbers, err := l.Read(state)
		if err != nil || len(numbers) != l.Counters || !slices.EqualFunc(got, arrays, slices.Equal) {
			t.Errorf("%s: read %v and %v, error %v", l.Kind, got, numbers, err)
		}
		if state[0].Name != nn.StateParameters || l.Counters > 0 && state[len(state)-1].Name != nn.StateCounters {
			t.Errorf("%s: the state begins with %s and ends with %s", l.Kind, state[0].Name, state[len(state)-1].Name)
		}
		for i, array := range state {
			lacking := slices.Delete(slices.Clone(state), i, i+1)
			_, _, err := l.Read(lacking)
			if err == nil || !strings.Contains(err.Error(), array.Name) || !strings.HasPrefix(err.Error(), string(l.Kind)) {
				t.Errorf("%s without %s: error %v", l.Kind, array.Name, err)
			}
		}
	}
}
