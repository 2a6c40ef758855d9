// driver.cpp: libcuda.so.1 with the emulator as its device: what package gpu/internal/driver and
// gorgonia.org/cu call: devices, contexts, memory and kernels here, work in queue.cpp. A symbol that is in neither
// answers CUDA_ERROR_NO_DEVICE, see gpu/internal/trampoline.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <map>
#include <mutex>
#include "context.h"
#include "races.h"

namespace {

const int RESERVED_SHARED = 1 << 10, THREADS_PER_SM = 2048;

// Bytes of shared memory of a block at most, and of a multiprocessor.
int shared_per_block() { return (int)emu::environment("PALMAL_EMU_SHARED", 227 << 10); }
int shared_per_sm() { return shared_per_block() + RESERVED_SHARED; }

// Pinned is the page-locked memory of the host, by its address.
struct Pinned {
  std::mutex mutex;
  std::map<void*, size_t> bytes;
};
Pinned& pinned() {
  static Pinned p;
  return p;
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

int sms() { return (int)environment("PALMAL_EMU_SMS", 4); }

int resident(int threads, size_t shared) {
  size_t by_shared = shared_per_sm() / (shared + RESERVED_SHARED), by_threads = THREADS_PER_SM / threads;
  return (int)(by_shared < by_threads ? by_shared : by_threads);
}

}  // namespace emu

using emu::Context;
using emu::current;
using emu::ready;
using emu::refuse;

CALL cuInit(unsigned) { return CUDA_SUCCESS; }
CALL cuDriverGetVersion(int* v) { return *v = CUDA_VERSION, CUDA_SUCCESS; }
CALL cuDeviceGetCount(int* n) { return *n = (int)emu::environment("PALMAL_EMU_DEVICES", 1), CUDA_SUCCESS; }
CALL cuDeviceGet(CUdevice* d, int ordinal) { return *d = 0, ordinal ? CUDA_ERROR_INVALID_DEVICE : CUDA_SUCCESS; }
CALL cuDeviceGetName(char* s, int n, CUdevice) {
  return snprintf(s, (size_t)n, "palmal emulator%s", emu::looks_for_races() ? ", looking for races" : ""), CUDA_SUCCESS;
}
CALL cuDeviceTotalMem(size_t* bytes, CUdevice) { return *bytes = emu::memory_size(), CUDA_SUCCESS; }

CALL cuDeviceGetAttribute(int* v, CUdevice_attribute which, CUdevice) {
  switch (which) {
    case CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR: *v = 9; break;
    case CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR: *v = 0; break;
    case CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT: *v = emu::sms(); break;
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

CALL cuMemAlloc(CUdeviceptr* p, size_t bytes) {
  if (CUresult r = ready()) return r;
  if (!bytes) return refuse(CUDA_ERROR_INVALID_VALUE, "an allocation of 0 bytes");
  *p = emu::allocate(bytes, current);
  return *p ? CUDA_SUCCESS : CUDA_ERROR_OUT_OF_MEMORY;
}
CALL cuMemFree(CUdeviceptr p) {
  if (!current) return CUDA_ERROR_INVALID_CONTEXT;
  if (!current->failure) emu::settle(current->timeline.finish_all());  // as a GPU does before it gives memory back
  return emu::release(p) ? current->failure : refuse(CUDA_ERROR_INVALID_VALUE, "not an allocation");
}
CALL cuMemGetInfo(size_t* left, size_t* total) {
  *total = emu::memory_size(), *left = *total - emu::memory_used();
  return ready();
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
    return refuse(CUDA_ERROR_INVALID_VALUE, "page-locked memory is given back before a copy that uses it has been waited for");
  return pinned().bytes.erase(found), free(p), CUDA_SUCCESS;
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
  return *n = emu::resident(threads, (size_t)shared), CUDA_SUCCESS;
}
