// schedule.h: the state of a running launch: its blocks, their warps and threads.
#pragma once
#include <atomic>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <vector>
#include "emulator.h"
#include "fiber.h"
#include "races.h"

namespace emu {

// Fiber is a CUDA thread.
struct Fiber {
  enum State { READY, AT_BARRIER, IN_WARP, SPINNING, DONE };
  Self self;
  State state = READY;
  unsigned generation = 0;  // generation of the barrier or collective that it waits in
  Site* site = nullptr;     // where it waits
  void* sp = nullptr;
  unsigned char* stack = nullptr;
};

// Warp holds the collectives of its lanes. Words lie in two buffers: a lane may deposit for the next collective
// before others have read the last one, but never for the one after that.
struct Warp {
  unsigned arrived = 0, done = 0, generation = 0;
  unsigned orders = 0;  // number of barriers; votes and shuffles order no memory and do not count
  Site* site = nullptr;
  uint64_t lanes[2][32];
};

// Run is a launch on several CPU threads.
struct Run {
  explicit Run(const Launch& l) : launch(l), number(next_launch()) {}
  const Launch& launch;
  const unsigned number;
  std::atomic<unsigned> next{0};       // block to start
  std::atomic<bool> failed{false};
  std::atomic<uint64_t> progress{0};   // counts passes in which some thread moved
  std::vector<std::atomic<uint64_t>> quiet;  // [CPU threads] progress at its last pass without a move
  std::vector<unsigned> order;         // order of blocks
  std::mutex mutex;
  std::string message;
  void fail(const std::string& text);
};

// Block is a started thread block.
struct Block {
  Block(Run& run, unsigned number);
  ~Block();
  // advance runs threads until all are done or wait for other blocks; true if any moved.
  bool advance();
  bool finished() const { return done == fibers.size(); }
  std::string place(const Fiber&) const;  // block and thread, for messages
  const Site* waiting_site() const;       // where a spinning thread waits

  Run& run;
  const unsigned number;
  dim3 index;
  std::vector<Fiber> fibers;
  std::vector<Warp> warps;
  std::vector<unsigned> order;  // order of threads, warp by warp
  unsigned done = 0, waiting = 0, generation = 0;
  Site* site = nullptr;         // the barrier that threads wait at
  unsigned char* shared;
  std::vector<Word> shadow;     // records of the shared memory, for races

 private:
  bool advance_warp(unsigned first, unsigned end);
  bool runnable(const Fiber&) const;
  void resume(Fiber&);
  void ended(Fiber&);
  void check_shared(const Fiber&);
  bool look_again();
};

std::string describe(const Site*);
void stop(const std::string& text);   // ends the launch, called by the thread that noticed
bool is_private(uintptr_t address);   // whether only the running thread accesses it
unsigned seed();

}  // namespace emu
