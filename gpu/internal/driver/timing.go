//go:build cuda

package driver

import (
	"cmp"
	"slices"
	"time"
)

// Timing is what the launches of one kernel took, from the call until the device was idle again.
type Timing struct {
	Kernel   string
	Launches int
	Total    time.Duration
}

func (q *Queue) count(name string, took time.Duration) {
	t := q.times[name]
	if t == nil {
		t = &Timing{Kernel: name}
		q.times[name] = t
	}
	t.Launches++
	t.Total += took
}

// Timings lists the kernels launched so far, the longest first. It is empty without Options.Sync.
func (d *Device) Timings() ([]Timing, error) {
	var list []Timing
	err := d.Do(func(q *Queue) {
		for _, t := range q.times {
			list = append(list, *t)
		}
	})
	slices.SortFunc(list, func(a, b Timing) int {
		return cmp.Or(cmp.Compare(b.Total, a.Total), cmp.Compare(a.Kernel, b.Kernel))
	})
	return list, err
}
