//go:build cuda

package driver

import (
	"strconv"
	"strings"
	"testing"
)

// An error that shows at a wait names the kernels launched since the last wait, not earlier ones.
func TestErrorAtAWaitNamesWhatWasLaunched(t *testing.T) {
	d := open(t, false)
	err := d.Do(func(q *Queue) {
		p, x, y := q.Alloc(256), q.Alloc(256), q.Alloc(256)
		for range 7 {
			q.Launch(probeWarp, Line(32, 32), p, x, y)
		}
		q.Wait()
		q.Launch(probeScale, Shape{Grid: Dim{X: 1}, Block: Dim{X: 32}, Shared: 128}, p, x, one, 1)
		q.Launch(faultAligned, Line(4, 32), p)
		q.Launch(probeScale, Shape{Grid: Dim{X: 1}, Block: Dim{X: 32}, Shared: 128}, p, x, one, 1)
		q.Wait()
	})
	if want := "(3 kernels since the last wait, the last first: probe_scale, fault_aligned, probe_scale)"; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want %q", err, want)
	}
	many := flight{}
	for i := range 12 {
		many.add(strconv.Itoa(i))
	}
	if want := " (12 kernels since the last wait, the last first: 11, 10, 9, 8, 7)"; many.String() != want {
		t.Errorf("%q, want %q", many, want)
	}
}
