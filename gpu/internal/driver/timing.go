//go:build cuda

package driver

import (
	"cmp"
	"slices"
	"time"

	"gorgonia.org/cu"
)

// Timing is the time of the launches of one kernel, from the call until the device is idle again.
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

// Measure runs work, waits for the device, and returns the device's time for what work enqueued, by events
// before and after it.
func (q *Queue) Measure(work func()) time.Duration {
	start, end := q.event(), q.event()
	defer q.drop(start)
	defer q.drop(end)
	q.mark(start)
	work()
	q.mark(end)
	q.Wait()
	if q.err != nil {
		return 0
	}
	milliseconds, err := start.Elapsed(end)
	if err != nil {
		q.fail(explain("cuEventElapsedTime", err))
	}
	return time.Duration(milliseconds * float64(time.Millisecond))
}

func (q *Queue) event() cu.Event {
	if q.err != nil {
		return cu.Event{}
	}
	e, err := cu.MakeEvent(cu.DefaultEvent)
	if err != nil {
		q.fail(explain("cuEventCreate", err))
	}
	return e
}

func (q *Queue) mark(e cu.Event) {
	if q.err != nil {
		return
	}
	if err := e.Record(q.stream); err != nil {
		q.fail(explain("cuEventRecord", err))
	}
}

func (q *Queue) drop(e cu.Event) {
	if e == (cu.Event{}) {
		return
	}
	if err := cu.DestroyEvent(&e); err != nil {
		q.fail(explain("cuEventDestroy", err))
	}
}
