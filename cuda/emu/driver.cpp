// driver.cpp: the contexts, memory and kernels of libcuda.so.1, as far as gpu/internal/driver and gorgonia.org/cu call
// them. devices.cpp has the devices, queue.cpp the work. Any other symbol returns CUDA_ERROR_NO_DEVICE, see
// gpu/internal/trampoline.
#include <stdlib.h>
#include <map>
#include <mutex>
#include "context.h"

using emu::Context;
using emu::current;
using emu::ready;
using emu::refuse;

namespace {

// Primaries are the retained primary contexts.
struct Primaries {
  std::mutex mutex;
  std::map<CUdevice, Context*> by_device;
};
Primaries& primaries() {
  static Primaries p;
  return p;
}

// Pinned is the page-locked host memory, by address.
struct Pinned {
  std::mutex mutex;
  std::map<void*, size_t> bytes;
};
Pinned& pinned() {
  static Pinned p;
  return p;
}

// room is the most bytes of its device that the context may have.
size_t room(const Context* c) {
  const size_t all = emu::memory_size(c->device), others = emu::memory_of_others(c->device);
  return all > others ? all - others : 0;
}

}  // namespace

namespace emu {

thread_local Context* current = nullptr;

CUresult ready() { return !current ? CUDA_ERROR_INVALID_CONTEXT : current->failure; }

CUresult refuse(CUresult code, const std::string& message) {
  if (current) current->message = message;
  return code;
}

CUresult settle(const std::string& wrong) {
  if (!wrong.empty()) current->failure = refuse(CUDA_ERROR_LAUNCH_FAILED, wrong);
  return current->failure;
}

int resident(int threads, size_t shared) {
  size_t by_shared = shared_per_sm() / (shared + RESERVED_SHARED), by_threads = THREADS_PER_SM / threads;
  return (int)(by_shared < by_threads ? by_shared : by_threads);
}

}  // namespace emu

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
  bool ours = current && (code == CUDA_ERROR_INVALID_VALUE || code == CUDA_ERROR_LAUNCH_FAILED);
  return *text = ours ? current->message.c_str() : "emulated", CUDA_SUCCESS;
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

CALL cuMemAlloc(CUdeviceptr* p, size_t bytes) {
  if (CUresult r = ready()) return r;
  if (!bytes) return refuse(CUDA_ERROR_INVALID_VALUE, "an allocation of 0 bytes");
  *p = emu::allocate(bytes, current, room(current));
  return *p ? CUDA_SUCCESS : CUDA_ERROR_OUT_OF_MEMORY;
}
CALL cuMemFree(CUdeviceptr p) {
  if (!current) return CUDA_ERROR_INVALID_CONTEXT;
  if (!current->failure) emu::settle(current->timeline.finish_all());  // a GPU waits too before it frees memory
  return emu::release(p) ? current->failure : refuse(CUDA_ERROR_INVALID_VALUE, "not an allocation");
}
CALL cuMemGetInfo(size_t* left, size_t* total) {
  if (CUresult r = ready()) return r;
  *total = emu::memory_size(current->device), *left = room(current) - emu::memory_used(current);
  return CUDA_SUCCESS;
}
CALL cuMemHostAlloc(void** p, size_t bytes, unsigned) {
  *p = aligned_alloc(4096, (bytes + 4095) & ~(size_t)4095);
  if (!*p) return CUDA_ERROR_OUT_OF_MEMORY;
  std::lock_guard<std::mutex> lock(pinned().mutex);
  return pinned().bytes[*p] = bytes, CUDA_SUCCESS;
}
CALL cuMemFreeHost(void* p) {
  std::lock_guard<std::mutex> lock(pinned().mutex);
  auto found = pinned().bytes.find(p);
  if (found == pinned().bytes.end()) return refuse(CUDA_ERROR_INVALID_VALUE, "not page-locked memory");
  if (current && current->timeline.uses(p, found->second))
    return refuse(CUDA_ERROR_INVALID_VALUE, "page-locked memory is freed before the wait for a copy that uses it");
  return pinned().bytes.erase(found), free(p), CUDA_SUCCESS;
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
  return *n = emu::resident(threads, shared), CUDA_SUCCESS;
}
