// launch.cpp: the blocks of a grid over the cores of the CPU.
#include <stdlib.h>
#include <string.h>
#include <algorithm>
#include <numeric>
#include <thread>
#include "schedule.h"

namespace emu {

Kernel* kernels = nullptr;

Kernel* find(const char* name) {
  Kernel* k = kernels;
  while (k && strcmp(k->name, name)) k = k->next;
  return k;
}

long environment(const char* name, long fallback) {
  const char* text = getenv(name);
  return text && *text ? atol(text) : fallback;
}

unsigned seed() {
  static const unsigned value = (unsigned)environment("PALMAL_EMU_SEED", 0);
  return value;
}

void Run::fail(const std::string& text) {
  std::lock_guard<std::mutex> lock(mutex);
  if (!failed) message = text;
  failed = true;
}

static const uint64_t GONE = ~(uint64_t)0;  // value of quiet for a CPU thread without blocks

// stuck is true if no thread has moved since every CPU thread last checked all its blocks.
static bool stuck(Run& run) {
  uint64_t progress = run.progress;
  for (auto& q : run.quiet)
    if (q != GONE && q != progress) return false;
  return run.progress == progress;
}

// pass advances all blocks once and drops finished ones.
static bool pass(std::vector<std::unique_ptr<Block>>& blocks) {
  bool moved = false;
  for (auto& b : blocks) moved |= b->advance();
  auto end = std::remove_if(blocks.begin(), blocks.end(), [](auto& b) { return b->finished(); });
  blocks.erase(end, blocks.end());
  return moved;
}

// work is one CPU thread: it starts another block when none of its own can move.
static void work(Run& run, unsigned number) {
  std::vector<std::unique_ptr<Block>> blocks;
  while (!run.failed) {
    uint64_t before = run.progress;
    if (pass(blocks)) run.progress++;
    else if (blocks.empty() || run.next < run.order.size()) {
      unsigned next = run.next++;
      if (next < run.order.size()) {
        blocks.emplace_back(new Block(run, run.order[next]));
        run.progress++;
      } else if (blocks.empty()) {
        break;
      }
    } else {
      run.quiet[number] = before;
      if (stuck(run)) {
        const Block& b = *blocks[0];
        run.fail(b.place(b.fibers[0]) + ": waits at " + describe(b.waiting_site()) + " for blocks that never arrive");
      }
      std::this_thread::yield();
    }
  }
  run.quiet[number] = GONE;
}

std::string run_launch(const Launch& l) {
  Run run(l);
  unsigned blocks = l.grid.x * l.grid.y * l.grid.z, threads = l.block.x * l.block.y * l.block.z;
  run.order.resize(blocks);
  std::iota(run.order.begin(), run.order.end(), 0u);
  if (seed()) std::shuffle(run.order.begin(), run.order.end(), std::mt19937(seed()));
  // A second CPU thread costs more than a small grid.
  unsigned cores = (unsigned)environment("PALMAL_EMU_THREADS", std::thread::hardware_concurrency());
  if ((uint64_t)blocks * threads < 2048 || looks_for_races()) cores = 1;  // records of memory have no locks
  cores = std::max(1u, std::min(cores, blocks));
  run.quiet = std::vector<std::atomic<uint64_t>>(cores);
  for (auto& q : run.quiet) q = GONE - 1;
  std::vector<std::thread> others;
  for (unsigned i = 1; i < cores; i++) others.emplace_back(work, std::ref(run), i);
  work(run, 0);
  for (auto& t : others) t.join();
  if (!run.failed) run.message = broken_red_zone();
  return with_lines(run.message);
}

}  // namespace emu
