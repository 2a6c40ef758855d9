// races.h: finds accesses of two threads to the same memory with a write among them and no barrier between them,
// whatever the order in which the emulator ran the threads. Kernels compiled with -fsanitize=thread report every
// access; races.cpp has the functions that g++ calls.
//
// Barriers order memory: __syncthreads in a block, __syncwarp in a warp, group_barrier across all blocks. Votes and
// shuffles do not, although every lane waits in them.
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <string>

namespace emu {

// Access is the last access to a word of memory.
struct Access {
  uint32_t launch = 0;  // 0: no access yet
  uint32_t block = 0;
  uint16_t thread = 0;
  uint16_t readers = 0;  // one of the values below
  uint32_t group = 0, barrier = 0, warp = 0;  // number of each kind of barrier that the thread had passed
  uint32_t place = 0;                         // address in the library
};
enum Readers { ONE_THREAD, LANES_OF_A_WARP, WARPS_OF_A_BLOCK, SEVERAL_BLOCKS };

// Word is the record of four bytes.
struct Word {
  Access write, read;
};

// looks_for_races is true where kernels report their accesses.
bool looks_for_races();

// record_access checks and records an access of the running thread. fresh means a load_fresh.
void record_access(const void* address, size_t bytes, bool writes, bool fresh, const void* code);

// shadow_of is the record of device memory, one Word for four bytes; null where the address is not device memory.
Word* shadow_of(uintptr_t address);

// next_launch numbers launches, so that accesses of earlier ones do not count.
uint32_t next_launch();

// with_lines replaces each code address between two @ in a message by file:line.
std::string with_lines(const std::string& message);

}  // namespace emu
