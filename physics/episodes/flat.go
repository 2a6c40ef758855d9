package episodes

import (
	"errors"
	"fmt"
)

// flat cuts a file with one observation for each action: the layout of D4RL. Flags say in which rows episodes
// end. The array next_observations holds the observations after the actions; without it that of the last
// decision of a truncated episode is unknown, and the decision is left out. Rows after the last flag are an
// episode that was cut.
func (t table) flat(observations, actions []float32, size Size) ([]Episode, error) {
	n := len(actions) / size.Action
	terminated, err1 := t.flags(n, "terminated", "terminals", "terminations")
	truncated, err2 := t.flags(n, "truncated", "timeouts", "truncations")
	rewards, err3 := t.list(n, "rewards")
	dt, err4 := t.perEpisode(1, "dt")
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		return nil, err
	}
	if terminated == nil && truncated == nil {
		return nil, fmt.Errorf("as many observations as actions, %d, and no array that says where episodes end: "+
			"want terminals and timeouts [%d], or one observation more than actions in each episode", n, n)
	}
	f := flatRows{Size: size, observations: observations, actions: actions, rewards: rewards}
	if _, found := t["next_observations"]; found {
		next, rows, width, err := t.matrix("next_observations")
		if err != nil {
			return nil, err
		}
		if rows != n || width != size.Observation {
			return nil, fmt.Errorf("array next_observations: %d rows of %d, want %d of %d", rows, width, n, size.Observation)
		}
		f.next = next
	}
	if dt != nil {
		f.dt = dt[0]
	}
	first := 0
	for i := range n {
		ended := terminated != nil && terminated[i]
		if ended || truncated != nil && truncated[i] || i == n-1 {
			if err := f.take(first, i+1, ended); err != nil {
				return nil, err
			}
			first = i + 1
		}
	}
	if len(f.episodes) == 0 {
		return nil, errors.New("no episode has two observations")
	}
	return f.episodes, nil
}

// flatRows are the rows of such a file, and the episodes cut from them.
type flatRows struct {
	Size
	observations, next, actions []float32
	rewards                     []float64
	dt                          float64
	episodes                    []Episode
}

// take cuts rows first to end.
func (f *flatRows) take(first, end int, terminated bool) error {
	o, a := f.Observation, f.Action
	if f.next == nil {
		if terminated {
			return fmt.Errorf("row %d terminates an episode, but there is no array next_observations with the state in which it did", end-1)
		}
		if end--; end <= first { // a lone row shows no transition
			return nil
		}
	}
	e := Episode{Size: f.Size, Policy: unknownPolicy, Dt: f.dt, Terminated: terminated, Truncated: !terminated,
		Actions: f.actions[first*a : end*a]}
	if f.rewards != nil {
		e.Rewards = f.rewards[first:end]
	}
	if f.next == nil {
		e.Observations = f.observations[first*o : (end+1)*o]
	} else {
		e.Observations = append(append(make([]float32, 0, (end-first+1)*o), f.observations[first*o:end*o]...), f.next[(end-1)*o:end*o]...)
		if at, ok := f.breakIn(first, end); !ok {
			return fmt.Errorf("the observation in row %d is not the one that next_observations says follows row %d: an episode ends there, but no flag says so", at, at-1)
		}
	}
	f.episodes = append(f.episodes, e)
	return nil
}

// breakIn finds a row whose observation is not the next one of the row before it.
func (f *flatRows) breakIn(first, end int) (int, bool) {
	o := f.Observation
	for i := first + 1; i < end; i++ {
		for j := range o {
			if f.observations[i*o+j] != f.next[(i-1)*o+j] {
				return i, false
			}
		}
	}
	return 0, true
}
