// driver.cpp: libcuda.so.1 with the emulator as its device: what package gpu/internal/driver and
// gorgonia.org/cu call. Work is done by the time a call returns. A symbol that is not here answers
// CUDA_ERROR_NO_DEVICE, see gpu/internal/trampoline.
#include <cuda.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <chrono>
#include <string>
#include "emulator.h"

#define CALL extern "C" __attribute__((visibility("default"))) CUresult

namespace {

const int RESERVED_SHARED = 1 << 10, THREADS_PER_SM = 2048;

// Bytes of shared memory of a block at most, and of a multiprocessor.
int shared_per_block() { return (int)emu::environment("PALMAL_EMU_SHARED", 227 << 10); }
int shared_per_sm() { return shared_per_block() + RESERVED_SHARED; }

// Context owns memory on the one device: as on a GPU, a failed launch fails every later call in it.
struct Context {
  CUresult failure = CUDA_SUCCESS;
  std::string message;
};
thread_local Context* current = nullptr;

CUresult ready() { return !current ? CUDA_ERROR_INVALID_CONTEXT : current->failure; }

CUresult refuse(CUresult code, const std::string& message) {
  if (current) current->message = message;
  return code;
}

int sms() { return (int)emu::environment("PALMAL_EMU_SMS", 4); }

int resident(int threads, size_t shared) {
  size_t by_shared = shared_per_sm() / (shared + RESERVED_SHARED), by_threads = THREADS_PER_SM / threads;
  return (int)(by_shared < by_threads ? by_shared : by_threads);
}

CUresult moved(bool legal, void* to, const void* from, size_t bytes) {
  if (CUresult r = ready()) return r;
  if (!legal) return refuse(CUDA_ERROR_INVALID_VALUE, "a copy or fill of " + std::to_string(bytes) + " bytes that is not within one allocation");
  if (from) memmove(to, from, bytes);
  return CUDA_SUCCESS;
}

CUresult start(CUfunction f, dim3 grid, dim3 block, unsigned shared, bool cooperative, void** extra) {
  if (CUresult r = ready()) return r;
  auto* k = (emu::Kernel*)f;
  unsigned threads = block.x * block.y * block.z;
  if (!extra || extra[0] != CU_LAUNCH_PARAM_BUFFER_POINTER || extra[2] != CU_LAUNCH_PARAM_BUFFER_SIZE)
    return refuse(CUDA_ERROR_INVALID_VALUE, "the emulator takes packed arguments only");
  if (*(size_t*)extra[3] != k->argument_bytes) return refuse(CUDA_ERROR_INVALID_VALUE, "arguments of the wrong size");
  if (!grid.x || !grid.y || !grid.z || !threads) return refuse(CUDA_ERROR_INVALID_VALUE, "an empty grid or block");
  if (grid.y > 65535 || grid.z > 65535) return refuse(CUDA_ERROR_INVALID_VALUE, "grid y and z are at most 65535");
  if (threads > k->max_threads) return refuse(CUDA_ERROR_INVALID_VALUE, "more threads than __launch_bounds__ or 1024");
  if (threads % 32) return refuse(CUDA_ERROR_INVALID_VALUE, "blocks must be whole warps");
  if (shared > k->allowed_shared) return refuse(CUDA_ERROR_INVALID_VALUE, "more shared memory than was opted in to");
  if (cooperative && (int64_t)grid.x * grid.y * grid.z > (int64_t)resident((int)threads, shared) * sms())
    return CUDA_ERROR_COOPERATIVE_LAUNCH_TOO_LARGE;
  current->message = emu::run_launch({k, grid, block, shared, cooperative, (const unsigned char*)extra[1]});
  if (!current->message.empty()) current->failure = CUDA_ERROR_LAUNCH_FAILED;
  return current->failure;
}

}  // namespace

CALL cuInit(unsigned) { return CUDA_SUCCESS; }
CALL cuDriverGetVersion(int* v) { return *v = CUDA_VERSION, CUDA_SUCCESS; }
CALL cuDeviceGetCount(int* n) { return *n = (int)emu::environment("PALMAL_EMU_DEVICES", 1), CUDA_SUCCESS; }
CALL cuDeviceGet(CUdevice* d, int ordinal) { return *d = 0, ordinal ? CUDA_ERROR_INVALID_DEVICE : CUDA_SUCCESS; }
CALL cuDeviceGetName(char* s, int n, CUdevice) { return snprintf(s, (size_t)n, "palmal emulator"), CUDA_SUCCESS; }
CALL cuDeviceTotalMem(size_t* bytes, CUdevice) { return *bytes = emu::memory_size(), CUDA_SUCCESS; }

CALL cuDeviceGetAttribute(int* v, CUdevice_attribute which, CUdevice) {
  switch (which) {
    case CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR: *v = 9; break;
    case CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR: *v = 0; break;
    case CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT: *v = sms(); break;
    case CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_BLOCK: *v = 1024; break;
    case CU_DEVICE_ATTRIBUTE_WARP_SIZE: *v = 32; break;
    case CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK: *v = 48 << 10; break;
    case CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN: *v = shared_per_block(); break;
    case CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_MULTIPROCESSOR: *v = shared_per_sm(); break;
    case CU_DEVICE_ATTRIBUTE_L2_CACHE_SIZE: *v = 50 << 20; break;
    case CU_DEVICE_ATTRIBUTE_CLOCK_RATE: *v = 1000000; break;
    case CU_DEVICE_ATTRIBUTE_COOPERATIVE_LAUNCH: *v = 1; break;
    default: *v = 0;
  }
  return CUDA_SUCCESS;
}

CALL cuGetErrorName(CUresult code, const char** name) {
  switch (code) {
    case CUDA_ERROR_INVALID_VALUE: *name = "CUDA_ERROR_INVALID_VALUE"; break;
    case CUDA_ERROR_OUT_OF_MEMORY: *name = "CUDA_ERROR_OUT_OF_MEMORY"; break;
    case CUDA_ERROR_INVALID_DEVICE: *name = "CUDA_ERROR_INVALID_DEVICE"; break;
    case CUDA_ERROR_INVALID_CONTEXT: *name = "CUDA_ERROR_INVALID_CONTEXT"; break;
    case CUDA_ERROR_NOT_FOUND: *name = "CUDA_ERROR_NOT_FOUND"; break;
    case CUDA_ERROR_LAUNCH_FAILED: *name = "CUDA_ERROR_LAUNCH_FAILED"; break;
    case CUDA_ERROR_COOPERATIVE_LAUNCH_TOO_LARGE: *name = "CUDA_ERROR_COOPERATIVE_LAUNCH_TOO_LARGE"; break;
    default: *name = "an error";
  }
  return CUDA_SUCCESS;
}
CALL cuGetErrorString(CUresult code, const char** text) {
  bool told = current && (code == CUDA_ERROR_INVALID_VALUE || code == CUDA_ERROR_LAUNCH_FAILED);
  return *text = told ? current->message.c_str() : "emulated", CUDA_SUCCESS;
}

CALL cuCtxCreate(CUcontext* c, unsigned, CUdevice) { return current = new Context, *c = (CUcontext)current, CUDA_SUCCESS; }
CALL cuCtxDestroy(CUcontext c) {
  emu::release_all(c);
  if (current == (Context*)c) current = nullptr;
  return delete (Context*)c, CUDA_SUCCESS;
}
CALL cuCtxSetCurrent(CUcontext c) { return current = (Context*)c, CUDA_SUCCESS; }
CALL cuCtxSynchronize(void) { return ready(); }

CALL cuMemAlloc(CUdeviceptr* p, size_t bytes) {
  if (CUresult r = ready()) return r;
  if (!bytes) return refuse(CUDA_ERROR_INVALID_VALUE, "an allocation of 0 bytes");
  *p = emu::allocate(bytes, current);
  return *p ? CUDA_SUCCESS : CUDA_ERROR_OUT_OF_MEMORY;
}
CALL cuMemFree(CUdeviceptr p) {
  if (!current) return CUDA_ERROR_INVALID_CONTEXT;
  return emu::release(p) ? current->failure : refuse(CUDA_ERROR_INVALID_VALUE, "not an allocation");
}
CALL cuMemGetInfo(size_t* left, size_t* total) {
  *total = emu::memory_size(), *left = *total - emu::memory_used();
  return ready();
}
CALL cuMemHostAlloc(void** p, size_t bytes, unsigned) {
  return *p = aligned_alloc(4096, (bytes + 4095) & ~(size_t)4095), *p ? CUDA_SUCCESS : CUDA_ERROR_OUT_OF_MEMORY;
}
CALL cuMemFreeHost(void* p) { return free(p), CUDA_SUCCESS; }
CALL cuMemcpyHtoDAsync(CUdeviceptr to, const void* from, size_t n, CUstream) { return moved(emu::covers(to, n), (void*)to, from, n); }
CALL cuMemcpyDtoHAsync(void* to, CUdeviceptr from, size_t n, CUstream) { return moved(emu::covers(from, n), to, (const void*)from, n); }
CALL cuMemcpyDtoDAsync(CUdeviceptr to, CUdeviceptr from, size_t n, CUstream) {
  return moved(emu::covers(to, n) && emu::covers(from, n), (void*)to, (const void*)from, n);
}
CALL cuMemsetD8Async(CUdeviceptr to, unsigned char value, size_t n, CUstream) {
  CUresult r = moved(emu::covers(to, n), nullptr, nullptr, n);
  if (r == CUDA_SUCCESS) memset((void*)to, value, n);
  return r;
}

CALL cuModuleLoadData(CUmodule* m, const void* image) { return *m = (CUmodule)image, ready(); }
CALL cuModuleUnload(CUmodule) { return CUDA_SUCCESS; }
CALL cuModuleGetFunction(CUfunction* f, CUmodule, const char* name) {
  return *f = (CUfunction)emu::find(name), *f ? CUDA_SUCCESS : CUDA_ERROR_NOT_FOUND;
}
CALL cuFuncSetAttribute(CUfunction f, CUfunction_attribute which, int value) {
  if (which != CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES) return CUDA_SUCCESS;
  if (value > shared_per_block()) return refuse(CUDA_ERROR_INVALID_VALUE, "more shared memory than a block may have");
  return ((emu::Kernel*)f)->allowed_shared = (unsigned)value, CUDA_SUCCESS;
}
CALL cuOccupancyMaxActiveBlocksPerMultiprocessor(int* n, CUfunction, int threads, size_t shared) {
  return *n = resident(threads, shared), CUDA_SUCCESS;
}

CALL cuLaunchKernel(CUfunction f, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz,
                    unsigned shared, CUstream, void**, void** extra) {
  return start(f, {gx, gy, gz}, {bx, by, bz}, shared, false, extra);
}
CALL cuLaunchKernelEx(const CUlaunchConfig* c, CUfunction f, void**, void** extra) {
  bool cooperative = false;
  for (unsigned i = 0; i < c->numAttrs; i++)
    cooperative |= c->attrs[i].id == CU_LAUNCH_ATTRIBUTE_COOPERATIVE && c->attrs[i].value.cooperative;
  return start(f, {c->gridDimX, c->gridDimY, c->gridDimZ}, {c->blockDimX, c->blockDimY, c->blockDimZ}, c->sharedMemBytes,
               cooperative, extra);
}

CALL cuStreamCreate(CUstream* s, unsigned) { return *s = (CUstream)current, CUDA_SUCCESS; }
CALL cuStreamDestroy(CUstream) { return CUDA_SUCCESS; }
CALL cuStreamSynchronize(CUstream) { return ready(); }

// An event is the time at which it was recorded, in seconds.
CALL cuEventCreate(CUevent* e, unsigned) { return *e = (CUevent) new double(0), CUDA_SUCCESS; }
CALL cuEventDestroy(CUevent e) { return delete (double*)e, CUDA_SUCCESS; }
CALL cuEventRecord(CUevent e, CUstream) {
  *(double*)e = std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
  return ready();
}
CALL cuEventElapsedTime(float* ms, CUevent a, CUevent b) {
  return *ms = (float)((*(double*)b - *(double*)a) * 1e3), CUDA_SUCCESS;
}
