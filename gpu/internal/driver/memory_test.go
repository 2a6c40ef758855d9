//go:build cuda

package driver

import "testing"

// Small uploads use a page-locked memory, which they fill more than once; large ones do not.
func TestUploadsTakeTheirSourceAtOnce(t *testing.T) {
	d := open(t, false)
	err := d.Do(func(q *Queue) {
		for _, n := range []int{1, 1001, stageBytes / 16, stageBytes/16 + 1, stageBytes} {
			x, have := make([]float32, n), make([]float32, n)
			var on [9]Ptr[float32]
			for i := range on {
				on[i] = Ptr[float32](q.Alloc(int64(4 * n)))
				for k := range x {
					x[k] = float32(i*n + k)
				}
				Upload(q, on[i], x)
			}
			for i := range on {
				Download(q, have, on[i])
				if q.Err() == nil && (have[0] != float32(i*n) || have[n-1] != float32(i*n+n-1)) {
					t.Errorf("%d numbers, upload %d: %g to %g", n, i, have[0], have[n-1])
				}
				q.Free(uint64(on[i]))
			}
		}
	})
	if err != nil {
		t.Error(err)
	}
}
