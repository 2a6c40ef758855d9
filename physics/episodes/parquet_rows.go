package episodes

import (
	"errors"
	"fmt"
)

// rows reads the columns that mean something.
func (f *parquetFile) rows() (r frames, err error) {
	names := f.observed()
	if len(names) == 0 {
		return r, errors.New("has no column observation.state: want the columns of a LeRobotDataset, observation.state, action, episode_index")
	}
	var parts []column
	for _, name := range names {
		c, _, err := f.read(name)
		if err != nil {
			return r, err
		}
		parts = append(parts, c)
		r.Observation += c.width
	}
	n := len(parts[0].values) / parts[0].width
	need := func(name string, needed bool) ([]float64, int) {
		c, found, e := f.read(name)
		if e == nil && !found && needed {
			e = fmt.Errorf("has no column %s", name)
		}
		if e == nil && found && len(c.values) != n*c.width {
			e = fmt.Errorf("column %s: %d rows, %s has %d", name, len(c.values)/c.width, names[0], n)
		}
		err = errors.Join(err, e)
		return c.values, c.width
	}
	actions, width := need("action", true)
	r.of, _ = need("episode_index", true)
	r.rewards, _ = need("next.reward", false)
	r.terminated, _ = need("next.terminated", false)
	r.times, _ = need("timestamp", false)
	r.policies, _ = need("policy", false)
	for _, p := range parts {
		if len(p.values) != n*p.width {
			err = errors.Join(err, errors.New("columns of the observation differ in their number of rows"))
		}
	}
	if err != nil {
		return r, err
	}
	if len(r.of) != n || len(r.rewards) > n || len(r.times) > n || len(r.terminated) > n || len(r.policies) > n {
		return r, errors.New("episode_index, next.reward, next.terminated, timestamp and policy: want one number in each row")
	}
	r.Action = width
	for i := range n {
		for _, p := range parts {
			for _, x := range p.values[i*p.width : (i+1)*p.width] {
				r.observations = append(r.observations, float32(x))
			}
		}
	}
	for _, a := range actions {
		r.actions = append(r.actions, float32(a))
	}
	return r, nil
}
