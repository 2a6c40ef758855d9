//go:build cuda

package gpu

import "github.com/palmal-rl/palmal/gpu/internal/driver"

// Wait returns when the device has done all that was asked of it, so that a clock may be read.
func (b *Backend) Wait() error { return b.d.Do((*driver.Queue).Wait) }

// Profile tells profilers that were asked to wait for it (nsys --capture-range=cudaProfilerApi, ncu
// --profile-from-start off) to begin or to end collecting. It waits for the device.
func (b *Backend) Profile(on bool) error {
	return b.d.Do(func(q *driver.Queue) { q.Profile(on) })
}

// Range begins a range of that name for tools that draw them (NVTX) and returns what ends it. Ranges belong to the
// thread that launches, so that those of operations lie inside. Where no tool listens nothing happens.
func (b *Backend) Range(name string) (end func()) {
	if !b.d.Watched() {
		return func() {}
	}
	if b.d.Do(func(q *driver.Queue) { q.Push(name) }) != nil {
		return func() {} // closed
	}
	return func() { _ = b.d.Do((*driver.Queue).Pop) }
}
