//go:build cuda

package driver

/*
#include <cuda.h>
#include <string.h>

// palmal_launch passes all arguments as one packed block, which works for any kernel whose arguments
// are 8 bytes each or structs of such. shape is grid x, y, z, block x, y, z, shared bytes.
static CUresult palmal_launch(CUfunction f, const unsigned *shape, int cooperative, CUstream s, void *args, size_t bytes) {
	void *extra[] = {CU_LAUNCH_PARAM_BUFFER_POINTER, args, CU_LAUNCH_PARAM_BUFFER_SIZE, &bytes, CU_LAUNCH_PARAM_END};
	if (!cooperative)
		return cuLaunchKernel(f, shape[0], shape[1], shape[2], shape[3], shape[4], shape[5], shape[6], s, NULL, extra);
	CUlaunchAttribute attribute;
	memset(&attribute, 0, sizeof attribute);
	attribute.id = CU_LAUNCH_ATTRIBUTE_COOPERATIVE;
	attribute.value.cooperative = 1;
	CUlaunchConfig c = {
		.gridDimX = shape[0], .gridDimY = shape[1], .gridDimZ = shape[2],
		.blockDimX = shape[3], .blockDimY = shape[4], .blockDimZ = shape[5],
		.sharedMemBytes = shape[6], .hStream = s, .attrs = &attribute, .numAttrs = 1,
	};
	return cuLaunchKernelEx(&c, f, NULL, extra);
}
*/
import "C"

import (
	"reflect"
	"unsafe"

	"gorgonia.org/cu"
)

// cu.Function and cu.Stream are structs of one pointer, read below. The build fails if that changes.
var (
	_ [unsafe.Sizeof(uintptr(0)) - unsafe.Sizeof(cu.Function{})]byte
	_ [unsafe.Sizeof(uintptr(0)) - unsafe.Sizeof(cu.Stream{})]byte
)

// Error is a refusal of the driver.
type Error struct {
	Op   string // the call
	Code int    // CUresult
}

// Error names the call and gives the driver's name and text for the code; cu's table lacks the newer half
// of the codes.
func (e *Error) Error() string {
	var name, text *C.char
	C.cuGetErrorName(C.CUresult(e.Code), &name)
	C.cuGetErrorString(C.CUresult(e.Code), &text)
	if name == nil || text == nil {
		return e.Op + ": unknown CUDA error"
	}
	return e.Op + ": " + C.GoString(name) + " (" + C.GoString(text) + ")"
}

// explain turns an error of cu, which is the code as an unexported kind of int, into an *Error.
func explain(op string, err error) error {
	if v := reflect.ValueOf(err); v.IsValid() && v.CanInt() {
		return &Error{op, int(v.Int())}
	}
	return err
}

func check(op string, r C.CUresult) error {
	if r == C.CUDA_SUCCESS {
		return nil
	}
	return &Error{op, int(r)}
}

func function(f cu.Function) C.CUfunction { return *(*C.CUfunction)(unsafe.Pointer(&f)) }
func stream(s cu.Stream) C.CUstream       { return *(*C.CUstream)(unsafe.Pointer(&s)) }

// launch enqueues one kernel with its arguments packed.
func launch(f cu.Function, shape *[7]uint32, cooperative bool, s cu.Stream, args []uint64) error {
	flag := C.int(0)
	if cooperative {
		flag = 1
	}
	return check("launch", C.palmal_launch(function(f), (*C.uint)(unsafe.Pointer(shape)), flag, stream(s),
		unsafe.Pointer(unsafe.SliceData(args)), C.size_t(8*len(args))))
}

// allowShared opts a kernel in to the given bytes of dynamic shared memory.
func allowShared(f cu.Function, bytes int) error {
	return check("cuFuncSetAttribute", C.cuFuncSetAttribute(function(f), C.CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, C.int(bytes)))
}

// residentBlocks returns how many blocks of a kernel one multiprocessor holds at a time.
func residentBlocks(f cu.Function, threads, shared int) (int, error) {
	var n C.int
	err := check("cuOccupancyMaxActiveBlocksPerMultiprocessor",
		C.cuOccupancyMaxActiveBlocksPerMultiprocessor(&n, function(f), C.int(threads), C.size_t(shared)))
	return int(n), err
}

// attribute reads a device attribute by its number; cu's own table lacks the newer ones.
func attribute(d cu.Device, which C.CUdevice_attribute) (int, error) {
	var v C.int
	err := check("cuDeviceGetAttribute", C.cuDeviceGetAttribute(&v, which, C.CUdevice(d)))
	return int(v), err
}

// pinned allocates page-locked host memory.
func pinned(bytes int) (unsafe.Pointer, error) {
	var p unsafe.Pointer
	err := check("cuMemHostAlloc", C.cuMemHostAlloc(&p, C.size_t(bytes), 0))
	return p, err
}
