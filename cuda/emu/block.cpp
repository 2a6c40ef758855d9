// block.cpp: barriers, collectives, and the order in which threads run.
#include <stdlib.h>
#include <string.h>
#include <algorithm>
#include <numeric>
#include "schedule.h"

namespace emu {

thread_local Self* self = nullptr;
static thread_local Fiber* running = nullptr;
static const size_t SHARED_RED = 1024;  // bytes after the shared memory of a block
static thread_local void* scheduler = nullptr;  // stack pointer of the CPU thread itself

std::string describe(const Site* site) {
  const char* slash = strrchr(site->file, '/');
  return std::string(slash ? slash + 1 : site->file) + ":" + std::to_string(site->line);
}

static std::string triple(dim3 d) {
  return "(" + std::to_string(d.x) + "," + std::to_string(d.y) + "," + std::to_string(d.z) + ")";
}

std::string Block::place(const Fiber& f) const { return "block " + triple(index) + " thread " + triple(f.self.thread); }

static void pause() { emu_switch_context(&running->sp, scheduler); }

// stop ends the launch: the thread that noticed never runs again.
void stop(const std::string& text) {
  Block* b = self->block;
  b->run.fail(b->place(*running) + ": " + text);
  for (;;) pause();
}

bool is_private(uintptr_t address) {
  const auto& fibers = self->block->fibers;
  return address - (uintptr_t)running->stack < OVERFLOW_BYTES + STACK_BYTES ||
         address - (uintptr_t)fibers.data() < fibers.size() * sizeof(Fiber);
}

// Mismatch is g++'s record of a checked access: the head of ubsan's record.
struct Mismatch {
  const char* file;
  uint32_t line, column;
  const void* type;
  unsigned char log_alignment, kind;
};

void misaligned(const Mismatch* m, uintptr_t address) {
  Site site = {m->file, (int)m->line, UNKNOWN};
  stop("address ..." + std::to_string(address % 4096) + " at " + describe(&site) + " is not a multiple of " +
       std::to_string(1 << m->log_alignment) + " bytes");
}

static bool same(const Site* a, const Site* b) { return a == b || (a->line == b->line && !strcmp(a->file, b->file)); }

// skipped looks up a site once: whether to leave it out, and the file that records it.
static bool skipped(Site* site) {
  int state = __atomic_load_n((int*)&site->state, __ATOMIC_RELAXED);
  if (state != UNKNOWN) return state == SKIPPED;
  const char* skip = getenv("PALMAL_EMU_SKIP");
  const char* list = getenv("PALMAL_EMU_SITES");
  state = skip && describe(site) == skip ? SKIPPED : KEPT;
  if (list) {
    if (FILE* f = fopen(list, "a")) fprintf(f, "%s\n", describe(site).c_str()), fclose(f);
  }
  __atomic_store_n((int*)&site->state, state, __ATOMIC_RELAXED);
  return state == SKIPPED;
}

static void wait_in(Fiber::State state, unsigned generation, Site* site) {
  running->state = state, running->generation = generation, running->site = site;
  pause();
}

void barrier(Site* site) {
  if (skipped(site)) return;
  Block* b = self->block;
  if (b->done) stop("waits at " + describe(site) + " for threads that have ended");
  if (b->waiting && !same(site, b->site)) stop("waits at " + describe(site) + " while others wait at " + describe(b->site));
  b->site = site;
  if (++b->waiting == b->fibers.size()) {
    b->waiting = 0, b->generation++;
    return;
  }
  wait_in(Fiber::AT_BARRIER, b->generation, site);
}

// gather is collect; if it orders memory, it is a barrier of the warp too.
static const uint64_t* gather(Site* site, unsigned mask, uint64_t word, bool orders) {
  Warp& w = self->block->warps[self->warp];
  if (mask != ~0u) stop("mask of " + describe(site) + " is not the whole warp");
  if (w.done) stop("waits in " + describe(site) + " for lanes that have ended");
  if (w.arrived && !same(site, w.site)) stop("is in " + describe(site) + " while lanes of its warp are in " + describe(w.site));
  w.site = site;
  unsigned generation = w.generation;
  uint64_t* lanes = w.lanes[generation & 1];
  lanes[self->lane] = word;
  if (++w.arrived == 32) {
    w.arrived = 0, w.generation++, w.orders += orders;
    return lanes;
  }
  wait_in(Fiber::IN_WARP, generation, site);
  return lanes;
}

const uint64_t* collect(Site* site, unsigned mask, uint64_t word) { return gather(site, mask, word, false); }

void warp_barrier(Site* site, unsigned mask) {
  if (!skipped(site)) gather(site, mask, 0, true);
}

void group_barrier(Site* site, uint32_t* counter, uint32_t blocks, uint32_t& phase) {
  if (skipped(site)) return;
  if (!self->block->run.launch.cooperative) stop("is in " + describe(site) + " of a launch that is not cooperative");
  barrier(site);
  phase += blocks;
  dim3 t = self->thread;
  if (t.x == 0 && t.y == 0 && t.z == 0) {
    __atomic_fetch_add(counter, 1u, __ATOMIC_SEQ_CST);
    while ((int32_t)(__atomic_load_n(counter, __ATOMIC_SEQ_CST) - phase) < 0) wait_in(Fiber::SPINNING, 0, site);
  }
  barrier(site);
  self->group++;
}

static void run_kernel() {
  const Launch& l = self->block->run.launch;
  l.kernel->run(l.arguments);
  running->state = Fiber::DONE;
  for (;;) pause();
}

Block::Block(Run& r, unsigned n) : run(r), number(n) {
  const Launch& l = r.launch;
  index = {number % l.grid.x, number / l.grid.x % l.grid.y, number / (l.grid.x * l.grid.y)};
  unsigned threads = l.block.x * l.block.y * l.block.z;
  const size_t whole = (l.shared + SHARED_RED + 255) & ~(size_t)255;
  shared = (unsigned char*)aligned_alloc(256, whole);
  memset(shared, 0xff, whole);  // NaN: unwritten memory shows
  if (looks_for_races()) shadow.resize((l.shared + 3) / 4 + 4);
  fibers.resize(threads), warps.resize(threads / 32), order.resize(threads);
  for (unsigned i = 0; i < threads; i++) {
    dim3 t = {i % l.block.x, i / l.block.x % l.block.y, i / (l.block.x * l.block.y)};
    fibers[i].self = {t, index, l.block, l.grid, i % 32, i / 32, shared, this, 0};
  }
  std::iota(order.begin(), order.end(), 0u);
  if (!seed()) return;
  std::mt19937 random(seed() * 7919u + number);
  std::vector<unsigned> by_warp(threads / 32);
  std::iota(by_warp.begin(), by_warp.end(), 0u);
  std::shuffle(by_warp.begin(), by_warp.end(), random);
  for (unsigned w = 0; w < by_warp.size(); w++) {
    auto first = order.begin() + w * 32;
    std::iota(first, first + 32, by_warp[w] * 32);
    std::shuffle(first, first + 32, random);
  }
}

Block::~Block() {
  for (Fiber& f : fibers)
    if (f.stack) give_stack(f.stack);
  free(shared);
}

bool Block::runnable(const Fiber& f) const {
  switch (f.state) {
    case Fiber::READY: return true;
    case Fiber::AT_BARRIER: return f.generation != generation;
    case Fiber::IN_WARP: return f.generation != warps[f.self.warp].generation;
    default: return false;
  }
}

void Block::resume(Fiber& f) {
  running = &f, self = &f.self;
  if (!f.stack) {
    f.stack = take_stack();
    f.sp = start_context(f.stack, f.self.lane + f.self.warp * 32, run_kernel);
  }
  f.state = Fiber::READY;
  emu_switch_context(&scheduler, f.sp);
  if (!stack_intact(f.stack)) run.fail(place(f) + ": uses more than " + std::to_string(STACK_BYTES) + " bytes of stack");
  if (f.state == Fiber::DONE && !run.failed) ended(f);
}

// check_shared looks for writes beyond the shared memory of the launch.
void Block::check_shared(const Fiber& f) {
  const unsigned bytes = run.launch.shared;
  for (size_t i = 0; i < SHARED_RED; i++)
    if (shared[bytes + i] != 0xff)
      return run.fail(place(f) + ": its block wrote " + std::to_string(i) + " bytes past the end of its " +
                      std::to_string(bytes) + " bytes of shared memory");
}

void Block::ended(Fiber& f) {
  give_stack(f.stack);
  f.stack = nullptr;
  done++;
  Warp& w = warps[f.self.warp];
  w.done++;
  if (finished()) check_shared(f);
  if (waiting) run.fail(place(f) + ": ends while others wait at " + describe(site));
  if (w.arrived) run.fail(place(f) + ": ends while lanes of its warp are in " + describe(w.site));
}

// advance_warp stays within one warp while it can move.
bool Block::advance_warp(unsigned first, unsigned end) {
  bool moved = false;
  for (bool again = true; again && !run.failed;) {
    again = false;
    for (unsigned i = first; i < end && !run.failed; i++) {
      Fiber& f = fibers[order[i]];
      if (!runnable(f)) continue;
      resume(f);
      again = moved = true;
    }
  }
  return moved;
}

// look_again lets the threads that wait for other blocks check once.
bool Block::look_again() {
  bool moved = false;
  for (Fiber& f : fibers) {
    if (f.state != Fiber::SPINNING) continue;
    resume(f);
    moved |= f.state != Fiber::SPINNING;
  }
  return moved;
}

const Site* Block::waiting_site() const {
  for (const Fiber& f : fibers)
    if (f.state == Fiber::SPINNING) return f.site;
  return nullptr;
}

bool Block::advance() {
  bool moved = false;
  while (!run.failed) {
    bool any = false;
    for (unsigned first = 0; first < fibers.size(); first += 32) any |= advance_warp(first, first + 32);
    if (finished()) return true;
    if (any) {
      moved = true;
      continue;
    }
    if (!waiting_site()) {
      for (const Fiber& f : fibers)
        if (f.state != Fiber::DONE) {
          run.fail(place(f) + ": waits at " + describe(f.site) + " for threads that never arrive");
          break;
        }
    } else if (!look_again()) {
      return moved;
    }
  }
  return moved;
}

}  // namespace emu

// g++ calls this where kernels are compiled with -fsanitize=alignment.
extern "C" void __ubsan_handle_type_mismatch_v1_abort(const emu::Mismatch* m, uintptr_t address) { emu::misaligned(m, address); }
