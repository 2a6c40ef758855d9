package nn

import "fmt"

// Layout lists what the state of a network holds: float32 arrays in their order, then the counters of
// its optimiser if it has one.
type Layout struct {
	Kind     HandleKind
	Arrays   []Field
	Counters int
}

// Field is one float32 array of a state.
type Field struct {
	Name  string
	Shape []int
}

// adamCounters is the number of an optimiser's counters: steps and epochs.
const adamCounters = 2

// Layout is the layout of an ensemble's state.
func (s EnsembleShape) Layout() Layout {
	parameters, inputs, outputs := []int{s.Members, s.Parameters()}, []int{s.Observation + s.Action}, []int{s.Outputs()}
	return Layout{EnsembleHandle, []Field{
		{StateParameters, parameters}, {StateMoment1, parameters}, {StateMoment2, parameters},
		{StateInShift, inputs}, {StateInScale, inputs}, {StateOutShift, outputs}, {StateOutScale, outputs},
	}, adamCounters}
}

// Layout is the layout of a policy's state.
func (s PolicyShape) Layout() Layout {
	inputs := []int{s.Observation}
	return Layout{PolicyHandle, []Field{{StateParameters, []int{s.Parameters()}}, {StateInShift, inputs}, {StateInScale, inputs}}, 0}
}

// Layout is the layout of a value network's state.
func (s ValueShape) Layout() Layout {
	parameters := []int{s.MLP().Parameters()}
	return Layout{ValueHandle, []Field{{StateParameters, parameters}, {StateMoment1, parameters}, {StateMoment2, parameters}}, adamCounters}
}

// State makes a state of arrays in the order of the layout, and of counters if the layout has any. It
// keeps the slices.
func (l Layout) State(arrays [][]float32, counters []int64) State {
	state := make(State, 0, len(l.Arrays)+1)
	for i, field := range l.Arrays {
		state = append(state, Array{Name: field.Name, Value: Matrix(arrays[i], field.Shape...)})
	}
	if l.Counters > 0 {
		state = append(state, Array{Name: StateCounters, Value: Integers(counters)})
	}
	return state
}

// Read returns the arrays of a state in the order of the layout, and its counters, without copying them.
// It refuses a state with a missing array or an array of another shape.
func (l Layout) Read(state State) (arrays [][]float32, counters []int64, err error) {
	arrays = make([][]float32, len(l.Arrays))
	for i, field := range l.Arrays {
		if arrays[i], err = state.Float32s(field.Name, field.Shape...); err != nil {
			return nil, nil, fmt.Errorf("%s: %w", l.Kind, err)
		}
	}
	if l.Counters > 0 {
		if counters, err = state.Counters(StateCounters, l.Counters); err != nil {
			return nil, nil, fmt.Errorf("%s: %w", l.Kind, err)
		}
	}
	return arrays, counters, nil
}
