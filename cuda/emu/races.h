// races.h: finds accesses of two threads to the same memory, of which one is a write and between which no barrier
// lies, whatever the order in which the emulator happened to run the threads. Kernels that are compiled with
// -fsanitize=thread tell every access; the functions that g++ calls for that are in races.cpp.
//
// Barriers order memory: __syncthreads that of a block, __syncwarp that of a warp, group_barrier that of all blocks.
// Votes and shuffles do not, although every lane waits in them.
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <string>

namespace emu {

// Access is who touched a word of memory last, and when.
struct Access {
  uint32_t launch = 0;  // 0: nobody
  uint32_t block = 0;
  uint16_t thread = 0;
  uint16_t readers = 0;  // one of the values below
  uint32_t group = 0, barrier = 0, warp = 0;  // how many of each kind of barrier the thread had passed
  uint32_t place = 0;                         // address in the library
};
enum Readers { ONE_THREAD, LANES_OF_A_WARP, WARPS_OF_A_BLOCK, SEVERAL_BLOCKS };

// Word is what is known of four bytes.
struct Word {
  Access write, read;
};

// looks_for_races is true where kernels tell their accesses.
bool looks_for_races();

// tell_access checks and books an access of the running thread. fresh: it is a load_fresh.
void tell_access(const void* address, size_t bytes, bool writes, bool fresh, const void* code);

// shadow_of is what is known of device memory, one Word for four bytes; null where the address is none.
Word* shadow_of(uintptr_t address);

// next_launch numbers launches, so that what an earlier one did does not count.
uint32_t next_launch();

// with_lines puts file:line where a message has a place in the code between two @.
std::string with_lines(const std::string& message);

}  // namespace emu
