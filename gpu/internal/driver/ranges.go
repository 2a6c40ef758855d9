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

// injectionVariable is where a tool says which library listens to ranges. They go to NVTX 3, a header of the toolkit
// that loads this library at its first call; Nsight Systems and Nsight Compute set the variable for the programs that
// they start. The library libnvToolsExt of NVTX 2 did the same one step removed; CUDA 13 has it no more.
const injectionVariable = "NVTX_INJECTION64_PATH"

// listened reports whether a tool listens to ranges. Where none does, none reaches C after this. Later headers look for
// a tool in the driver too, where the variable is not set; a range tells.
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

// Push begins a range on the owner's thread, inside the ranges that are open there. It does so after a failure of
// the job too, so that every Pop has its Push.
func (q *Queue) Push(name string) {
	if !q.watched {
		return
	}
	text := C.CString(name)
	C.nvtxRangePushA(text)
	C.free(unsafe.Pointer(text))
	q.ranges++
}

// Pop ends the range begun last.
func (q *Queue) Pop() {
	if q.ranges > 0 {
		C.nvtxRangePop()
		q.ranges--
	}
}

// Profile tells profilers to begin or to end collecting, between two pieces of work of the device: it waits.
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
