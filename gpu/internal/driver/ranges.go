//go:build cuda

package driver

/*
#cgo LDFLAGS: -ldl
#include <stdlib.h>
#include <cuda.h>
#include <cudaProfiler.h>
#include <nvtx3/nvToolsExt.h>
*/
import "C"

import (
	"os"
	"unsafe"
)

// injectionVariable is the environment variable in which a tool names the library that listens to ranges. Ranges go to
// NVTX 3, a header of the toolkit that loads this library at its first call; Nsight Systems and Nsight Compute set the
// variable for the programs that they start. CUDA 13 dropped NVTX 2 and its library libnvToolsExt.
const injectionVariable = "NVTX_INJECTION64_PATH"

// listened reports whether a tool listens to ranges. If not, no later range reaches C. Later headers look for a tool in
// the driver too if the variable is not set; a range shows that.
func listened() bool {
	if os.Getenv(injectionVariable) != "" {
		return true
	}
	text := C.CString("palmal")
	defer C.free(unsafe.Pointer(text))
	if C.nvtxRangePushA(text) == C.NVTX_NO_PUSH_POP_TRACKING {
		return false
	}
	C.nvtxRangePop()
	return true
}

// Watched reports whether a tool listens to the ranges of a device.
func (d *Device) Watched() bool { return d.watched }

// Push begins a range on the owner's thread, inside the ranges that are open there. It works after a failure of the
// job too, so that every Pop has its Push.
func (q *Queue) Push(name string) {
	if !q.watched {
		return
	}
	text := C.CString(name)
	C.nvtxRangePushA(text)
	C.free(unsafe.Pointer(text))
	q.ranges++
}

// Pop ends the last begun range.
func (q *Queue) Pop() {
	if q.ranges > 0 {
		C.nvtxRangePop()
		q.ranges--
	}
}

// Profile makes profilers begin or end collecting. It waits for the device first.
func (q *Queue) Profile(on bool) {
	q.Wait()
	if q.err != nil && on {
		return
	}
	op, call := "cuProfilerStop", func() C.CUresult { return C.cuProfilerStop() }
	if on {
		op, call = "cuProfilerStart", func() C.CUresult { return C.cuProfilerStart() }
	}
	if err := check(op, call()); err != nil {
		q.fail(err)
	}
}
