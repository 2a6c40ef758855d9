// emulator.h: what the parts of the emulator share, and what intrinsics.h needs of them.
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <initializer_list>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

struct dim3 { unsigned x, y, z; };

namespace emu {

// Site is a call of a barrier or collective in the source.
enum SiteState { UNKNOWN, KEPT, SKIPPED };
struct Site {
  const char* file;
  int line;
  SiteState state;
};

struct Block;

// Self is what a running CUDA thread can ask for.
struct Self {
  dim3 thread, block_index, block_size, grid_size;
  unsigned lane, warp;
  unsigned char* shared;
  Block* block;
  unsigned group;  // barriers of the whole grid that it has passed
};
extern thread_local Self* self;

// barrier returns when all threads of the block are in it.
void barrier(Site*);
// meet_warp returns when all lanes of the warp are in it.
void meet_warp(Site*, unsigned mask);
// collect gives every lane the words of all lanes, valid until its next collective.
const uint64_t* collect(Site*, unsigned mask, uint64_t word);
// group_barrier returns when so many blocks are in it; see device.cuh.
void group_barrier(Site*, uint32_t* counter, uint32_t blocks, uint32_t& phase);

// fresh_read tells of a load_fresh where races are looked for; it is nothing elsewhere.
void fresh_read(const void* address, size_t bytes, const void* code);

// Kernel is a compiled kernel. All of them form a list.
struct Kernel {
  const char* name;
  void (*run)(const unsigned char* arguments);
  size_t argument_bytes;
  unsigned max_threads;  // from __launch_bounds__
  unsigned allowed_shared;
  Kernel* next;
};
extern Kernel* kernels;
struct Registration {
  explicit Registration(Kernel* k) { k->next = kernels, kernels = k; }
};
Kernel* find(const char* name);

// call unpacks arguments that lie behind one another, 8 bytes or a multiple each.
template <class... A, size_t... I>
void call(void (*f)(A...), const unsigned char* packed, std::index_sequence<I...>) {
  std::tuple<std::remove_const_t<A>...> values;
  (void)std::initializer_list<int>{
      (__builtin_memcpy(&std::get<I>(values), packed, sizeof(A)), packed += sizeof(A), 0)...};
  f(std::get<I>(values)...);
}
template <class... A>
void call(void (*f)(A...), const unsigned char* packed) {
  static_assert(((sizeof(A) % 8 == 0) && ...), "arguments of kernels take 8 bytes or are structs of such");
  call(f, packed, std::index_sequence_for<A...>{});
}
template <class... A>
constexpr size_t bytes_of(void (*)(A...)) { return (sizeof(A) + ... + 0); }

#define EMULATED_KERNEL(kernel, threads)                                             \
  static void run_##kernel(const unsigned char* p) { emu::call(kernel, p); }         \
  static emu::Kernel emulated_##kernel = {#kernel, run_##kernel, emu::bytes_of(kernel), \
                                          threads, 48 << 10, nullptr};               \
  static emu::Registration registered_##kernel(&emulated_##kernel);

// Launch is a grid that runs. message is why it failed.
struct Launch {
  Kernel* kernel;
  dim3 grid, block;
  unsigned shared;
  bool cooperative;
  const unsigned char* arguments;
};
// run_launch returns "" or what went wrong.
std::string run_launch(const Launch&);

// environment reads a whole number from the environment, environment_at the one at a place of a list, the last
// where the list is shorter.
long environment(const char* name, long fallback);
long environment_at(const char* name, size_t i, long fallback);

// What the devices are; d is a CUdevice.
const int RESERVED_SHARED = 1 << 10, THREADS_PER_SM = 2048;
int shared_per_block();  // bytes of shared memory of a block at most
int shared_per_sm();     // and of a multiprocessor
int sms();
size_t memory_size(int d);
size_t memory_of_others(int d);  // bytes that other processes have
bool admits(int d);              // by its compute mode

// Device memory. allocate returns 0 if the owner would have more than most bytes.
uint64_t allocate(size_t bytes, const void* owner, size_t most);
bool release(uint64_t address);
void release_all(const void* owner);
bool covers(uint64_t address, size_t bytes);  // lies in one allocation
bool given_back(uint64_t address);            // lies in one that was released
std::string broken_red_zone();                // "" or which allocation was overrun
size_t memory_used(const void* owner);

}  // namespace emu
