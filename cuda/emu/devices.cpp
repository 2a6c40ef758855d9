// devices.cpp: the devices of the emulated driver and their properties, from the environment. README.md lists
// the variables.
#include <cuda.h>
#include <cudaProfiler.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sstream>
#include <string>
#include <vector>
#include "emulator.h"
#include "races.h"

#define CALL extern "C" __attribute__((visibility("default"))) CUresult

namespace emu {

long environment_at(const char* name, size_t i, long fallback) {
  const char* text = getenv(name);
  if (!text || !*text) return fallback;
  std::stringstream list(text);
  std::string word, last;
  for (size_t at = 0; at <= i && std::getline(list, word, ','); at++) last = word;
  return atol(last.c_str());
}

// Shown is a GPU, or a slice of one, that the driver shows.
struct Shown {
  size_t gpu;
  int slice;  // -1: the whole GPU
};

static CUuuid gpu_uuid(const Shown& s) {
  CUuuid u = {};
  return u.bytes[0] = (char)(0xe0 + s.gpu), u;
}

static CUuuid own_uuid(const Shown& s) {
  CUuuid u = gpu_uuid(s);
  if (s.slice >= 0) u.bytes[0] = (char)(0x50 + s.gpu), u.bytes[15] = (char)(1 + s.slice);
  return u;
}

// named is a UUID as nvidia-smi -L prints it.
static std::string named(const char* kind, const CUuuid& u) {
  std::string text = kind;
  for (int i = 0; i < 16; i++) {
    char two[3];
    snprintf(two, sizeof two, "%02x", (unsigned char)u.bytes[i]);
    text += (i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "") + std::string(two);
  }
  return text;
}

static int slices(size_t gpu) { return (int)environment_at("PALMAL_EMU_MIG", gpu, 0); }

// all lists what can be shown: whole GPUs, and the slices of those that are cut.
static std::vector<Shown> all() {
  std::vector<Shown> list;
  const size_t gpus = (size_t)environment("PALMAL_EMU_DEVICES", 1);
  for (size_t gpu = 0; gpu < gpus; gpu++) {
    if (!slices(gpu)) list.push_back({gpu, -1});
    for (int s = 0; s < slices(gpu); s++) list.push_back({gpu, s});
  }
  return list;
}

// plain is what is shown where CUDA_VISIBLE_DEVICES is not set: every whole GPU, or its first slice.
static std::vector<Shown> plain() {
  std::vector<Shown> list;
  for (const Shown& s : all())
    if (s.slice <= 0) list.push_back(s);
  return list;
}

static bool begins(const std::string& text, const std::string& with) { return text.compare(0, with.size(), with) == 0; }

// shown is the list of CUDA_VISIBLE_DEVICES up to the first word that names nothing, as the driver reads it.
static std::vector<Shown> read_visible() {
  const char* text = getenv("CUDA_VISIBLE_DEVICES");
  if (!text) return plain();
  std::vector<Shown> list;
  std::stringstream words(text);
  for (std::string word; std::getline(words, word, ',');) {
    const size_t before = list.size();
    const bool mig = begins(word, "MIG-"), gpu = begins(word, "GPU-");
    if (mig || gpu) {
      for (const Shown& s : mig ? all() : plain())
        if (list.size() == before && begins(named(mig ? "MIG-" : "GPU-", mig ? own_uuid(s) : gpu_uuid(s)), word) && mig == (mig && s.slice >= 0))
          list.push_back(s);
    } else if (word.find_first_not_of("0123456789") == std::string::npos && !word.empty() && (size_t)atol(word.c_str()) < plain().size()) {
      list.push_back(plain()[(size_t)atol(word.c_str())]);
    }
    if (list.size() == before) break;
  }
  return list;
}

// visible is read once, when the driver starts.
static const std::vector<Shown>& visible() {
  static const std::vector<Shown> list = read_visible();
  return list;
}

static bool valid(CUdevice d) { return d >= 0 && (size_t)d < visible().size(); }
static size_t gpu_of(CUdevice d) { return visible()[(size_t)d].gpu; }

int shared_per_block() { return (int)environment("PALMAL_EMU_SHARED", 227 << 10); }
int shared_per_sm() { return shared_per_block() + RESERVED_SHARED; }
int sms() { return (int)environment("PALMAL_EMU_SMS", 4); }
size_t memory_size(int d) { return (size_t)environment_at("PALMAL_EMU_MEMORY", gpu_of(d), 4L << 30); }
size_t memory_of_others(int d) { return (size_t)environment_at("PALMAL_EMU_OTHERS", gpu_of(d), 0); }

bool admits(int d) {
  const long mode = environment_at("PALMAL_EMU_MODE", gpu_of(d), CU_COMPUTEMODE_DEFAULT);
  return mode == CU_COMPUTEMODE_DEFAULT || (mode == CU_COMPUTEMODE_EXCLUSIVE_PROCESS && !memory_of_others(d));
}

}  // namespace emu

using namespace emu;

CALL cuInit(unsigned) { return visible().empty() ? CUDA_ERROR_NO_DEVICE : CUDA_SUCCESS; }
CALL cuDriverGetVersion(int* v) { return *v = (int)environment("PALMAL_EMU_DRIVER", CUDA_VERSION), CUDA_SUCCESS; }
CALL cuDeviceGetCount(int* n) { return *n = (int)visible().size(), CUDA_SUCCESS; }
CALL cuDeviceGet(CUdevice* d, int ordinal) { return *d = ordinal, valid(ordinal) ? CUDA_SUCCESS : CUDA_ERROR_INVALID_DEVICE; }
CALL cuDeviceGetName(char* s, int n, CUdevice) {
  return snprintf(s, (size_t)n, "palmal emulator%s", looks_for_races() ? ", looking for races" : ""), CUDA_SUCCESS;
}
CALL cuDeviceTotalMem(size_t* bytes, CUdevice d) { return *bytes = memory_size(d), CUDA_SUCCESS; }

// The plain name is the first version of the call: for a slice it names the GPU.
#undef cuDeviceGetUuid
CALL cuDeviceGetUuid(CUuuid* u, CUdevice d) { return *u = gpu_uuid(visible()[(size_t)d]), CUDA_SUCCESS; }
CALL cuDeviceGetUuid_v2(CUuuid* u, CUdevice d) { return *u = own_uuid(visible()[(size_t)d]), CUDA_SUCCESS; }

CALL cuDeviceGetAttribute(int* v, CUdevice_attribute which, CUdevice d) {
  const int capability = (int)environment_at("PALMAL_EMU_COMPUTE", gpu_of(d), 90);
  switch (which) {
    case CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR: *v = capability / 10; break;
    case CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR: *v = capability % 10; break;
    case CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT: *v = sms(); break;
    case CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_BLOCK: *v = 1024; break;
    case CU_DEVICE_ATTRIBUTE_WARP_SIZE: *v = 32; break;
    case CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK: *v = 48 << 10; break;
    case CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN: *v = shared_per_block(); break;
    case CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_MULTIPROCESSOR: *v = shared_per_sm(); break;
    case CU_DEVICE_ATTRIBUTE_L2_CACHE_SIZE: *v = 50 << 20; break;
    case CU_DEVICE_ATTRIBUTE_CLOCK_RATE: *v = 1000000; break;
    case CU_DEVICE_ATTRIBUTE_COOPERATIVE_LAUNCH: *v = 1; break;
    case CU_DEVICE_ATTRIBUTE_COMPUTE_MODE: *v = (int)environment_at("PALMAL_EMU_MODE", gpu_of(d), CU_COMPUTEMODE_DEFAULT); break;
    default: *v = 0;
  }
  return CUDA_SUCCESS;
}

// noted appends a line to a file for tests.
static CUresult noted(const char* line) {
  const char* path = getenv("PALMAL_EMU_PROFILE");
  FILE* f = path ? fopen(path, "a") : nullptr;
  if (f) fprintf(f, "%s\n", line), fclose(f);
  return CUDA_SUCCESS;
}
CALL cuProfilerStart(void) { return noted("start"); }
CALL cuProfilerStop(void) { return noted("stop"); }
