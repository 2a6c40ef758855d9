package episodes

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// arrayNames are the arrays of an npz file that mean something. The first of several that mean the same is
// ours; others are what D4RL and Minari say.
func arrayNames() []string {
	return []string{"observations", "actions", "rewards", "next_observations", "lengths", "terminated", "terminals", "terminations",
		"truncated", "timeouts", "truncations", "dt", "times", "time", "policy", "meta"}
}

// table is the content of a file as arrays by name.
type table map[string]array

// find returns the first array of several names.
func (t table) find(names ...string) (name string, a array, found bool) {
	for _, name := range names {
		if a, ok := t[name]; ok {
			return name, a, true
		}
	}
	return "", array{}, false
}

// matrix returns an array of floats [n,width]; an array [n] counts as [n,1].
func (t table) matrix(name string) (rows []float32, n, width int, err error) {
	a, found := t[name]
	if !found {
		return nil, 0, 0, fmt.Errorf("has no array %s: it must hold observations [T+1,O] and actions [T,A]", name)
	}
	if !a.isFloat() {
		return nil, 0, 0, fmt.Errorf("array %s: dtype %s, want float32 or float64", name, a.kind.name)
	}
	n, width = 1, 1
	switch len(a.shape) {
	case 1:
		n = a.shape[0]
	case 2:
		n, width = a.shape[0], a.shape[1]
	default:
		return nil, 0, 0, fmt.Errorf("array %s: shape %v, want rows of numbers [n,width]", name, a.shape)
	}
	if n < 1 || width < 1 {
		return nil, 0, 0, fmt.Errorf("array %s: shape %v holds nothing", name, a.shape)
	}
	return a.float32s(), n, width, nil
}

// list returns the numbers of an array of n elements, or of one element where that is allowed for all; nil
// where there is none.
func (t table) list(n int, names ...string) ([]float64, error) {
	name, a, found := t.find(names...)
	if !found {
		return nil, nil
	}
	if a.elements() != n || len(a.shape) > 2 {
		return nil, fmt.Errorf("array %s: shape %v, want [%d]", name, a.shape, n)
	}
	return a.float64s(), nil
}

// flags returns an array of n zeros and ones; nil where there is none.
func (t table) flags(n int, names ...string) ([]bool, error) {
	list, err := t.list(n, names...)
	if err != nil || list == nil {
		return nil, err
	}
	flags := make([]bool, n)
	for i, x := range list {
		if x != 0 && x != 1 {
			name, _, _ := t.find(names...)
			return nil, fmt.Errorf("array %s: %g in row %d, want false or true", name, x, i)
		}
		flags[i] = x == 1
	}
	return flags, nil
}

// episodes finds the layout of a file and cuts it into episodes.
func (t table) episodes() ([]Episode, error) {
	observations, rows, width, err := t.matrix("observations")
	if err != nil {
		return nil, err
	}
	actions, decisions, inputs, err := t.matrix("actions")
	if err != nil {
		return nil, err
	}
	size := Size{width, inputs}
	if rows == decisions {
		return t.flat(observations, actions, size)
	}
	return t.whole(observations, actions, size)
}

// whole cuts a file with T+1 observations for each episode: ours. The array lengths holds the T of each; without
// it there is one episode.
func (t table) whole(observations, actions []float32, size Size) ([]Episode, error) {
	rows, decisions := len(observations)/size.Observation, len(actions)/size.Action
	lengths := []float64{float64(decisions)}
	if a, found := t["lengths"]; found {
		lengths = a.float64s()
	}
	sum := 0
	for i, x := range lengths {
		if x != math.Trunc(x) || !(x >= 1 && x <= float64(decisions)) {
			return nil, fmt.Errorf("array lengths: %g decisions in episode %d, want whole numbers from 1 to %d", x, i, decisions)
		}
		sum += int(x)
	}
	n := len(lengths)
	if sum != decisions || rows != decisions+n {
		return nil, fmt.Errorf("%d observations and %d actions of %d episodes: want one observation more than actions for each episode, "+
			"and an array lengths where there are several", rows, decisions, n)
	}
	return t.cut(observations, actions, size, lengths)
}

// cut makes the episodes.
func (t table) cut(observations, actions []float32, size Size, lengths []float64) ([]Episode, error) {
	n, decisions := len(lengths), len(actions)/size.Action
	rewards, err1 := t.list(decisions, "rewards")
	terminated, err2 := t.flags(n, "terminated")
	truncated, err3 := t.flags(n, "truncated")
	times, err4 := t.list(decisions+n, "times", "time")
	dt, err5 := t.perEpisode(n, "dt")
	policy, err6 := t.perEpisode(n, "policy")
	meta, err7 := t.meta(n)
	if err := errors.Join(err1, err2, err3, err4, err5, err6, err7); err != nil {
		return nil, err
	}
	all := make([]Episode, n)
	first := 0 // first decision
	for i, length := range lengths {
		end := first + int(length)
		e := Episode{Size: size, Policy: unknownPolicy, Observations: observations[(first+i)*size.Observation : (end+i+1)*size.Observation],
			Actions: actions[first*size.Action : end*size.Action]}
		if rewards != nil {
			e.Rewards = rewards[first:end]
		}
		if times != nil {
			e.Times = times[first+i : end+i+1]
		}
		e.Terminated, e.Truncated = terminated != nil && terminated[i], truncated != nil && truncated[i]
		if dt != nil {
			e.Dt = dt[i]
		}
		if policy != nil {
			if !isNumber(policy[i]) {
				return nil, fmt.Errorf("policy: %v for episode %d, want the whole number of a policy", policy[i], i)
			}
			e.Policy = int(policy[i])
		}
		if meta != nil {
			e.Meta = meta[i]
		}
		all[i] = e
		first = end
	}
	return all, nil
}

// perEpisode returns a number for each of n episodes; one number in the file is that of all.
func (t table) perEpisode(n int, name string) ([]float64, error) {
	if a, found := t[name]; found && a.elements() == 1 {
		return slices.Repeat(a.float64s(), n), nil
	}
	list, err := t.list(n, name)
	return list, err
}
