// queue.cpp: the driver calls that enqueue work, and those that wait for it. Calls refuse what they can at once;
// everything else happens when the program waits, see stream.h.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <chrono>
#include <mutex>
#include <set>
#include <vector>
#include "context.h"

using emu::current;
using emu::ready;
using emu::refuse;
using emu::settle;

namespace {

emu::Stream* of(CUstream s) { return (emu::Stream*)s; }

CUresult enqueue(CUstream s, emu::Work work) {
  if (!current->timeline.find(of(s))) return refuse(CUDA_ERROR_INVALID_HANDLE, "an unknown stream");
  current->timeline.enqueue(of(s), std::move(work));
  return CUDA_SUCCESS;
}

std::string outside(size_t bytes) { return "a copy or fill of " + std::to_string(bytes) + " bytes that is not within one allocation"; }

// Range is device memory that a copy or fill needs, now and when it runs.
struct Range {
  CUdeviceptr at;
  size_t bytes;
  bool there() const { return emu::covers(at, bytes); }
};

// move enqueues a copy or a fill. host is the host memory that it reads or writes, or null.
template <class F>
CUresult move(CUstream s, std::vector<Range> ranges, const void* host, F work) {
  if (CUresult r = ready()) return r;
  const size_t bytes = ranges[0].bytes;
  for (auto& range : ranges)
    if (!range.there()) return refuse(CUDA_ERROR_INVALID_VALUE, outside(bytes));
  emu::Work w;
  w.host = host, w.bytes = bytes;
  w.run = [=]() -> std::string {
    for (auto& range : ranges)
      if (!range.there()) return outside(bytes) + " any more";
    return work(), "";
  };
  return enqueue(s, std::move(w));
}

// lost names an argument that points to freed memory.
std::string lost(const std::vector<unsigned char>& arguments) {
  for (size_t i = 0; i + 8 <= arguments.size(); i += 8) {
    uint64_t word;
    memcpy(&word, &arguments[i], 8);
    if (emu::given_back(word)) return "its argument at byte " + std::to_string(i) + " points to freed device memory";
  }
  return "";
}

// Plan is a launch with its own copy of the arguments.
struct Plan {
  emu::Launch launch;
  std::vector<unsigned char> arguments;
};

// note appends the name of a kernel to a file at its first launch.
void note(const char* kernel) {
  static std::mutex mutex;
  static std::set<std::string> noted;
  const char* path = getenv("PALMAL_EMU_LAUNCHES");
  std::lock_guard<std::mutex> lock(mutex);
  if (!path || !noted.insert(kernel).second) return;
  if (FILE* f = fopen(path, "a")) fprintf(f, "%s\n", kernel), fclose(f);
}

std::string carry_out(Plan plan) {
  note(plan.launch.kernel->name);
  plan.launch.arguments = plan.arguments.data();
  std::string wrong = lost(plan.arguments);
  if (wrong.empty()) wrong = emu::run_launch(plan.launch);
  return wrong.empty() ? "" : std::string("kernel ") + plan.launch.kernel->name + ": " + wrong;
}

CUresult start(CUstream s, CUfunction f, dim3 grid, dim3 block, unsigned shared, bool cooperative, void** extra) {
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
  if (cooperative && (int64_t)grid.x * grid.y * grid.z > (int64_t)emu::resident((int)threads, shared) * emu::sms())
    return CUDA_ERROR_COOPERATIVE_LAUNCH_TOO_LARGE;
  auto* first = (const unsigned char*)extra[1];
  Plan plan = {{k, grid, block, shared, cooperative, nullptr}, {first, first + k->argument_bytes}};
  emu::Work w;
  w.run = [plan] { return carry_out(plan); };
  return enqueue(s, std::move(w));
}

double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

}  // namespace

CALL cuMemcpyHtoDAsync(CUdeviceptr to, const void* from, size_t n, CUstream s) {
  return move(s, {{to, n}}, from, [=] { memcpy((void*)to, from, n); });
}
CALL cuMemcpyDtoHAsync(void* to, CUdeviceptr from, size_t n, CUstream s) {
  return move(s, {{from, n}}, to, [=] { memcpy(to, (const void*)from, n); });
}
CALL cuMemcpyDtoDAsync(CUdeviceptr to, CUdeviceptr from, size_t n, CUstream s) {
  return move(s, {{to, n}, {from, n}}, nullptr, [=] { memmove((void*)to, (const void*)from, n); });
}
CALL cuMemsetD8Async(CUdeviceptr to, unsigned char value, size_t n, CUstream s) {
  return move(s, {{to, n}}, nullptr, [=] { memset((void*)to, value, n); });
}

CALL cuLaunchKernel(CUfunction f, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz,
                    unsigned shared, CUstream s, void**, void** extra) {
  return start(s, f, {gx, gy, gz}, {bx, by, bz}, shared, false, extra);
}
CALL cuLaunchKernelEx(const CUlaunchConfig* c, CUfunction f, void**, void** extra) {
  bool cooperative = false;
  for (unsigned i = 0; i < c->numAttrs; i++)
    cooperative |= c->attrs[i].id == CU_LAUNCH_ATTRIBUTE_COOPERATIVE && c->attrs[i].value.cooperative;
  return start(c->hStream, f, {c->gridDimX, c->gridDimY, c->gridDimZ}, {c->blockDimX, c->blockDimY, c->blockDimZ}, c->sharedMemBytes,
               cooperative, extra);
}

CALL cuStreamCreate(CUstream* s, unsigned) {
  if (CUresult r = ready()) return r;
  return *s = (CUstream)current->timeline.create(), CUDA_SUCCESS;
}
CALL cuStreamDestroy(CUstream s) {
  if (!current) return CUDA_ERROR_INVALID_CONTEXT;
  CUresult r = ready() ? ready() : settle(current->timeline.finish(of(s)));
  return current->timeline.destroy(of(s)), r;
}
CALL cuStreamSynchronize(CUstream s) { return ready() ? ready() : settle(current->timeline.finish(of(s))); }
CALL cuStreamQuery(CUstream s) {
  if (CUresult r = ready() ? ready() : settle(current->timeline.step(of(s)))) return r;
  auto stream = current->timeline.find(of(s));
  return stream && stream->waiting.empty() ? CUDA_SUCCESS : CUDA_ERROR_NOT_READY;
}
CALL cuCtxSynchronize(void) { return ready() ? ready() : settle(current->timeline.finish_all()); }

CALL cuEventCreate(CUevent* e, unsigned) { return *e = (CUevent) new emu::Event, CUDA_SUCCESS; }
CALL cuEventDestroy(CUevent e) { return delete (emu::Event*)e, CUDA_SUCCESS; }
CALL cuEventRecord(CUevent e, CUstream s) {
  if (CUresult r = ready()) return r;
  auto* event = (emu::Event*)e;
  emu::Work w;
  w.run = [seconds = event->seconds]() -> std::string { return *seconds = now(), ""; };
  if (CUresult r = enqueue(s, std::move(w))) return r;
  event->moment.stream = current->timeline.find(of(s));
  event->moment.ticket = event->moment.stream->enqueued;
  return CUDA_SUCCESS;
}
CALL cuStreamWaitEvent(CUstream s, CUevent e, unsigned) {
  if (CUresult r = ready()) return r;
  emu::Work w;
  w.after = ((emu::Event*)e)->moment;
  return enqueue(s, std::move(w));
}
CALL cuEventSynchronize(CUevent e) { return ready() ? ready() : settle(current->timeline.reach(((emu::Event*)e)->moment)); }
CALL cuEventQuery(CUevent e) {
  auto& moment = ((emu::Event*)e)->moment;
  if (moment.passed()) return ready();
  if (CUresult r = ready() ? ready() : settle(current->timeline.step(moment.stream.get()))) return r;
  return moment.passed() ? CUDA_SUCCESS : CUDA_ERROR_NOT_READY;
}
CALL cuEventElapsedTime(float* ms, CUevent a, CUevent b) {
  auto *from = (emu::Event*)a, *to = (emu::Event*)b;
  if (!from->moment.passed() || !to->moment.passed()) return CUDA_ERROR_NOT_READY;
  return *ms = (float)((*to->seconds - *from->seconds) * 1e3), CUDA_SUCCESS;
}
