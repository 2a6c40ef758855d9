//go:build cuda

package gpu

import "github.com/palmal-rl/palmal/gpu/internal/driver"

// Wait returns after the device has finished all work, so that a clock may be read.
func (b *Backend) Wait() error { return b.d.Do((*driver.Queue).Wait) }

// Profile tells profilers that wait for it (nsys --capture-range=cudaProfilerApi, ncu
// --profile-from-start off) to begin or to end collecting. It waits for the device.
func (b *Backend) Profile(on bool) error {
	return b.d.Do(func(q *driver.Queue) { q.Profile(on) })
}

// Range begins a named range for tools that draw ranges (NVTX) and returns a function that ends it. Ranges belong to
// the thread that launches, so the ranges of operations lie inside. Without a listening tool nothing happens.
func (b *Backend) Range(name string) (end func()) {
	if !b.d.Watched() {
		return func() {}
	}
	if b.d.Do(func(q *driver.Queue) { q.Push(name) }) != nil {
		return func() {} // closed
	}
	return func() { _ = b.d.Do((*driver.Queue).Pop) }
}
