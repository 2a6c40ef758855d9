package nn

import "fmt"

// Layout is what the state of a network holds: float32 arrays in their order and, behind them, the
// counters of its optimiser if it has one.
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

// adamCounters is how many counters an optimiser has: steps and epochs.
const adamCounters = 2

// Layout is that of the states of an ensemble.
func (s EnsembleShape) Layout() Layout {
	parameters, inputs, outputs := []int{s.Members, s.MLP().Parameters()}, []int{s.Observation + s.Action}, []int{s.Outputs()}
	return Layout{EnsembleHandle, []Field{
		{StateParameters, parameters}, {StateMoment1, parameters}, {StateMoment2, parameters},
		{StateInShift, inputs}, {StateInScale, inputs}, {StateOutShift, outputs}, {StateOutScale, outputs},
	}, adamCounters}
}

// Layout is that of the states of a policy.
func (s PolicyShape) Layout() Layout {
	inputs := []int{s.Observation}
	return Layout{PolicyHandle, []Field{{StateParameters, []int{s.Parameters()}}, {StateInShift, inputs}, {StateInScale, inputs}}, 0}
}

// Layout is that of the states of a value network.
func (s ValueShape) Layout() Layout {
	parameters := []int{s.MLP().Parameters()}
	return Layout{ValueHandle, []Field{{StateParameters, parameters}, {StateMoment1, parameters}, {StateMoment2, parameters}}, adamCounters}
}

// State makes a state of arrays in the order of the layout, and of counters where it has any. It
// keeps the slices that it is given.
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

// Read finds the arrays of a state, in the order of the layout, and its counters; they are the
// state's own. It refuses a state that lacks one or has one of another shape.
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
