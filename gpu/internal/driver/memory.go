//go:build cuda

package driver

import (
	"errors"
	"fmt"
	"runtime"
	"unsafe"

	"gorgonia.org/cu"

	"github.com/palmal-rl/palmal/nn"
)

// Ptr points to values of type T on the device. 0 points nowhere.
type Ptr[T any] uint64

// At returns the pointer to element i after p.
func (p Ptr[T]) At(i int) Ptr[T] {
	var t T
	return p + Ptr[T](i*int(unsafe.Sizeof(t)))
}

// Alloc reserves bytes on the device. A refusal for lack of memory wraps [nn.ErrMemory].
func (q *Queue) Alloc(bytes int64) uint64 {
	if q.err != nil {
		return 0
	}
	p, err := cu.MemAlloc(bytes)
	if err != nil {
		q.fail(memoryError(bytes, err))
	}
	return uint64(p)
}

func memoryError(bytes int64, err error) error {
	if errors.Is(err, cu.OutOfMemory) {
		return fmt.Errorf("%d bytes on the device: %w", bytes, nn.ErrMemory)
	}
	return fmt.Errorf("%d bytes on the device: %w", bytes, explain("cuMemAlloc", err))
}

// Free frees memory of Alloc. It waits for the device and runs even after a failure.
func (q *Queue) Free(p uint64) {
	if err := cu.MemFree(cu.DevicePtr(p)); err != nil {
		q.fail(explain("cuMemFree", err))
	}
}

// MemoryInfo returns the free and the total bytes of the device.
func (q *Queue) MemoryInfo() (free, total int64) {
	if q.err != nil {
		return 0, 0
	}
	free, total, err := cu.MemInfo()
	if err != nil {
		q.fail(explain("cuMemGetInfo", err))
	}
	return free, total
}

// Upload copies src to the device. The caller may change src at once.
func Upload[T any](q *Queue, dst Ptr[T], src []T) {
	if q.err != nil || len(src) == 0 {
		return
	}
	bytes := len(src) * int(unsafe.Sizeof(src[0]))
	from := unsafe.Pointer(unsafe.SliceData(src))
	staged := q.stage(unsafe.Slice((*byte)(from), bytes))
	if q.err != nil {
		return
	}
	if staged != nil {
		from = unsafe.Pointer(unsafe.SliceData(staged))
	}
	if err := cu.MemcpyHtoDAsync(cu.DevicePtr(dst), from, int64(bytes), q.stream); err != nil {
		q.fail(fmt.Errorf("uploading %d bytes: %w", bytes, explain("cuMemcpyHtoDAsync", err)))
	}
	if staged == nil {
		q.waitWith(src) // a device that reads pageable memory itself may read it later
	}
}

// waitWith waits and keeps host memory alive until then. The device has only its address, and the garbage collector
// frees memory that the host no longer uses. The collector moves no memory, and memory passed to C is not on a stack.
func (q *Queue) waitWith(host any) {
	q.Wait()
	runtime.KeepAlive(host)
}

// stageBytes is the size of the page-locked memory for small uploads.
const stageBytes = 1 << 20

// stage copies a small upload to page-locked memory, which the device may read at any time until the next Wait. It
// returns nil if the upload is not small.
func (q *Queue) stage(bytes []byte) []byte {
	if len(bytes) > stageBytes/4 {
		return nil
	}
	if q.staged+len(bytes) > len(q.staging) {
		q.Wait()
		q.staged = 0 // reset after a failure too: nothing is copied then
	}
	at := q.staging[q.staged:][:len(bytes)]
	q.staged += (len(bytes) + 15) / 16 * 16
	copy(at, bytes)
	return at
}

// Download waits for the device and fills dst from it.
func Download[T any](q *Queue, dst []T, src Ptr[T]) {
	if q.err != nil || len(dst) == 0 {
		return
	}
	bytes := int64(len(dst)) * int64(unsafe.Sizeof(dst[0]))
	if err := cu.MemcpyDtoHAsync(unsafe.Pointer(&dst[0]), cu.DevicePtr(src), bytes, q.stream); err != nil {
		q.fail(fmt.Errorf("downloading %d bytes: %w", bytes, explain("cuMemcpyDtoHAsync", err)))
		return
	}
	q.waitWith(dst)
}

// Copy copies n values within the device.
func Copy[T any](q *Queue, dst, src Ptr[T], n int) {
	if q.err != nil || n == 0 {
		return
	}
	var t T
	bytes := int64(n) * int64(unsafe.Sizeof(t))
	if err := cu.MemcpyDtoDAsync(cu.DevicePtr(dst), cu.DevicePtr(src), bytes, q.stream); err != nil {
		q.fail(fmt.Errorf("copying %d bytes on the device: %w", bytes, explain("cuMemcpyDtoDAsync", err)))
	}
}

// Zero sets n values on the device to 0.
func Zero[T any](q *Queue, dst Ptr[T], n int) { Fill(q, dst, 0, n) }

// Fill sets every byte of n values on the device. 0xff makes floats NaN.
func Fill[T any](q *Queue, dst Ptr[T], value byte, n int) {
	if q.err != nil || n == 0 {
		return
	}
	var t T
	bytes := int64(n) * int64(unsafe.Sizeof(t))
	if err := cu.MemsetD8Async(cu.DevicePtr(dst), value, bytes, q.stream); err != nil {
		q.fail(fmt.Errorf("filling %d bytes on the device: %w", bytes, explain("cuMemsetD8Async", err)))
	}
}

// Pinned returns n values of page-locked host memory, which copies use directly and at full speed. Unpin
// frees it; the garbage collector does not.
func Pinned[T any](q *Queue, n int) []T {
	if q.err != nil || n == 0 {
		return nil
	}
	var t T
	p, err := pinned(n * int(unsafe.Sizeof(t)))
	if err != nil {
		q.fail(err)
		return nil
	}
	return unsafe.Slice((*T)(p), n)
}

// Unpin frees memory of Pinned.
func Unpin[T any](q *Queue, values []T) {
	if len(values) == 0 {
		return
	}
	if err := cu.MemFreeHost(unsafe.Pointer(unsafe.SliceData(values))); err != nil {
		q.fail(fmt.Errorf("freeing %d values of page-locked memory: %w", len(values), explain("cuMemFreeHost", err)))
	}
}
