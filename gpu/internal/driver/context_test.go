//go:build cuda

package driver

import "testing"

// Two holders of a device share its primary context: each sees the memory of the other, which stays when the other
// closes the device.
func TestHoldersShareTheContext(t *testing.T) {
	first, second := open(t, false), open(t, false)
	var at Ptr[float32]
	if err := first.Do(func(q *Queue) {
		at = Ptr[float32](q.Alloc(4))
		Upload(q, at, []float32{7})
		q.Wait()
	}); err != nil {
		t.Fatal(err)
	}
	have := make([]float32, 1)
	look := func(q *Queue) { Download(q, have, at) }
	if err := second.Do(look); err != nil || have[0] != 7 {
		t.Errorf("the other holder reads %g: %v", have[0], err)
	}
	have[0] = 0
	if err := second.Close(); err != nil {
		t.Error(err)
	}
	if err := first.Do(look); err != nil || have[0] != 7 {
		t.Errorf("after the other holder is gone: %g, %v", have[0], err)
	}
	if err := first.Do(func(q *Queue) { q.Free(uint64(at)) }); err != nil {
		t.Error(err)
	}
}
