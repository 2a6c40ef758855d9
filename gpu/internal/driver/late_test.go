//go:build cuda

package driver

import (
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"
	"unsafe"

	"gorgonia.org/cu"
)

// The emulator executes enqueued work as late as a device may, which exposes memory that is changed or freed too early
// and missing waits. These tests use the driver wrongly on purpose.

// inJob runs a test's work as a job and fails the test where the job fails.
func inJob(t *testing.T, d *Device, work func(q *Queue)) {
	t.Helper()
	if err := d.Do(work); err != nil {
		t.Error(err)
	}
}

// enqueueUpload enqueues an upload without a wait.
func enqueueUpload(q *Queue, dst Ptr[float32], src []float32, s cu.Stream) {
	if err := cu.MemcpyHtoDAsync(cu.DevicePtr(dst), unsafe.Pointer(unsafe.SliceData(src)), int64(4*len(src)), s); err != nil {
		q.fail(explain("cuMemcpyHtoDAsync", err))
	}
}

func TestSourceChangedBeforeTheWaitShows(t *testing.T) {
	inJob(t, open(t, false), func(q *Queue) {
		host, p, have := Pinned[float32](q, 8), Ptr[float32](q.Alloc(32)), make([]float32, 8)
		defer Unpin(q, host)
		host[7] = 1
		enqueueUpload(q, p, host, q.stream)
		host[7] = 2 // too early
		Download(q, have, p)
		if have[7] != 2 {
			t.Errorf("the device has %g: it read before the wait, so no test could notice a source that changes", have[7])
		}
	})
}

func TestDownloadIsThereAfterTheWaitOnly(t *testing.T) {
	inJob(t, open(t, false), func(q *Queue) {
		p, have := Ptr[float32](q.Alloc(32)), make([]float32, 8)
		Zero(q, p, 8)
		have[0] = 5
		if err := cu.MemcpyDtoHAsync(unsafe.Pointer(&have[0]), cu.DevicePtr(p), 32, q.stream); err != nil {
			t.Error(err)
		}
		if have[0] != 5 {
			t.Error("a download was there before the wait")
		}
		q.Wait()
		if have[0] != 0 {
			t.Errorf("%g after the wait, want 0", have[0])
		}
	})
}

// large is more numbers than a staged upload holds.
const large = stageBytes

// slowness is the delay of the device, long enough to collect garbage.
const slowness = 100 * time.Millisecond

// collected collects garbage while the device is delayed, and overwrites the numbers once they are freed. It returns
// a function that returns the time of that, 0 if it did not happen.
func collected(t *testing.T, numbers *[large]float32) func() time.Duration {
	var after atomic.Int64
	start, stop := time.Now(), make(chan struct{})
	runtime.SetFinalizer(numbers, func(gone *[large]float32) {
		for i := range gone {
			gone[i] = -1
		}
		after.Store(int64(time.Since(start)))
	})
	t.Cleanup(func() { close(stop) })
	go func() {
		for {
			select {
			case <-stop:
				return
			case <-time.After(time.Millisecond):
				runtime.GC()
			}
		}
	}()
	return func() time.Duration { return time.Duration(after.Load()) }
}

// TestUploadKeepsItsSource: only Upload uses the numbers, and the device reads them late.
func TestUploadKeepsItsSource(t *testing.T) {
	d, have := open(t, false), make([]float32, large)
	t.Setenv("PALMAL_EMU_DELAY", strconv.Itoa(int(slowness/time.Millisecond)))
	inJob(t, d, func(q *Queue) {
		p, numbers := Ptr[float32](q.Alloc(4*large)), new([large]float32)
		for i := range numbers {
			numbers[i] = float32(i % 100)
		}
		collected(t, numbers)
		Upload(q, p, numbers[:])
		Download(q, have, p)
	})
	for i := range have {
		if have[i] != float32(i%100) {
			t.Fatalf("number %d is %g, want %d: the source was freed before the device read it", i, have[i], i%100)
		}
	}
}

// TestDownloadKeepsItsDestination: the device writes late to numbers that no code reads afterwards.
func TestDownloadKeepsItsDestination(t *testing.T) {
	d := open(t, false)
	t.Setenv("PALMAL_EMU_DELAY", strconv.Itoa(int(slowness/time.Millisecond)))
	var freed func() time.Duration
	inJob(t, d, func(q *Queue) {
		p, numbers := Ptr[float32](q.Alloc(4*large)), new([large]float32)
		Zero(q, p, large)
		freed = collected(t, numbers)
		Download(q, numbers[:], p)
	})
	if after := freed(); after != 0 && after < slowness {
		t.Errorf("the destination was freed after %v, the device wrote it after %v", after, slowness)
	}
}

func TestMemoryGivenBackTooEarlyShows(t *testing.T) {
	for what, c := range map[string]struct {
		wrong func(q *Queue)
		says  string
	}{
		"a kernel's": {func(q *Queue) {
			p := q.Alloc(256)
			q.Free(p)
			q.Launch(probeWarp, Line(32, 32), p, p, p)
		}, "argument at byte 0 points to freed device memory"},
		"the middle of it": {func(q *Queue) {
			p, x := q.Alloc(256), q.Alloc(1024)
			q.Free(x)
			q.Launch(probeWarp, Line(32, 32), p, x+512, p)
		}, "argument at byte 8 points to freed device memory"},
		"a copy's": {func(q *Queue) {
			p := Ptr[float32](q.Alloc(256))
			q.Free(uint64(p))
			Zero(q, p, 64)
		}, "not within one allocation"},
		"page-locked": {func(q *Queue) {
			host, p := Pinned[float32](q, 64), Ptr[float32](q.Alloc(256))
			enqueueUpload(q, p, host, q.stream)
			Unpin(q, host)
		}, "before the wait for a copy that uses it"},
	} {
		t.Run(what, func(t *testing.T) {
			err := open(t, false).Do(func(q *Queue) {
				c.wrong(q)
				q.Wait()
			})
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v, want %q", err, c.says)
			}
		})
	}
}

// twoStreams uploads on one stream and reads the upload on another, which waits for the first or not. It returns the
// number that the second stream read.
func twoStreams(t *testing.T, wait bool) (read float32) {
	inJob(t, open(t, false), func(q *Queue) {
		second, err := cu.MakeStream(cu.NonBlocking)
		if err != nil {
			t.Error(err)
			return
		}
		host, have := Pinned[float32](q, 32), make([]float32, 32)
		defer Unpin(q, host)
		x, y := Ptr[float32](q.Alloc(128)), Ptr[float32](q.Alloc(128))
		Zero(q, x, 32)
		q.Wait()
		host[0] = 3
		enqueueUpload(q, x, host, q.stream)
		ready := q.event()
		q.mark(ready)
		if wait {
			if err := second.Wait(ready, 0); err != nil {
				t.Error(err)
			}
		}
		scale := [7]uint32{1, 1, 1, 32, 1, 1, 128}
		if err := launch(q.kernels[probeScale].function, &scale, false, second, []uint64{uint64(y), uint64(x), one, 32}); err != nil {
			t.Error(err)
		}
		if err := cu.MemcpyDtoHAsync(unsafe.Pointer(&have[0]), cu.DevicePtr(y), 128, second); err != nil {
			t.Error(err)
		}
		if err := second.Synchronize(); err != nil {
			t.Error(explain("cuStreamSynchronize", err))
		}
		read = have[0]
		q.Wait()
		q.drop(ready)
		if err := second.Destroy(); err != nil {
			t.Error(explain("cuStreamDestroy", err))
		}
	})
	return read
}

const one = 0x3ff0000000000000 // bits of the float64 1

func TestMissingWaitBetweenStreamsShows(t *testing.T) {
	for _, order := range []string{"0", "1"} {
		t.Setenv("PALMAL_EMU_OTHERS_FIRST", order)
		if got := twoStreams(t, true); got != 3 {
			t.Errorf("order %s: a stream that waited for the other read %g, want 3", order, got)
		}
	}
	t.Setenv("PALMAL_EMU_OTHERS_FIRST", "0")
	if got := twoStreams(t, false); got != 0 {
		t.Errorf("a stream that did not wait read %g: the missing wait goes unnoticed", got)
	}
}
