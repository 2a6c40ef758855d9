// driver.cpp: libcuda.so.1 with the emulator as its devices: what package gpu/internal/driver and gorgonia.org/cu
// call, but for what devices.cpp says of them. Work is done by the time a call returns. A symbol that is not here answers
// CUDA_ERROR_NO_DEVICE, see gpu/internal/trampoline.
#include <cuda.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <chrono>
#include <map>
#include <mutex>
#include <string>
#include "emulator.h"

#define CALL extern "C" __attribute__((visibility("default"))) CUresult

namespace {

// Context owns memory on a device: as on a GPU, a failed launch fails every later call in it. Every device has one,
// its primary context, while somebody holds it.
struct Context {
  CUdevice device = 0;
  int holders = 0;
  CUresult failure = CUDA_SUCCESS;
  std::string message;
};
thread_local Context* current = nullptr;

// Primaries are the primary contexts that somebody holds.
struct Primaries {
  std::mutex mutex;
  std::map<CUdevice, Context*> by_device;
};
Primaries& primaries() {
  static Primaries p;
  return p;
}

CUresult ready() { return !current ? CUDA_ERROR_INVALID_CONTEXT : current->failure; }

CUresult refuse(CUresult code, const std::string& message) {
  if (current) current->message = message;
  return code;
}

// room is how many bytes of its device the context may have.
size_t room(const Context* c) {
  const size_t all = emu::memory_size(c->device), others = emu::memory_of_others(c->device);
  return all > others ? all - others : 0;
}

int resident(int threads, size_t shared) {
  size_t by_shared = emu::shared_per_sm() / (shared + emu::RESERVED_SHARED), by_threads = emu::THREADS_PER_SM / threads;
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
  if (cooperative && (int64_t)grid.x * grid.y * grid.z > (int64_t)resident((int)threads, shared) * emu::sms())
    return CUDA_ERROR_COOPERATIVE_LAUNCH_TOO_LARGE;
  current->message = emu::run_launch({k, grid, block, shared, cooperative, (const unsigned char*)extra[1]});
  if (!current->message.empty()) current->failure = CUDA_ERROR_LAUNCH_FAILED;
  return current->failure;
}

}  // namespace

CALL cuGetErrorName(CUresult code, const char** name) {
  switch (code) {
    case CUDA_ERROR_INVALID_VALUE: *name = "CUDA_ERROR_INVALID_VALUE"; break;
    case CUDA_ERROR_OUT_OF_MEMORY: *name = "CUDA_ERROR_OUT_OF_MEMORY"; break;
    case CUDA_ERROR_INVALID_DEVICE: *name = "CUDA_ERROR_INVALID_DEVICE"; break;
    case CUDA_ERROR_INVALID_CONTEXT: *name = "CUDA_ERROR_INVALID_CONTEXT"; break;
    case CUDA_ERROR_DEVICE_UNAVAILABLE: *name = "CUDA_ERROR_DEVICE_UNAVAILABLE"; break;
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

CALL cuDevicePrimaryCtxRetain(CUcontext* c, CUdevice d) {
  std::lock_guard<std::mutex> lock(primaries().mutex);
  if (!emu::admits(d)) return CUDA_ERROR_DEVICE_UNAVAILABLE;
  Context*& held = primaries().by_device[d];
  if (!held) held = new Context, held->device = d;
  return held->holders++, *c = (CUcontext)held, CUDA_SUCCESS;
}
CALL cuDevicePrimaryCtxRelease(CUdevice d) {
  std::lock_guard<std::mutex> lock(primaries().mutex);
  Context*& held = primaries().by_device[d];
  if (!held) return CUDA_ERROR_INVALID_CONTEXT;
  if (--held->holders) return CUDA_SUCCESS;
  emu::release_all(held);
  if (current == held) current = nullptr;
  return delete held, held = nullptr, CUDA_SUCCESS;
}
CALL cuCtxSetCurrent(CUcontext c) { return current = (Context*)c, CUDA_SUCCESS; }
CALL cuCtxSynchronize(void) { return ready(); }

CALL cuMemAlloc(CUdeviceptr* p, size_t bytes) {
  if (CUresult r = ready()) return r;
  if (!bytes) return refuse(CUDA_ERROR_INVALID_VALUE, "an allocation of 0 bytes");
  *p = emu::allocate(bytes, current, room(current));
  return *p ? CUDA_SUCCESS : CUDA_ERROR_OUT_OF_MEMORY;
}
CALL cuMemFree(CUdeviceptr p) {
  if (!current) return CUDA_ERROR_INVALID_CONTEXT;
  return emu::release(p) ? current->failure : refuse(CUDA_ERROR_INVALID_VALUE, "not an allocation");
}
CALL cuMemGetInfo(size_t* left, size_t* total) {
  if (CUresult r = ready()) return r;
  *total = emu::memory_size(current->device), *left = room(current) - emu::memory_used(current);
  return CUDA_SUCCESS;
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
  if (value > emu::shared_per_block()) return refuse(CUDA_ERROR_INVALID_VALUE, "more shared memory than a block may have");
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
