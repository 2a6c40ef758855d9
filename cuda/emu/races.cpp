// races.cpp: see races.h.
#include "races.h"
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <string>
#include "schedule.h"

namespace emu {

static const size_t GRAIN = 4;  // bytes of a Word
static bool instrumented = false;       // set by the code that g++ adds to instrumented kernels

bool looks_for_races() { return instrumented; }

static Dl_info library() {
  static const Dl_info info = [] {
    Dl_info i = {};
    dladdr((void*)&looks_for_races, &i);
    return i;
  }();
  return info;
}

// code_line is file:line of a code address, if addr2line knows it.
static const char* code_line(uint32_t place) {
  static thread_local char line[256];
  char command[1024];
  snprintf(command, sizeof command, "addr2line -s -e '%s' 0x%x 2>/dev/null", library().dli_fname, place);
  line[0] = 0;
  if (FILE* f = popen(command, "r")) {
    if (!fgets(line, sizeof line, f)) line[0] = 0;
    pclose(f);
  }
  line[strcspn(line, " \n")] = 0;
  if (!line[0] || line[0] == '?') snprintf(line, sizeof line, "code at 0x%x", place);
  return line;
}

uint32_t next_launch() {
  static std::atomic<uint32_t> launches{0};
  return ++launches;
}

// ordered is true if a barrier lies between an access and the next one.
static bool ordered(const Access& first, const Access& then) {
  if (first.launch != then.launch) return true;
  if (first.block != then.block || first.readers == SEVERAL_BLOCKS) return first.group < then.group;
  if (first.barrier < then.barrier) return true;
  if (first.readers == WARPS_OF_A_BLOCK) return false;
  if (first.readers == ONE_THREAD && first.thread == then.thread) return true;
  return first.thread / 32 == then.thread / 32 && first.warp < then.warp;
}

// record_read merges a read into the reads that a later write must come after.
static void record_read(Access& read, const Access& now) {
  if (ordered(read, now)) {
    read = now;
    return;
  }
  uint16_t readers = read.block != now.block ? SEVERAL_BLOCKS : read.thread / 32 != now.thread / 32 ? WARPS_OF_A_BLOCK : LANES_OF_A_WARP;
  if (readers > read.readers) read.readers = readers;
}

static std::string words(const Access& a) {
  const std::string who = a.readers == ONE_THREAD ? "thread " + std::to_string(a.thread) : "several threads";
  return " block " + std::to_string(a.block) + " " + who + " at @" + std::to_string(a.place) + "@";
}

static void check(Word& w, const Access& now, bool writes, bool fresh) {
  if (ordered(w.write, now) && (!writes || ordered(w.read, now)) && (writes || fresh || w.write.launch != now.launch || w.write.block == now.block)) {
    if (writes) w.write = now, w.read = Access();
    else record_read(w.read, now);
    return;
  }
  const std::string here = " at @" + std::to_string(now.place) + "@ ";
  if (!ordered(w.write, now)) stop((writes ? "writes" : "reads") + here + "without a barrier what was written by" + words(w.write));
  if (writes) stop("writes" + here + "without a barrier what was read by" + words(w.read));
  stop("reads" + here + "without load_fresh what was written in this launch by" + words(w.write));
}

// words_at is the record of an address, null where no threads share the memory.
static Word* words_at(uintptr_t address) {
  Block* b = self->block;
  if (address - (uintptr_t)b->shared < b->run.launch.shared) return &b->shadow[(address - (uintptr_t)b->shared) / GRAIN];
  return shadow_of(address);
}

std::string with_lines(const std::string& message) {
  std::string text;
  size_t at = 0;
  for (size_t mark; (mark = message.find('@', at)) != std::string::npos;) {
    const size_t end = message.find('@', mark + 1);
    text += message.substr(at, mark - at) + code_line((uint32_t)strtoul(message.c_str() + mark + 1, nullptr, 10));
    at = end + 1;
  }
  return text + message.substr(at);
}

void record_access(const void* address, size_t bytes, bool writes, bool fresh, const void* code) {
  if (!self || is_private((uintptr_t)address)) return;
  Word* w = words_at((uintptr_t)address);
  if (!w) return;
  Block* b = self->block;
  Access now;
  now.launch = b->run.number, now.block = b->number, now.thread = (uint16_t)(self->warp * 32 + self->lane);
  now.group = self->group, now.barrier = b->generation, now.warp = b->warps[self->warp].orders;
  now.place = (uint32_t)((uintptr_t)code - (uintptr_t)library().dli_fbase) - 1;
  const size_t words = ((uintptr_t)address % GRAIN + bytes + GRAIN - 1) / GRAIN;
  for (size_t i = 0; i < words; i++) check(w[i], now, writes, fresh);
}

void fresh_read(const void* address, size_t bytes, const void* code) { record_access(address, bytes, false, true, code); }

}  // namespace emu

// These are g++'s calls. Accesses of 16 bytes and more come as a range.
#define HERE __builtin_return_address(0)
#define SIZES(F) F(1) F(2) F(4) F(8) F(16)
#define TELL(n)                                                                              \
  void __tsan_read##n(void* p) { emu::record_access(p, n, false, false, HERE); }               \
  void __tsan_write##n(void* p) { emu::record_access(p, n, true, false, HERE); }               \
  void __tsan_unaligned_read##n(void* p) { emu::record_access(p, n, false, false, HERE); }     \
  void __tsan_unaligned_write##n(void* p) { emu::record_access(p, n, true, false, HERE); }
extern "C" {
SIZES(TELL)
void __tsan_read_range(void* p, size_t n) { emu::record_access(p, n, false, false, HERE); }
void __tsan_write_range(void* p, size_t n) { emu::record_access(p, n, true, false, HERE); }
void __tsan_init(void) { emu::instrumented = true; }
}
